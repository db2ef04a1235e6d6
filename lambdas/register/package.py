"""What a model package says of the model that it registers."""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from lambdas.shared.errors import PermanentError
from lambdas.shared.evaluations import EvaluationFile
from lambdas.shared.objects import JSON
from lambdas.shared.registry import CODE_FOLDER, PENDING, SUBMIT_DIRECTORY
from schemas.registry import IncompleteMetadataError, ModelMetadata
from schemas.runs import Mode
from schemas.training import (
    BASELINE_PREFIX,
    CONSTRAINTS_FILE,
    STATISTICS_FILE,
    TRAINED_PARAMETERS_FILE,
    Parameters,
    PlannedRun,
)

CONTENT_TYPES = ("text/csv", "application/jsonlines")
# The container's own serving stack loads it.
_SERVING = {"SAGEMAKER_PROGRAM": "inference.py", SUBMIT_DIRECTORY: CODE_FOLDER}
# SageMaker adds its own to those of a tuning's trainings, such as `_tuning_objective_metric`.
_INTERNAL = ("_", "sagemaker_")


@dataclass(frozen=True, kw_only=True, slots=True)
class TrainingJob:
    """What a training job says of itself.

    Attributes:
        arn: Its address.
        artifact_uri: The archive of the model.
        hyperparameters: What it was told.
    """

    arn: str
    artifact_uri: str
    hyperparameters: Mapping[str, str]

    @classmethod
    def from_description(cls, description: Mapping[str, Any]) -> "TrainingJob":
        """Read what DescribeTrainingJob answers."""
        told = description.get("HyperParameters") or {}
        return cls(
            arn=description["TrainingJobArn"],
            artifact_uri=description["ModelArtifacts"]["S3ModelArtifacts"],
            hyperparameters={
                name: value for name, value in told.items() if not name.startswith(_INTERNAL)
            },
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Delivery:
    """What the deployment says of the code.

    Attributes:
        lock_sha256: Hash of the lock file of the container's twin.
        git_commit: Commit that was delivered; empty when the delivery gave none.
    """

    lock_sha256: str
    git_commit: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ParametersFile:
    """Parameters with which the model can be trained again.

    Attributes:
        uri: Where they lie.
        sha256: Hash of the file.
        new_text: What is to be written there first; empty when they lie there already.
    """

    uri: str
    sha256: str
    new_text: str = ""


def trained_parameters(run: PlannedRun, job: TrainingJob) -> ParametersFile:
    """Return the parameters of the training that made the model.

    A tuned model was made by one training of many, with what the search had found by then.
    """
    if run.mode is Mode.TRAIN:
        return ParametersFile(uri=run.parameters_uri, sha256=run.parameters_sha256)
    parameters = Parameters(mode=Mode.TRAIN, hyperparameters=dict(job.hyperparameters))
    return ParametersFile(
        uri=f"{run.prefix_uri}{TRAINED_PARAMETERS_FILE}",
        sha256=parameters.sha256,
        new_text=parameters.text,
    )


def metadata_of(
    run: PlannedRun,
    job: TrainingJob,
    parameters: ParametersFile,
    found: EvaluationFile,
    delivery: Delivery,
) -> ModelMetadata:
    """Return everything that is needed to train the model again."""
    challenger, champion = found.evaluation.challenger, found.evaluation.champion
    return ModelMetadata(
        run_id=run.run_id,
        training_job_arn=job.arn,
        artifact_uri=job.artifact_uri,
        artifact_sha256=challenger.artifact_sha256,
        model_sha256=challenger.model_sha256,
        code_uri=run.code_uri,
        code_sha256=run.code_sha256,
        git_commit=delivery.git_commit,
        image_uri=run.image_uri,
        lock_sha256=delivery.lock_sha256,
        platform=challenger.platform,
        parameters_uri=parameters.uri,
        parameters_sha256=parameters.sha256,
        manifest_uri=run.manifest_uri,
        manifest_sha256=run.manifest_sha256,
        data_sha256=found.evaluation.data_sha256,
        train_from=run.window.train_from,
        holdout_from=run.window.holdout_from,
        holdout_to=run.window.holdout_to,
        evaluation_uri=found.uri,
        auc=_six_digits(challenger.overall.auc),
        log_loss=_six_digits(challenger.overall.log_loss),
        brier=_six_digits(challenger.overall.brier),
        champion_auc=_six_digits(champion.overall.auc) if champion else "",
        baseline_uri=f"{run.prefix_uri}{BASELINE_PREFIX}",
        parent_package_arn=run.champion_package_arn,
    )


def package_of(
    run: PlannedRun, metadata: ModelMetadata, found: EvaluationFile, *, group_name: str
) -> dict[str, Any]:
    """Return CreateModelPackage's parameters.

    The token is that of the run, not of the attempt: SageMaker itself keeps two attempts from
    registering twice.

    Raises:
        PermanentError: `incomplete-metadata`; nobody could train the model again.
    """
    try:
        properties = metadata.to_properties()
    except IncompleteMetadataError as error:
        raise PermanentError("incomplete-metadata", str(error), run.run_id) from error
    baseline = {
        "Statistics": _source(f"{run.prefix_uri}{STATISTICS_FILE}"),
        "Constraints": _source(f"{run.prefix_uri}{CONSTRAINTS_FILE}"),
    }
    digest = sha256(found.text.encode()).hexdigest()
    evaluation = _source(found.uri) | {"ContentDigest": f"sha256:{digest}"}
    return {
        "ModelPackageGroupName": group_name,
        "ModelPackageDescription": _description(run, metadata),
        "ModelApprovalStatus": PENDING,
        "ClientToken": run.run_id,
        "InferenceSpecification": {
            "Containers": [
                {
                    "Image": metadata.image_uri,
                    "ModelDataUrl": metadata.artifact_uri,
                    "Environment": dict(_SERVING),
                }
            ],
            "SupportedContentTypes": list(CONTENT_TYPES),
            "SupportedResponseMIMETypes": list(CONTENT_TYPES),
        },
        "ModelMetrics": {
            "ModelQuality": {"Statistics": evaluation},
            "ModelDataQuality": baseline,
        },
        "DriftCheckBaselines": {"ModelDataQuality": baseline},
        "CustomerMetadataProperties": properties,
    }


def _description(run: PlannedRun, metadata: ModelMetadata) -> str:
    """Return what lists of packages show; `Registry.of_run` looks for the run's id in it."""
    return (
        f"Run {run.run_id}: trained on {run.window.train_from} to {run.window.holdout_from} "
        f"(exclusive), AUC {metadata.auc} up to {run.window.holdout_to} (exclusive)"
    )


def _source(uri: str) -> dict[str, str]:
    return {"ContentType": JSON, "S3Uri": uri}


def _six_digits(score: float | None) -> str:
    return "" if score is None else f"{score:.6f}"
