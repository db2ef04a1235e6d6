"""Which job, why, and where its log is: from what Step Functions catches."""

import json
from typing import Any

import pytest

from lambdas.settle.history import Place, failed_at
from lambdas.shared.explanations import Failure, explain

TRAINING = {
    "TrainingJobName": "test-1-train-0",
    "TrainingJobArn": "arn:aws:sagemaker:eu-west-1:123456789012:training-job/test-1-train-0",
    "TrainingJobStatus": "Failed",
    "SecondaryStatus": "Failed",
    "FailureReason": "AlgorithmError: no labelled rows, exit code: 1",
    "StoppingCondition": {"MaxRuntimeInSeconds": 600},
    "HyperParameters": {"eta": "0.1"},
}
STOPPED = TRAINING | {"TrainingJobStatus": "Stopped", "FailureReason": None}
PROCESSING = {
    "ProcessingJobName": "test-1-evaluate-0",
    "ProcessingJobStatus": "Failed",
    "TrainingJobArn": "arn:of:another",
    "ExitMessage": "ModuleNotFoundError: No module named 'ml'",
    "FailureReason": "AlgorithmError: See job logs for more information",
}
TUNING = {
    "HyperParameterTuningJobName": "test-1-hpo-0",
    "HyperParameterTuningJobStatus": "Failed",
    "BestTrainingJob": {"TrainingJobName": "test-1-hpo-0-001"},
    "FailureReason": "All training jobs failed.",
}


def explained(error: str, cause: object = "") -> Failure:
    return explain(
        {"Error": error, "Cause": cause if isinstance(cause, str) else json.dumps(cause)}
    )


@pytest.mark.parametrize(
    ("cause", "job", "log_group", "why"),
    [
        (TRAINING, "training job test-1-train-0", "TrainingJobs", TRAINING["FailureReason"]),
        (
            PROCESSING,
            "processing job test-1-evaluate-0",
            "ProcessingJobs",
            f"{PROCESSING['FailureReason']}; {PROCESSING['ExitMessage']}",
        ),
        (TUNING, "tuning job test-1-hpo-0", "TrainingJobs", "All training jobs failed."),
        (
            STOPPED | {"SecondaryStatus": "MaxRuntimeExceeded"},
            "training job test-1-train-0",
            "TrainingJobs",
            "it was stopped because it ran longer than its limit of 600 seconds",
        ),
        (
            STOPPED | {"SecondaryStatus": "Stopped"},
            "training job test-1-train-0",
            "TrainingJobs",
            "it was stopped: by somebody, or because it ran longer than its limit",
        ),
        (
            {"ProcessingJobName": "p"},
            "processing job p",
            "ProcessingJobs",
            "its status is States.TaskFailed; no reason was given",
        ),
    ],
)
def test_a_job_is_named_with_its_reason_and_its_log(
    cause: dict[str, Any], job: str, log_group: str, why: str
) -> None:
    failure = explained("States.TaskFailed", cause)

    assert failure == Failure(
        why=why,
        job=job,
        log_group=f"/aws/sagemaker/{log_group}",
        log_stream_prefix=job.rsplit(maxsplit=1)[-1],
    )


@pytest.mark.parametrize(
    ("error", "cause", "why"),
    [
        (
            "PermanentError",
            {"errorMessage": "missing-data: flights lacks 2013-02", "errorType": "PermanentError"},
            "missing-data: flights lacks 2013-02 (PermanentError)",
        ),
        ("KeyError", {"errorMessage": "'run'", "errorType": "KeyError"}, "'run' (KeyError)"),
        (
            "Sandbox.Timedout",
            {"errorMessage": "RequestId: 1 Error: Task timed out after 60.00 seconds"},
            "RequestId: 1 Error: Task timed out after 60.00 seconds (unknown error)",
        ),
        (
            "SageMaker.ResourceLimitExceededException",
            "The account-level service limit 'ml.m5.large for training job usage' is 0 Instances",
            "SageMaker.ResourceLimitExceededException: The account-level service limit "
            "'ml.m5.large for training job usage' is 0 Instances",
        ),
        ("States.Timeout", "", "it took longer than its time limit."),
        ("States.Timeout", "Heartbeat", "it took longer than its time limit. Heartbeat"),
        ("States.DataLimitExceeded", "[1]", "States.DataLimitExceeded: [1]"),
        ("", "", "no reason was given"),
    ],
)
def test_other_errors_say_why(error: str, cause: object, why: str) -> None:
    assert explained(error, cause) == Failure(why=why)


def test_an_error_without_a_cause_is_read() -> None:
    assert explain({"Error": "States.Timeout", "Cause": None}).why.startswith("it took longer")
    assert explain({}).why == "no reason was given"


def entered(name: str) -> dict[str, Any]:
    return {"type": "TaskStateEntered", "stateEnteredEventDetails": {"name": name}}


def scheduled(function: str) -> dict[str, Any]:
    arn = f"arn:aws:lambda:eu-west-1:123456789012:function:{function}"
    return {
        "type": "LambdaFunctionScheduled",
        "lambdaFunctionScheduledEventDetails": {"resource": arn},
    }


@pytest.mark.parametrize(
    ("history", "place"),
    [
        (
            [entered("Validate"), {"type": "TaskStateExited"}, entered("Train"),
             {"type": "TaskScheduled"}, {"type": "TaskFailed"}, entered("SettleFailure"),
             scheduled("settle")],
            Place(state="Train"),
        ),
        (
            [entered("Gate"), scheduled("gate"), {"type": "LambdaFunctionFailed"},
             scheduled("gate"), {"type": "LambdaFunctionTimedOut"}, entered("SettleFailure"),
             scheduled("settle"), {"type": "LambdaFunctionStarted"}],
            Place(state="Gate", function="gate"),
        ),
        ([entered("Train"), {"type": "TaskTimedOut"}], Place(state="Train")),
        ([entered("SettleFailure"), scheduled("settle")], Place()),
        ([], Place()),
    ],
)  # fmt: skip
def test_the_state_that_failed_is_found_in_the_history(
    history: list[dict[str, Any]], place: Place
) -> None:
    assert failed_at(history[::-1]) == place
