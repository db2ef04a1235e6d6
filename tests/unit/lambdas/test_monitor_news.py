"""When a schedule looks again: something is new, or something was found and not dealt with."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from lambdas.monitor.settings import Settings
from lambdas.shared.errors import TransientError
from schemas.findings import Concern
from schemas.monitoring import MonitoringStatus, Reaction
from schemas.releases import Serving
from tests.unit.lambdas.interference import intercepted, unavailable
from tests.unit.lambdas.monitor_world import TRAINING, Monitored, violation
from tests.unit.lambdas.pipeline import ARTIFACTS
from tests.unit.lambdas.test_monitor_plan import label
from tests.unit.lambdas.world import CURATED

SCHEDULE = {"trigger": "schedule"}
OTHER_TRAINING = f"{TRAINING.replace(':stateMachine:', ':execution:')}:by-hand"


def refusing(operation: str) -> Callable[[str, Callable[[], object]], object]:
    """Let AWS refuse an operation, however often it is tried."""

    def refused(called: str, call: Callable[[], object]) -> object:
        if called == operation:
            raise unavailable(called)
        return call()

    return refused


@pytest.fixture
def done(monitored: Monitored) -> Monitored:
    monitored.done(violation(Concern.DRIFT))
    monitored.respond(Concern.DRIFT)
    return monitored


def test_a_schedule_does_not_look_at_the_same_again(done: Monitored) -> None:
    done.later(hours=1)

    run = done.plan("m2", **SCHEDULE)

    assert run["decision"] == "skip"
    assert "nothing is new since run m1" in run["reason"]
    assert done.watched("m2").status is MonitoringStatus.SKIPPED
    assert done.current.latest == "m1"


def test_a_person_may_look_at_the_same_again(done: Monitored) -> None:
    assert done.plan("m2")["decision"] == "run"


def test_skips_do_not_make_the_same_look_new(done: Monitored) -> None:
    assert done.plan("m2", **SCHEDULE)["decision"] == "skip"

    assert done.plan("m3", **SCHEDULE)["decision"] == "skip"


def test_what_nobody_was_told_of_is_looked_at_again(
    monitored: Monitored, monkeypatch: pytest.MonkeyPatch
) -> None:
    monitored.predict()
    monitored.plan("m1", **SCHEDULE)
    monitored.find(violation(Concern.DRIFT))
    with intercepted(refusing("PutMetricData"), monkeypatch), pytest.raises(TransientError):
        monitored.take("publish")
    monitored.end_monitor("m1")
    assert monitored.watched().status is MonitoringStatus.DONE

    assert monitored.plan("m2", **SCHEDULE)["decision"] == "run"


def _predicted(world: Monitored) -> None:
    world.predict(name="more")


def _labelled(world: Monitored) -> None:
    label(world)


def _rewritten(world: Monitored) -> None:
    world.put(f"s3://{CURATED}/{world.predict()}", "other predictions")


def _released(world: Monitored) -> None:
    world.serve(Serving(champion=world.register()))


def _edited(world: Monitored) -> None:
    patch = {"champion_floor": {"auc": {"threshold": 0.6}}}
    world.put(f"s3://{ARTIFACTS}/monitoring/overrides.json", json.dumps(patch))


@pytest.mark.parametrize("change", [_predicted, _labelled, _rewritten, _released, _edited])
def test_whatever_decides_the_outcome_makes_it_new(done: Monitored, change: Any) -> None:
    change(done)

    assert done.plan("m2", **SCHEDULE)["decision"] == "run"


@pytest.mark.parametrize(("name", "value"), [("CODE_SHA256", "5" * 64), ("MIN_LABELS", "7")])
def test_another_deployment_makes_it_new(
    done: Monitored, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    Settings.from_environ.cache_clear()

    assert done.plan("m2", **SCHEDULE)["decision"] == "run"


@pytest.mark.parametrize("concern", list(Concern))
def test_what_was_not_decided_upon_is_looked_at_again(
    monitored: Monitored, concern: Concern
) -> None:
    """An alarm that is on already stays silent; an event may be lost."""
    monitored.done(violation(concern), name="m1")

    assert monitored.plan("m2", **SCHEDULE)["decision"] == "run"


@pytest.mark.parametrize("operation", ["StartExecution", "Publish"])
def test_what_was_decided_and_perhaps_not_done_is_looked_at_again(
    monitored: Monitored, monkeypatch: pytest.MonkeyPatch, operation: str
) -> None:
    monitored.done(violation(Concern.QUALITY), name="m1")
    with intercepted(refusing(operation), monkeypatch), pytest.raises(TransientError):
        monitored.respond(Concern.QUALITY)

    assert monitored.plan("m2", **SCHEDULE)["decision"] == "run"


def test_bad_quality_that_waits_for_a_training_is_looked_at_again(monitored: Monitored) -> None:
    monitored.machines.statuses[OTHER_TRAINING] = "RUNNING"
    monitored.done(violation(Concern.QUALITY), name="m1")
    assert monitored.respond(Concern.QUALITY)["reaction"] == Reaction.NOTHING
    monitored.machines.statuses[OTHER_TRAINING] = "SUCCEEDED"

    assert monitored.plan("m2", **SCHEDULE)["decision"] == "run"


def test_bad_quality_that_began_a_training_is_dealt_with(monitored: Monitored) -> None:
    monitored.done(violation(Concern.QUALITY), name="m1")
    assert monitored.respond(Concern.QUALITY)["reaction"] == Reaction.RETRAINING

    assert monitored.plan("m2", **SCHEDULE)["decision"] == "skip"


def test_a_model_that_nothing_can_take_the_place_of_is_dealt_with(monitored: Monitored) -> None:
    monitored.done(violation(Concern.FLOOR), name="m1")
    assert monitored.respond(Concern.FLOOR)["reaction"] == Reaction.NOTHING

    assert monitored.plan("m2", **SCHEDULE)["decision"] == "skip"
