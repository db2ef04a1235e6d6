"""A job that learns its examples by heart is stopped, and says why; a sound one is left alone."""

from demo.trainings import LEARNING_BY_HEART
from ops import models
from ops.conclusions import Conclusion
from ops.executions import SUCCEEDED
from schemas.runs import RunStatus
from tests.e2e import months
from tests.e2e.lake import Lake
from tests.e2e.training_phases import Trained
from tests.e2e.watched import Watched, job_of, lines_of, watch_of

WHY = "stopped by the watchdog: overfitting: train AUC "


def test_a_job_that_overfits_is_stopped_and_everybody_hears_why(
    lake: Lake, watched: Watched
) -> None:
    stopped, job = watched.stopped, job_of(watched.stopped)
    found = lake.deployment.connection.sagemaker.describe_training_job(TrainingJobName=job)
    assert stopped.outcome.failure
    assert stopped.run
    assert stopped.notice

    assert found["TrainingJobStatus"] == "Stopped", found.get("FailureReason")
    assert stopped.outcome.conclusion is Conclusion.FAILED
    assert stopped.outcome.failure.state == "Train"
    assert stopped.run.status is RunStatus.FAILED
    assert stopped.run.watchdog.startswith(f"{job} was {WHY}")
    assert stopped.run.reason.startswith(f"training job {job}: {WHY}")
    assert " exceeds validation AUC " in stopped.run.reason
    assert f"Why: {WHY}" in stopped.notice["Message"]
    assert stopped.notice["Subject"].startswith(f"Training run {stopped.run.run_id} failed: ")


def test_it_is_stopped_long_before_it_would_have_ended(lake: Lake, watched: Watched) -> None:
    lines = lines_of(lake, job_of(watched.stopped))
    assert lines
    assert lines[-1].round < int(LEARNING_BY_HEART["early_stopping_rounds"])


def test_nothing_comes_of_a_job_that_was_stopped(lake: Lake, watched: Watched) -> None:
    assert watched.stopped.run
    states = watched.stopped.states
    assert states[states.index("Train") + 1 :] == ["SettleFailure", "AnnounceFailure"]
    registered = [
        each.metadata.run_id for each in models.list_models(lake.deployment).models if each.metadata
    ]
    assert watched.stopped.run.run_id not in registered


def test_a_sound_job_is_left_alone(lake: Lake, trained: Trained, watched: Watched) -> None:
    assert watched.sound.outcome.conclusion is Conclusion.REFUSED, watched.sound.execution.cause
    assert any(months.THIN in each for each in watched.sound.outcome.reasons)
    for training in (trained.winner, watched.sound):
        assert training.run
        assert training.run.watchdog == ""
        found = lake.deployment.connection.sagemaker.describe_training_job(
            TrainingJobName=job_of(training)
        )
        assert found["TrainingJobStatus"] == "Completed"
    assert len(lines_of(lake, job_of(watched.sound))) > 1


def test_each_job_has_one_watch_which_ends_with_it(
    lake: Lake, trained: Trained, watched: Watched
) -> None:
    for training, reason in (
        (trained.winner, "the job is Completed"),
        (watched.sound, "the job is Completed"),
        (watched.stopped, "stopped: overfitting: train AUC "),
    ):
        watch = watch_of(lake, job_of(training))
        assert watch.status == SUCCEEDED, watch.cause
        assert watch.output["look"]["reason"].startswith(reason)
