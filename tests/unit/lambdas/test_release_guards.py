"""When an update goes without guards, and what is remembered of one that failed early."""

from datetime import timedelta
from typing import Any

import pytest

from lambdas.release import handler
from lambdas.shared.clock import utc_now
from schemas.releases import ReleaseStatus
from tests.unit.lambdas.hosting import Update
from tests.unit.lambdas.release_requests import approval, arn_of, request
from tests.unit.lambdas.releasing import Releasing


def guards(releasing: Releasing, document: Any) -> str:
    plan = releasing.plan(document)
    (found,) = (
        each["ParameterValue"] for each in plan["parameters"] if each["ParameterKey"] == "Guards"
    )
    return str(found)


def test_a_release_is_guarded(served: Releasing) -> None:
    assert guards(served, request("release", 2)) == "on"


def test_a_rollback_is_not_undone_by_the_alarm_that_calls_for_it(served: Releasing) -> None:
    """Errors of the old fleet count, too, for as long as it answers."""
    served.serving(2)
    served.fire()

    assert guards(served, request("rollback", 1)) == "off"


def test_nor_is_one_that_the_monitor_asks_for(served: Releasing) -> None:
    """The alarm may be about the very model that is below the floor."""
    served.serving(2)
    served.fire()

    assert guards(served, request("rollback", 1, instead_of=arn_of(2))) == "off"


def test_an_approval_while_an_alarm_fires_stays_guarded(served: Releasing) -> None:
    served.fire()

    assert guards(served, approval(2)) == "on"


@pytest.mark.parametrize("document", [request("ab-start", 2, 10)])
def test_variants_come_without_guards(served: Releasing, document: Any) -> None:
    assert guards(served, document) == "off"


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (request("ab-stop"), "off"),
        (request("release", 2), "off"),
        (request("ab-weights", percent=50), "on"),
    ],
)
def test_variants_go_without_guards_and_weights_change_with_them(
    served: Releasing, document: Any, expected: str
) -> None:
    served.run(request("ab-start", 2, 10), name="a1")

    assert guards(served, document) == expected


def test_guards_come_back_with_the_next_release(served: Releasing) -> None:
    served.run(request("ab-start", 2, 10), name="a1")
    served.run(request("ab-stop"), name="a2")

    assert served.run(request("release", 2)) == "succeeded"
    assert served.hosting.updates[-1]["Guards"] == "on"


def test_after_its_patience_a_restoration_goes_without_guards(
    served: Releasing, monkeypatch: pytest.MonkeyPatch
) -> None:
    served.hosting.fates = [Update.ALARM]
    served.fire()
    later = [timedelta()]
    monkeypatch.setattr(handler, "utc_now", lambda: utc_now() + later[0])
    served.while_waiting = [lambda: later.insert(0, timedelta(minutes=31))]

    assert served.run(approval(2)) == "failed"

    assert [each["Guards"] for each in served.hosting.updates[-2:]] == ["on", "off"]


def test_a_release_waits_while_the_endpoint_scales(served: Releasing) -> None:
    """SageMaker refuses to update it meanwhile."""
    endpoint = served.hosting.endpoint
    assert endpoint is not None
    endpoint["EndpointStatus"] = "Updating"
    served.while_waiting = [lambda: endpoint.update(EndpointStatus="InService")]

    assert served.run(request("release", 2)) == "succeeded"
    assert served.while_waiting == []


def test_what_was_wanted_is_remembered_when_a_release_fails_after_its_turn_came(
    served: Releasing,
) -> None:
    endpoint = served.hosting.endpoint
    assert endpoint is not None
    endpoint["EndpointStatus"] = "Updating"

    def damage() -> None:
        endpoint["EndpointStatus"] = "InService"
        served.change(2, ModelApprovalStatus="Rejected")

    served.while_waiting = [damage]

    assert served.run(request("release", 2)) == "failed"

    assert served.release().status is ReleaseStatus.FAILED
    assert served.release().target.champion == arn_of(2)
    assert served.announced[-1].startswith("Release of model 2 failed")
