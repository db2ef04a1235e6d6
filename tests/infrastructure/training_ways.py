"""Ways through the training pipeline."""

from collections.abc import Mapping
from typing import Any

from tests.infrastructure.state_machines import Way

PREFIX_URI = "s3://artifacts/runs/201303-1a2b3c4d/"
INPUT = {"trigger": "manual"}
PREPARED = ("Begin", "Snapshot", "IsDue", "Validate", "Preprocess", "TrainOrTune")
SKIPPED = ("Begin", "Snapshot", "IsDue", "IsAwaited")
JUDGED = ("IsTrained", "Evaluate", "Gate", "IsGoodEnough")
FAILED = ("SettleFailure", "AnnounceFailure", "Failed")
TOLD = ("Settle", "Announce", "Done")


def training_results(environment: str) -> dict[str, Any]:
    """Return what every task answers when a model is trained and registered."""
    job = f"{environment}-201303-1a2b3c4d-9-train-0"
    trained = {
        "TrainingJobName": job,
        "TrainingJobArn": f"arn:aws:sagemaker:us-east-1:123456789012:training-job/{job}",
        "ModelArtifacts": {"S3ModelArtifacts": f"{PREFIX_URI}models/job/output/model.tar.gz"},
        "HyperParameters": {},
        "TrainingJobStatus": "Completed",
    }
    return {
        "Snapshot": _run(environment),
        "Validate": {},
        "Preprocess": {},
        "Train": trained,
        "Tune": {"BestTrainingJob": {"TrainingJobName": job}},
        "BestModel": trained,
        "Evaluate": {},
        "Gate": {"decision": "register", "reasons": []},
        "Register": {"model_package_arn": "arn"},
        "Settle": {"subject": "a", "message": "b", "status": "registered"},
        "SettleFailure": {"subject": "a", "message": "b", "status": "failed"},
        "Announce": {"MessageId": "1"},
        "AnnounceFailure": {"MessageId": "1"},
    }


def training_ways(environment: str) -> tuple[Way, ...]:
    """Return a way for each decision, and one that fails."""
    results = training_results(environment)
    skips = {
        trigger: results | {"Snapshot": {"decision": "skip", "reason": "x", "trigger": trigger}}
        for trigger in ("schedule", "quality")
    }
    without_gate = {name: each for name, each in results.items() if name != "Gate"}
    return (
        Way(INPUT, results, (*PREPARED, "Train", *JUDGED, "Register", *TOLD)),
        Way(
            INPUT,
            changed(results, "Snapshot", mode="tune"),
            (*PREPARED, "Tune", "BestModel", *JUDGED, "Register", *TOLD),
        ),
        Way(
            INPUT,
            changed(results, "Gate", decision="refuse"),
            (*PREPARED, "Train", *JUDGED, *TOLD),
        ),
        Way(
            INPUT,
            changed(results, "Train", TrainingJobStatus="Stopped"),
            (*PREPARED, "Train", "IsTrained", *FAILED),
        ),
        Way(INPUT, skips["schedule"], (*SKIPPED, "NothingToDo")),
        Way(INPUT, skips["quality"], (*SKIPPED, *TOLD)),
        Way(
            INPUT,
            without_gate,
            (*PREPARED, "Train", "IsTrained", "Evaluate", "Gate", *FAILED),
        ),
    )


def changed(results: Mapping[str, Any], task: str, **values: Any) -> dict[str, Any]:
    return {**results, task: {**results[task], **values}}


def _run(environment: str) -> dict[str, Any]:
    return {
        "decision": "train",
        "job_prefix": f"{environment}-201303-1a2b3c4d-9",
        "mode": "train",
        "window": {"train_from": "2013-01", "holdout_from": "2013-03", "holdout_to": "2013-04"},
        "input_uri": "s3://artifacts/snapshots/inputs/0.manifest",
        "code_prefix_uri": "s3://artifacts/code/0/",
        "image_uri": "1.dkr.ecr.x.amazonaws.com/sagemaker-xgboost:3.2-0",
        "prefix_uri": PREFIX_URI,
        "hyperparameters": {"seed": "1"},
    }
