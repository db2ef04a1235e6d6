"""The watchdog stops what breaks a rule, says why first, and does neither twice."""

from collections.abc import Callable

import pytest

from lambdas.shared.errors import PermanentError, TransientError
from schemas.runs import RunStatus
from tests.unit.lambdas.interference import Killed, StopAt, intercepted, unavailable
from tests.unit.lambdas.watching import (
    GOOD,
    JOB,
    NAN,
    OVERFITTED,
    RUN,
    WATCHDOG_ENVIRONMENT,
    Watching,
)

BEGINNING = f"{JOB} was stopped by the watchdog: "
TOLD = (
    f"{BEGINNING}overfitting: train AUC 0.9900 exceeds validation AUC 0.6100 by 0.3800 in round "
    "50, which is more than 0.25"
)


@pytest.fixture
def watching(_aws: None, monkeypatch: pytest.MonkeyPatch) -> Watching:
    for name, value in WATCHDOG_ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    return Watching()


def test_a_good_job_is_left_alone_until_it_is_over(watching: Watching) -> None:
    assert watching.look() == {"decision": "wait", "reason": "nothing is wrong in 0 lines"}
    watching.logs.write(JOB, "features: origin, dest", *GOOD)

    assert watching.look() == {"decision": "wait", "reason": "nothing is wrong in 2 lines"}
    watching.sagemaker.jobs[JOB]["TrainingJobStatus"] = "Completed"

    assert watching.look() == {"decision": "over", "reason": "the job is Completed"}
    assert (watching.told, watching.sagemaker.stops) == ("", [])


def test_a_bad_job_is_stopped_and_its_run_says_why(watching: Watching) -> None:
    watching.logs.write(JOB, *GOOD, OVERFITTED)

    found = watching.look()

    assert found["decision"] == "over"
    assert found["reason"].startswith("stopped: overfitting: train AUC 0.9900 exceeds")
    assert (watching.told, watching.sagemaker.stops) == (TOLD, [JOB])
    assert watching.look() == {"decision": "over", "reason": "the job is Stopping"}
    assert watching.sagemaker.stops == [JOB]


def test_the_reason_is_there_before_the_job_is_stopped(
    watching: Watching, monkeypatch: pytest.MonkeyPatch
) -> None:
    watching.logs.write(JOB, OVERFITTED)

    def around(operation: str, call: Callable[[], object]) -> object:
        if operation == "StopTrainingJob":
            assert watching.told == TOLD
        return call()

    with intercepted(around, monkeypatch):
        watching.look()
    assert watching.sagemaker.stops == [JOB]


@pytest.mark.usefixtures("watching")
@pytest.mark.parametrize(
    ("error", "after"), [(unavailable, False), (lambda _: Killed(), True)], ids=["error", "kill"]
)
def test_a_look_that_is_cut_off_anywhere_is_completed_by_the_next(
    monkeypatch: pytest.MonkeyPatch, error: Callable[[str], BaseException], *, after: bool
) -> None:
    for number in range(1, 10):
        watching = Watching()
        watching.logs.write(JOB, OVERFITTED)
        stop = StopAt(number, error, after=after)
        with intercepted(stop, monkeypatch):
            try:
                watching.look()
            except (Killed, TransientError):
                assert stop.was_reached
            else:
                if not stop.was_reached:
                    assert number > 3
                    return
        assert watching.look()["decision"] == "over"
        assert (watching.told, watching.sagemaker.stops) == (TOLD, [JOB])
    pytest.fail("the look never ended")


def test_a_second_watcher_changes_nothing(watching: Watching) -> None:
    watching.logs.write(JOB, OVERFITTED)
    watching.look()
    # It has seen the job before the first one stopped it, and more of its log.
    watching.logs.write(JOB, NAN)
    watching.sagemaker.jobs[JOB]["TrainingJobStatus"] = "InProgress"
    watching.sagemaker.jobs[JOB]["SecondaryStatus"] = "Training"

    assert watching.look()["decision"] == "over"

    assert watching.told == TOLD


def look_while_it_becomes(
    status: str, watching: Watching, monkeypatch: pytest.MonkeyPatch
) -> dict[str, str]:
    """Look at a bad job that has another status by the time that it is to be stopped."""
    watching.logs.write(JOB, OVERFITTED)

    def around(operation: str, call: Callable[[], object]) -> object:
        if operation == "StopTrainingJob":
            watching.sagemaker.jobs[JOB]["TrainingJobStatus"] = status
        return call()

    with intercepted(around, monkeypatch):
        return watching.look()


@pytest.mark.parametrize("status", ["Completed", "Failed"])
def test_a_job_that_ended_meanwhile_was_not_stopped(
    status: str, watching: Watching, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = look_while_it_becomes(status, watching, monkeypatch)

    assert found["reason"].startswith("ended by itself before it was stopped: overfitting")
    assert (found["decision"], watching.told, watching.sagemaker.stops) == ("over", "", [])


@pytest.mark.parametrize("status", ["Stopping", "Stopped"])
def test_the_reason_stays_when_only_the_answer_to_stopping_it_was_lost(
    status: str, watching: Watching, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = look_while_it_becomes(status, watching, monkeypatch)

    assert found["reason"].startswith(f"the job is {status}: overfitting")
    assert watching.told == TOLD
    assert watching.look() == {"decision": "over", "reason": f"the job is {status}"}
    assert watching.told == TOLD


def test_the_first_attempt_of_a_job_that_was_restarted_does_not_count(watching: Watching) -> None:
    watching.logs.write(JOB, OVERFITTED, *GOOD)

    assert watching.look() == {"decision": "wait", "reason": "nothing is wrong in 2 lines"}
    watching.logs.write(JOB, OVERFITTED)

    assert watching.look()["reason"].startswith("stopped: overfitting")


def test_a_model_on_its_way_is_left_to_the_gate(watching: Watching) -> None:
    watching.logs.write(JOB, OVERFITTED)
    watching.sagemaker.jobs[JOB]["SecondaryStatus"] = "Uploading"

    assert watching.look() == {"decision": "wait", "reason": "the job is Uploading"}


def test_time_counts_from_when_the_machine_is_paid_for(watching: Watching) -> None:
    watching.sagemaker.add(JOB, minutes=None)
    assert watching.look()["decision"] == "wait"
    watching.sagemaker.add(JOB, minutes=31)

    assert watching.look()["reason"] == "stopped: over-time: it has run for more than 30 minutes"


def test_the_log_of_another_job_is_not_read(watching: Watching) -> None:
    watching.logs.write(f"{JOB}0", OVERFITTED)

    assert watching.look() == {"decision": "wait", "reason": "nothing is wrong in 0 lines"}


@pytest.mark.parametrize(
    "change",
    [
        {"attempt": 3},
        {"status": RunStatus.REGISTERED},
    ],
)
def test_a_run_that_the_job_is_not_of_hears_nothing(
    watching: Watching, change: dict[str, object]
) -> None:
    watching.claim(**change)
    watching.logs.write(JOB, OVERFITTED)

    watching.look()

    assert (watching.told, watching.sagemaker.stops) == ("", [JOB])


def test_a_run_that_was_taken_up_again_hears_of_its_new_job(watching: Watching) -> None:
    watching.claim(status=RunStatus.FAILED, watchdog=TOLD)
    again = JOB.replace("train-0", "train-1")
    watching.sagemaker.add(again)
    watching.logs.write(again, OVERFITTED)

    watching.look(again)

    assert watching.told == TOLD.replace(JOB, again)


def test_a_training_of_a_tuning_is_stopped_and_told_alike(watching: Watching) -> None:
    child = JOB.replace("train-0", "hpo-0-003-1a2b3c4d")
    watching.sagemaker.add(child)
    watching.logs.write(child, OVERFITTED)

    watching.look(child)

    assert watching.told.startswith(f"{child} was stopped by the watchdog: overfitting: ")


@pytest.mark.parametrize("name", ["test-mine", f"other-{RUN}-2-train-0", f"test-{RUN}-2"])
def test_a_job_of_no_run_is_stopped_all_the_same(watching: Watching, name: str) -> None:
    watching.sagemaker.add(name)
    watching.logs.write(name, OVERFITTED)

    watching.look(name)

    assert (watching.told, watching.sagemaker.stops) == ("", [name])


def test_no_run_is_made_of_what_is_told(watching: Watching) -> None:
    watching.forget_run()
    watching.logs.write(JOB, OVERFITTED)

    watching.look()

    assert not watching.is_run_known
    assert watching.sagemaker.stops == [JOB]


def test_what_cannot_be_looked_at_fails_for_good(watching: Watching) -> None:
    with pytest.raises(PermanentError, match="Requested resource not found"):
        watching.look("test-unknown")


def test_one_watch_is_begun_however_often_a_job_is_told_of(watching: Watching) -> None:
    stages = ("Starting", "Pending", "Downloading", "Training", "Training", "Uploading")
    begun = [watching.happens(stage=stage)["watch"] for stage in stages]

    assert begun == ["begun", *["begun before"] * 5]
    assert watching.machine.executions == {JOB: {"job_name": JOB}}
    assert watching.happens(f"{JOB}0")["watch"] == "begun"
