"""Trainings that fail: each says why, leaves its log, and is announced."""

import pytest

from ops import jobs
from ops.conclusions import Conclusion
from ops.jobs import JobKind
from schemas.runs import RunStatus
from tests.e2e.lake import Lake
from tests.e2e.training_phases import BEFORE_ALL, Trained

PROCESSING_LOG, TRAINING_LOG = JobKind.PROCESSING.log_group, JobKind.TRAINING.log_group


@pytest.mark.parametrize(
    ("name", "state", "why"),
    [
        ("misspelt", "Snapshot", "unknown key 'windw'"),
        ("missing-month", "Snapshot", f"flights lacks {BEFORE_ALL}; weather lacks {BEFORE_ALL}"),
        ("rejected-by-the-script", "Train", "max_depth must be a whole number from 1 to 20"),
        ("killed", "Validate", "Why: AlgorithmError: See job logs for more information"),
    ],
)
def test_a_failure_names_its_state_and_reason(
    trained: Trained, name: str, state: str, why: str
) -> None:
    failed = trained.failed[name]
    assert failed.outcome.failure
    assert failed.notice

    assert failed.outcome.conclusion is Conclusion.FAILED
    assert failed.outcome.failure.state == state
    assert failed.states[-2:] == ["SettleFailure", "AnnounceFailure"]
    assert why in failed.execution.cause
    assert f"State: {state}" in failed.execution.cause
    assert failed.notice["Message"] == failed.execution.cause
    assert failed.notice["Subject"] == failed.execution.error


@pytest.mark.parametrize(
    ("name", "log_group", "job"),
    [
        ("rejected-by-the-script", TRAINING_LOG, "training job"),
        ("killed", PROCESSING_LOG, "processing job"),
    ],
)
def test_a_failed_job_is_named_with_its_log(
    lake: Lake, trained: Trained, name: str, log_group: str, job: str
) -> None:
    failed = trained.failed[name]
    assert failed.outcome.failure
    _, _, job_name = failed.outcome.failure.job.rpartition(" ")

    assert f"Job: {job} {job_name}" in failed.execution.cause
    assert f"Log: group {log_group}, streams that begin with {job_name}" in failed.execution.cause
    assert list(jobs.log_streams(lake.deployment, log_group, job_name))
    assert failed.run
    assert failed.run.status is RunStatus.FAILED
    assert failed.run.reason.startswith(f"{job} {job_name}: ")


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("rejected-by-the-script", "max_depth must be a whole number from 1 to 20, got 'deep'"),
        ("killed", "signal 9 has killed the program"),
    ],
)
def test_the_log_of_a_failed_job_says_why(trained: Trained, name: str, why: str) -> None:
    failure = trained.failed[name].outcome.failure
    assert failure
    assert failure.log
    assert any(why in line for line in failure.log.lines)


def test_an_execution_that_fails_before_its_run_leaves_none(trained: Trained) -> None:
    assert trained.failed["misspelt"].run is None
    assert trained.failed["missing-month"].run is None


def test_a_killed_processing_job_is_tried_again_once(trained: Trained) -> None:
    (visit,) = (
        each for each in trained.failed["killed"].execution.visits if each.state == "Validate"
    )

    assert visit.attempts == 2
    assert visit.job
    assert visit.job.name.endswith("-profile-1")


def test_failures_alarm_until_trainings_end_well_again(lake: Lake, trained: Trained) -> None:
    assert (trained.alarm["OldStateValue"], trained.alarm["NewStateValue"]) == ("OK", "ALARM")
    assert trained.alarm["Trigger"]["MetricName"] == "ExecutionsFailed"
    assert "ops runs show" in trained.alarm["AlarmDescription"]
    lake.await_alarm("Training-FailedAlarm", "OK")
