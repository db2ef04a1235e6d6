"""A model that must not serve any longer makes place for the last good one."""

import re
from dataclasses import replace
from typing import Any

import pytest

from lambdas.release.request import parse_request
from lambdas.respond.champions import last_good
from schemas.findings import Concern
from schemas.monitoring import Reaction
from schemas.releases import (
    Action,
    Current,
    Release,
    ReleaseStatus,
    ReleaseTrigger,
    Serving,
)
from tests.unit.lambdas.monitor_world import RELEASE, TRAINING, Monitored, violation
from tests.unit.lambdas.pipeline import RELEASES
from tests.unit.lambdas.release_requests import arn_of, champion


def release(number: int, target: int, previous: int = 0, **values: Any) -> Release:
    """The release that was begun as number so and so."""
    told: dict[str, Any] = {
        "status": ReleaseStatus.SUCCEEDED,
        "action": Action.RELEASE,
        "trigger": ReleaseTrigger.MANUAL,
        "execution_arn": f"arn:{number}",
        "target": champion(target),
        "previous": champion(previous) if previous else Serving(),
        "began_at": f"2026-01-{number:02}",
    }
    return Release(release_id=f"r{number}", **told | values)


def rollback(number: int, target: int, previous: int, **values: Any) -> Release:
    return release(number, target, previous, action=Action.ROLLBACK, **values)


def under_test(number: int, version: int, challenger: int) -> Release:
    """The release that began to try another model."""
    target = Serving(champion=arn_of(version), challenger=arn_of(challenger), challenger_percent=10)
    return replace(release(number, version, version), target=target, action=Action.AB_START)


def found(judged: int, serving: int, *history: Release) -> tuple[str, str]:
    """What comes back, of a history that is told from its begin."""
    return last_good(arn_of(judged), Current(serving=champion(serving)), history[::-1])


@pytest.mark.parametrize(
    "history",
    [
        [release(1, 1), release(2, 2, 1)],
        # What only tried a model, failed, or changed nothing brought nobody.
        [release(1, 1), release(2, 2, 1), under_test(3, 2, 3)],
        [release(1, 1), release(2, 2, 1), release(3, 2, 3, status=ReleaseStatus.FAILED)],
        [release(1, 1), release(2, 2, 1), release(3, 2, 2, status=ReleaseStatus.UNCHANGED)],
        # It was to be rolled back from, and was not.
        [release(1, 1), rollback(2, 3, 1, status=ReleaseStatus.FAILED), release(3, 2, 1)],
        [release(1, 3), release(2, 4, 3), rollback(3, 3, 4), release(4, 1, 3), release(5, 2, 1)],
    ],
)
def test_the_model_that_served_before_comes_back(history: list[Release]) -> None:
    assert found(2, 2, *history) == (arn_of(1), "")


@pytest.mark.parametrize(
    ("serving", "history", "reason"),
    [
        (3, [release(1, 1), release(2, 2, 1), release(3, 3, 2)], "model 2, .* serves no longer"),
        (2, [release(1, 2)], "no other model served before model 2"),
        (2, [], "no other model served before model 2"),
        (2, [release(1, 2), under_test(2, 2, 1)], "no other model served before model 2"),
        # Model 1 was good enough only until model 2 came back for it.
        (2, [release(1, 2), release(2, 1, 2), rollback(3, 2, 1)], "model 1, .* release r3"),
        (
            2,
            [release(1, 3), release(2, 1, 3), rollback(3, 3, 1), release(4, 1, 3),
             release(5, 2, 1)],
            "model 1, .* was rolled back itself, by release r3",
        ),
    ],
)  # fmt: skip
def test_a_model_that_was_no_good_itself_does_not(
    serving: int, history: list[Release], reason: str
) -> None:
    arn, why = found(2, serving, *history)

    assert arn == ""
    assert re.search(reason, why)


def test_nothing_serves_any_more() -> None:
    arn, why = last_good(arn_of(2), None, [])

    assert (arn, "serves no longer" in why) == ("", True)


@pytest.fixture
def fallen(monitored: Monitored) -> Monitored:
    """Model 2, which came after model 1, is below the floor."""
    monitored.model = monitored.register()
    serve(monitored, release(1, 1), release(2, 2, 1))
    monitored.done(violation(Concern.FLOOR), violation(Concern.QUALITY))
    return monitored


def serve(world: Monitored, *history: Release) -> None:
    """Let releases have happened, in this order."""
    for each in history:
        world.tables.Table(RELEASES).put_item(Item=each.to_item())
    current = Current(serving=history[-1].target, release_id=history[-1].release_id)
    world.tables.Table(RELEASES).put_item(Item=current.to_item())


def test_a_rollback_is_begun(fallen: Monitored) -> None:
    told = fallen.respond(Concern.FLOOR)

    assert told["reaction"] == "rollback"
    ((name, given),) = fallen.started(RELEASE).items()
    # As the release pipeline reads it.
    wanted = parse_request(given).wanted
    assert (wanted.action, wanted.model_package_arn) == (Action.ROLLBACK, arn_of(1))
    assert wanted.instead_of == arn_of(2)
    assert wanted.note.startswith("Monitoring run m1: model 2 is worse than what may serve")
    decision = fallen.decision(Concern.FLOOR)
    assert decision.reaction is Reaction.ROLLBACK
    assert decision.model_package_arn == arn_of(1)
    assert decision.execution_arn.endswith(f":execution:mlops-test-release:{name}")
    assert decision.is_announced
    assert fallen.started(TRAINING) == {}
    ((subject, message),) = fallen.messages
    assert subject == "test, model 2: 1 violation of floor; the model before comes back"
    assert "so model 1, which served before, comes back" in message


def test_a_rollback_does_not_stand_in_the_way_of_a_training(fallen: Monitored) -> None:
    fallen.respond(Concern.FLOOR)
    serve(fallen, release(1, 1), release(2, 2, 1), rollback(3, 1, 2))

    assert fallen.respond(Concern.QUALITY)["reaction"] == "retraining"

    assert len(fallen.started(TRAINING)) == len(fallen.started(RELEASE)) == 1


def test_two_bad_models_do_not_take_turns(fallen: Monitored) -> None:
    fallen.respond(Concern.FLOOR)
    serve(fallen, release(1, 1), release(2, 2, 1), rollback(3, 1, 2))
    fallen.model = arn_of(1)
    fallen.done(violation(Concern.FLOOR), name="m2")

    told = fallen.respond(Concern.FLOOR)

    assert told["reaction"] == "nothing"
    assert "model 2, which served before model 1, was rolled back itself" in told["reason"]
    assert len(fallen.started(RELEASE)) == 1
    assert "`python -m ops rollback --to VERSION`" in fallen.messages[-1][1]


def test_a_model_that_serves_no_longer_is_not_rolled_back(fallen: Monitored) -> None:
    fallen.register()
    serve(fallen, release(1, 1), release(2, 2, 1), release(3, 3, 2))

    told = fallen.respond(Concern.FLOOR)

    assert told["reaction"] == "nothing"
    assert "model 2, which was judged, serves no longer" in told["reason"]
    assert fallen.started(RELEASE) == {}
