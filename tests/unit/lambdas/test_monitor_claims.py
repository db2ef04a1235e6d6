"""Who may run: one execution at a time."""

from collections.abc import Callable
from dataclasses import asdict
from functools import partial

import pytest

from lambdas.shared.errors import PermanentError
from lambdas.shared.monitoring import Current
from schemas.monitoring import CURRENT, MONITORING_ID, MonitoringStatus
from tests.unit.lambdas.interference import TakeTurns, intercepted
from tests.unit.lambdas.monitor_world import MONITORING, Monitored, monitor_execution, new_monitored

SCHEDULE = {"trigger": "schedule"}


@pytest.fixture
def predicted(monitored: Monitored) -> Monitored:
    monitored.predict()
    return monitored


def test_overlapping_runs_are_skipped(predicted: Monitored) -> None:
    assert predicted.plan("m1", **SCHEDULE)["decision"] == "run"

    for name, document in (("m2", SCHEDULE), ("m3", {})):
        run = predicted.plan(name, **document)
        assert run["decision"] == "skip"
        assert f"another run is under way in {monitor_execution('m1')}" in run["reason"]
        assert predicted.watched(name).status is MonitoringStatus.SKIPPED
        assert predicted.watched(name).reason == run["reason"]
        assert predicted.artifacts(f"monitoring/{name}/") == []
        # The answer may be lost: the next attempt gives the same, whatever happens meanwhile.
        predicted.machines.statuses[monitor_execution("m1")] = "SUCCEEDED"
        assert predicted.plan(name, **document) == run
        predicted.machines.statuses[monitor_execution("m1")] = "RUNNING"

    assert predicted.current.held_by == monitor_execution("m1")
    assert predicted.watched("m1").status is MonitoringStatus.RUNNING


def test_a_retry_of_the_same_execution_goes_on_with_its_claim(predicted: Monitored) -> None:
    first, run, request = predicted.plan("m1"), predicted.watched(), predicted.request()
    predicted.later(hours=30)
    predicted.predict()

    assert predicted.plan("m1") == first
    # Also about the time that it was about.
    assert predicted.request() == request
    assert (predicted.watched().since, predicted.watched().until) == (run.since, run.until)
    assert predicted.watched() == run


@pytest.mark.parametrize(
    "end", [Monitored.end_monitor, lambda world, _: world.machines.statuses.clear()]
)
def test_the_claim_of_a_dead_execution_is_taken_over(
    predicted: Monitored, end: Callable[[Monitored, str], None]
) -> None:
    predicted.plan("m1")
    end(predicted, "m1")

    assert predicted.plan("m2")["decision"] == "run"

    assert predicted.current.held_by == monitor_execution("m2")
    assert predicted.watched("m1").status is MonitoringStatus.FAILED
    assert "ended without an outcome" in predicted.watched("m1").reason
    assert predicted.watched("m1").ended_at


def test_a_claim_that_was_let_go_is_free(predicted: Monitored) -> None:
    predicted.done(name="m1")
    predicted.plan("m2")
    predicted.take("fail", "m2", state={"error": {"Error": "PermanentError", "Cause": "no"}})

    # Its execution still runs, because it has yet to announce the failure.
    assert predicted.plan("m3")["decision"] == "run"
    assert predicted.current.latest == "m1"


def test_a_claim_that_an_earlier_version_of_the_code_has_written_is_read(
    predicted: Monitored,
) -> None:
    predicted.done(name="m1")
    item = {MONITORING_ID: CURRENT, "held_by": "", "latest": "m1"}
    predicted.tables.Table(MONITORING).put_item(Item=item)

    assert predicted.plan("m2")["decision"] == "run"
    assert predicted.current == Current(held_by=monitor_execution("m2"), latest="m1")


def test_an_execution_that_failed_begins_anew_with_new_jobs(predicted: Monitored) -> None:
    first = predicted.plan("m1")
    predicted.take("fail", "m1", state={"error": {"Error": "PermanentError", "Cause": "no"}})
    predicted.later(minutes=1)

    again = predicted.plan("m1")

    assert again["job_prefix"] != first["job_prefix"]
    assert predicted.watched().status is MonitoringStatus.RUNNING
    assert predicted.watched().reason == ""


def test_a_run_that_is_done_is_not_begun_again(predicted: Monitored) -> None:
    predicted.done(name="m1")

    assert predicted.plan("m1")["decision"] == "skip"
    assert predicted.watched().status is MonitoringStatus.DONE


def test_a_claim_that_somebody_took_by_hand_is_not_worked_on(
    predicted: Monitored, monkeypatch: pytest.MonkeyPatch
) -> None:
    item = {MONITORING_ID: CURRENT, **asdict(Current(held_by="somebody"))}

    def meddle(operation: str, call: Callable[[], object]) -> object:
        if operation == "DescribeModelPackage":
            predicted.tables.Table(MONITORING).put_item(Item=item)
        return call()

    with intercepted(meddle, monkeypatch), pytest.raises(PermanentError, match="claim-lost"):
        predicted.plan("m1")

    assert predicted.watched().digest == ""
    assert predicted.artifacts("monitoring/m1/") == []
    assert predicted.current.held_by == "somebody"


@pytest.mark.usefixtures("monitored")
@pytest.mark.parametrize("first", [0, 1])
def test_of_two_schedules_at_once_one_runs(monkeypatch: pytest.MonkeyPatch, first: int) -> None:
    for before in range(1, 6):
        world = new_monitored()
        world.predict()
        turns = TakeTurns([first] * before + [1 - first] * 40)
        with intercepted(turns, monkeypatch):
            plans = turns.run([partial(world.plan, f"m{number}", **SCHEDULE) for number in (0, 1)])

        assert sorted(each["decision"] for each in plans) == ["run", "skip"], before
        (winner,) = (each["monitoring_id"] for each in plans if each["decision"] == "run")
        assert world.current.held_by == monitor_execution(winner)
        assert world.watched(winner).status is MonitoringStatus.RUNNING
