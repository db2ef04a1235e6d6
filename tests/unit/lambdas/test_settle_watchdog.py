"""A run whose job the watchdog has stopped says so, in the table and to people."""

import json

from schemas.runs import RunStatus
from schemas.training import Verdict
from schemas.watchdog import stopped
from tests.unit.lambdas.models import RUN
from tests.unit.lambdas.pipeline import Pipeline, execution
from tests.unit.lambdas.test_settle import ERROR, PACKAGE, claim, gate, settle
from tests.unit.lambdas.test_settle_failures import PROCESSING, STOPPED, TRAINING, TUNING

JOB = str(TRAINING["TrainingJobName"])
WHY = "overfitting: train AUC 0.99 exceeds validation AUC 0.61 by 0.38"
TOLD = f"{stopped(JOB)}{WHY}"


def failed(description: object) -> dict[str, str]:
    return {"Error": "States.TaskFailed", "Cause": json.dumps(description)}


def test_a_stopped_job_says_who_stopped_it_and_why(pipeline: Pipeline) -> None:
    claim(pipeline, watchdog=TOLD)

    told = settle(error=failed(STOPPED))

    run = pipeline.run(RUN.run_id)
    assert run.status is RunStatus.FAILED
    assert run.reason == f"training job {JOB}: stopped by the watchdog: {WHY}"
    assert run.watchdog == TOLD
    assert f"\nJob: training job {JOB}\nWhy: stopped by the watchdog: {WHY}\n" in told["message"]
    assert told["subject"].startswith(
        f"Training run {RUN.run_id} failed: training job {JOB}: stopped by the watchdog: "
    )
    assert settle(error=failed(STOPPED)) == told


def test_a_stopped_job_says_so_even_where_its_task_does_not_fail(pipeline: Pipeline) -> None:
    claim(pipeline, watchdog=TOLD)
    settle(training_job=STOPPED)
    run = pipeline.run(RUN.run_id)
    assert run.status is RunStatus.FAILED
    assert run.reason == f"training job {JOB}: stopped by the watchdog: {WHY}"


def test_a_job_that_somebody_else_stopped_says_nothing_of_the_watchdog(pipeline: Pipeline) -> None:
    claim(pipeline)

    told = settle(error=failed(STOPPED))

    assert "it was stopped: by somebody, or because it ran longer" in told["message"]
    assert "watchdog" not in told["message"]


def test_a_tuning_that_failed_names_the_training_that_was_stopped(pipeline: Pipeline) -> None:
    child = f"{TUNING['HyperParameterTuningJobName']}-003-1a2b3c4d"
    claim(pipeline, watchdog=f"{stopped(child)}{WHY}")

    settle(error=failed(TUNING))

    assert pipeline.run(RUN.run_id).reason == (
        "tuning job test-1-hpo-0: All training jobs failed; "
        f"{child} was stopped by the watchdog: {WHY}"
    )


def test_a_tuning_that_ends_well_is_told_without_it(pipeline: Pipeline) -> None:
    claim(pipeline, watchdog=TOLD)

    told = settle(gate=gate(Verdict.REGISTER), registration={"model_package_arn": PACKAGE})

    assert "watchdog" not in told["message"]
    assert pipeline.run(RUN.run_id).watchdog == TOLD


def test_a_later_failure_is_not_put_down_to_the_watchdog(pipeline: Pipeline) -> None:
    claim(pipeline, watchdog=TOLD)

    told = settle(error=failed(PROCESSING))

    assert "ModuleNotFoundError" in told["message"]
    assert "watchdog" not in told["message"]


def test_what_was_said_to_another_execution_is_not_repeated(pipeline: Pipeline) -> None:
    claim(pipeline, watchdog=TOLD, execution_arn=execution("e2"), attempt=2)

    assert "watchdog" not in settle("e1", error=ERROR)["message"]
