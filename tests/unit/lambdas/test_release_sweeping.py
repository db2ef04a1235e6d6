"""What former releases left is removed, and nothing that anybody uses or that is not ours."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from lambdas.release.sweeping import MIN_AGE
from lambdas.shared.clock import timestamp, utc_now
from tests.unit.lambdas import endpoints
from tests.unit.lambdas.endpoints import ENVIRONMENT
from tests.unit.lambdas.release_requests import arn_of, execution_arn, request
from tests.unit.lambdas.releasing import Releasing
from tests.unit.lambdas.services import RefusedError
from tests.unit.lambdas.world import FakeContext

ARN = "arn:aws:sagemaker:eu-west-1:123456789012"


@pytest.fixture
def left(releasing: Releasing) -> Releasing:
    """Version 2 serves; a model and a configuration are left of version 1."""
    for _ in range(2):
        releasing.register()
    return releasing.serving(1).serving(2)


def sweep(releasing: Releasing) -> list[str]:
    removed: list[str] = releasing.step("sweep", "e1")["removed"]
    return removed


def _refuse(_request: object) -> dict[str, Any]:
    raise RefusedError("AccessDeniedException", "not authorized")


def test_what_nothing_uses_is_removed_once(left: Releasing) -> None:
    assert sweep(left) == ["EndpointConfig-2", "ChampionModel-1"]

    assert list(left.hosting.models) == ["ChampionModel-3"]
    assert list(left.hosting.configs) == ["EndpointConfig-4"]
    assert sweep(left) == []


def test_what_is_not_ours_stays(left: Releasing) -> None:
    left.hosting.tags[f"{ARN}:model/ChampionModel-1"] = {}
    left.hosting.tags[f"{ARN}:endpoint-config/EndpointConfig-2"] = {
        "application": "mlops",
        "environment": f"{ENVIRONMENT}-2",
    }

    assert sweep(left) == []


def test_what_an_endpoint_serves_beside_its_stack_stays(left: Releasing) -> None:
    """An alarm has undone the update, and nobody has restored the stack yet."""
    assert left.hosting.endpoint is not None
    left.hosting.endpoint["EndpointConfigName"] = "EndpointConfig-2"

    assert sweep(left) == []


def test_what_is_being_rolled_out_stays(left: Releasing) -> None:
    assert left.hosting.endpoint is not None
    left.hosting.endpoint["PendingDeploymentSummary"] = {"EndpointConfigName": "EndpointConfig-2"}

    assert sweep(left) == []


def test_what_is_young_stays(left: Releasing, monkeypatch: pytest.MonkeyPatch) -> None:
    """A release that begins just now may be about to use it."""
    young = utc_now() - MIN_AGE + timedelta(minutes=5)
    monkeypatch.setattr(endpoints, "THEN", young)

    assert sweep(left) == []


@pytest.mark.parametrize(("hours", "removed"), [(23, []), (25, ["ChampionModel-1"])])
def test_the_model_that_was_replaced_within_a_day_stays(
    left: Releasing, hours: int, removed: list[str]
) -> None:
    """A batch scoring may have found it just before, however old it is."""
    left.hosting.undeletable = {"EndpointConfig-2"}
    ended = replace(left.release("first-2"), ended_at=timestamp(utc_now() - timedelta(hours=hours)))
    assert left.table.change(left.current, left.current, ended)

    assert sweep(left) == removed


def test_what_a_release_replaces_while_the_sweep_is_under_way_stays(
    left: Releasing, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The release may fail yet, and CloudFormation go back to it."""
    listing = left.hosting.ListEndpointConfigs

    def release_meanwhile(asked: dict[str, Any]) -> dict[str, Any]:
        found = listing(asked)
        left.serving(1)
        return found

    monkeypatch.setattr(left.hosting, "ListEndpointConfigs", release_meanwhile)

    assert "ChampionModel-3" not in sweep(left)


@pytest.mark.parametrize(
    "change",
    [
        lambda each: setattr(each.hosting, "status", "UPDATE_IN_PROGRESS"),
        lambda each: each.hosting.endpoint.update(EndpointStatus="Updating"),
        lambda each: each.plan(request("release", 1), "another"),
    ],
)
def test_nothing_is_removed_while_something_changes(
    left: Releasing, change: Callable[[Releasing], Any]
) -> None:
    """CloudFormation may go back to what nothing uses at the moment."""
    change(left)

    assert sweep(left) == []
    assert len(left.hosting.models) == 2


def test_the_holder_may_sweep(left: Releasing) -> None:
    left.plan(request("release", 2), "e1")
    assert left.current.held_by == execution_arn("e1")

    assert sweep(left) == ["EndpointConfig-2", "ChampionModel-1"]


def test_what_cannot_be_removed_does_not_keep_the_rest(left: Releasing) -> None:
    left.hosting.undeletable = {"EndpointConfig-2"}

    assert sweep(left) == ["ChampionModel-1"]


def test_a_listing_that_is_refused_fails_no_release(
    left: Releasing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(left.hosting, "ListEndpointConfigs", _refuse)

    assert left.run(request("release", 1), name="e9") == "succeeded"
    assert left.hosting.serving == {"champion": arn_of(1)}


def test_a_sweep_without_time_leaves_the_rest(
    left: Releasing, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The first answer sets the reserve; one object is looked at for each further one.
    monkeypatch.setattr(
        "tests.unit.lambdas.releasing.FakeContext",
        lambda: FakeContext(remaining_ms=[60_000, 60_000, 0]),
    )

    assert sweep(left) == ["EndpointConfig-2"]
