"""A run that failed is written down, lets go of its claim, and is told."""

import json
from typing import Any

import pytest

from schemas.findings import Concern
from schemas.monitoring import MonitoringStatus, MonitoringTrigger
from tests.unit.lambdas.monitor_world import Monitored, monitor_execution, violation

JOB = {
    "ProcessingJobName": "test-monitor-1a2b3c4d-monitor-0",
    "ProcessingJobStatus": "Failed",
    "ExitMessage": "no predictions of this model",
}
STATE = {"input": {"trigger": "schedule"}, "error": {"Error": "x", "Cause": json.dumps(JOB)}}


@pytest.fixture
def running(monitored: Monitored) -> Monitored:
    monitored.predict()
    monitored.plan("m1", trigger="schedule")
    return monitored


def fail(world: Monitored, state: dict[str, Any], name: str = "m1") -> dict[str, str]:
    told: dict[str, str] = world.take("fail", name, state=state)
    assert set(told) == {"subject", "message"}
    assert len(told["subject"]) < 100
    assert told["subject"].isascii()
    assert told["subject"].isprintable()
    assert len(told["message"]) <= 16_000
    return told


def test_a_failed_job_is_named_with_its_reason_and_log(running: Monitored) -> None:
    told = fail(running, STATE)

    run = running.watched()
    assert run.status is MonitoringStatus.FAILED
    assert run.reason == f"processing job {JOB['ProcessingJobName']}: no predictions of this model"
    assert run.ended_at
    assert running.current.held_by == ""
    assert told["subject"].startswith(
        "Monitoring run m1 failed: processing job test-monitor-1a2b3c4d-monitor-0: no pred"
    )
    assert told["message"].splitlines() == [
        "The model that serves was not looked at; drift and bad quality would go unseen.",
        "",
        f"Job: processing job {JOB['ProcessingJobName']}",
        "Why: no predictions of this model",
        "Log: aws logs tail /aws/sagemaker/ProcessingJobs --since 7d --log-stream-name-prefix "
        f"{JOB['ProcessingJobName']}",
        f"Model package: {running.model}",
        "What to do: mend the cause, then `python -m ops monitor run`; the next run on schedule "
        "tries again, too",
        'Input: {"trigger": "schedule"}',
        f"Execution: {monitor_execution('m1')}",
    ]


def test_failing_twice_changes_nothing(running: Monitored) -> None:
    first, run = fail(running, STATE), running.watched()
    running.later(minutes=1)

    assert fail(running, STATE) == first
    assert running.watched() == run


@pytest.mark.parametrize(
    ("given", "trigger"),
    [
        ({"trigger": "schedule", "x": 1}, MonitoringTrigger.SCHEDULE),
        ({"trigger": ["x"]}, MonitoringTrigger.MANUAL),
        ("nonsense", MonitoringTrigger.MANUAL),
        (None, MonitoringTrigger.MANUAL),
    ],
)
def test_one_that_failed_by_its_input_is_in_the_table_too(
    running: Monitored, given: Any, trigger: MonitoringTrigger
) -> None:
    cause = {"errorMessage": "invalid-input: the input", "errorType": "InvalidInputError"}
    state = {"input": given, "error": {"Error": "x", "Cause": json.dumps(cause)}}

    told = fail(running, state, "m2")

    run = running.watched("m2")
    assert (run.status, run.trigger) == (MonitoringStatus.FAILED, trigger)
    assert "invalid-input: the input (InvalidInputError)" in run.reason
    assert "invalid-input" in told["message"]
    # It never had the claim of the one that runs.
    assert running.current.held_by == monitor_execution("m1")


def test_findings_that_are_written_down_stay(monitored: Monitored) -> None:
    monitored.done(violation(Concern.DRIFT))

    told = fail(monitored, {"error": {"Error": "States.Timeout", "Cause": ""}})

    assert monitored.watched().status is MonitoringStatus.DONE
    assert "CloudWatch was not told" in told["message"]


def test_a_state_without_an_error_fails_all_the_same(running: Monitored) -> None:
    assert "no reason was given" in fail(running, {})["message"]


@pytest.mark.parametrize(
    "reason", ["zu wenig: ümläut \N{SNOWMAN} \ud800", "two\nlines\tand \x07", "x" * 100_000]
)
def test_any_reason_can_be_stored_and_announced(running: Monitored, reason: str) -> None:
    fail(running, {"error": {"Error": "PermanentError", "Cause": reason}})

    assert running.watched().reason
