"""The model registry as operators read it."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from ops import artifacts, releases
from ops.aws import MAX_CONNECTIONS
from ops.deployment import Deployment
from ops.errors import OpsError, code_of
from schemas.evaluations import Evaluation
from schemas.names import Output
from schemas.registry import IncompleteMetadataError, ModelMetadata

if TYPE_CHECKING:
    from mypy_boto3_sagemaker.type_defs import ModelPackageSummaryTypeDef

APPROVED: Final = "Approved"
REJECTED: Final = "Rejected"
PENDING: Final = "PendingManualApproval"

LATEST = "latest"
CHAMPION = "champion"
_UNKNOWN = frozenset({"ValidationException", "ResourceNotFound"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Model:
    """One version in the registry.

    Attributes:
        arn: Its address.
        version: Its number.
        status: How far its creation is, such as `Completed`.
        approval: Whether it may be released: `Approved`, `Rejected` or `PendingManualApproval`.
        note: Why it was approved or rejected.
        created_at: ISO 8601.
        serves_uri: The archive that an endpoint would serve.
        evaluation_sha256: Registered hash of its evaluation; empty without one.
        metadata: Where it comes from; None when it does not say.
        problem: What its metadata lacks; empty when it lacks nothing.
    """

    arn: str
    version: int
    status: str
    approval: str
    note: str = ""
    created_at: str
    serves_uri: str = ""
    evaluation_sha256: str = ""
    metadata: ModelMetadata | None = None
    problem: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Models:
    """The models of an environment.

    Attributes:
        group: Name of their model package group.
        models: All of them, the latest last.
        champion: Version of the model in force: what serves, or the newest approved; None without.
    """

    group: str
    models: tuple[Model, ...]
    champion: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class JudgedModel:
    """A model with its figures.

    Attributes:
        model: The model.
        evaluation: How good it is, and the champion of its time; None when that is gone.
    """

    model: Model
    evaluation: Evaluation | None


def list_models(deployment: Deployment) -> Models:
    """Return all models."""
    summaries = _summaries(deployment)
    with ThreadPoolExecutor(MAX_CONNECTIONS // 2) as pool:
        arns = [each["ModelPackageArn"] for each in summaries]
        models = tuple(pool.map(lambda arn: describe(deployment, arn), arns))
    in_force = champion(deployment, summaries)
    return Models(
        group=deployment[Output.MODEL_PACKAGE_GROUP_NAME],
        models=models,
        champion=in_force.version if in_force else None,
    )


def find(deployment: Deployment, reference: str) -> Model:
    """Return one model.

    Args:
        deployment: Where to look.
        reference: A version's number, the ARN of a model package, the id of the run that trained
            it, `latest` or `champion`.

    Raises:
        OpsError: it names none.
    """
    if reference.startswith("arn:"):
        return _of_this_group(deployment, describe(deployment, reference))
    summaries = _summaries(deployment)
    group = deployment[Output.MODEL_PACKAGE_GROUP_NAME]
    if not summaries:
        raise OpsError(
            f"the registry {group} has no models yet", "Train one: `python -m ops train --wait`"
        )
    if reference == CHAMPION:
        return _champion_or_fail(deployment, summaries)
    if reference == LATEST:
        return describe(deployment, summaries[-1]["ModelPackageArn"])
    number = reference.removeprefix("v")
    for each in summaries:
        if str(each["ModelPackageVersion"]) == number:
            return describe(deployment, each["ModelPackageArn"])
    if model := _of_run(deployment, reference):
        return model
    versions = ", ".join(str(each["ModelPackageVersion"]) for each in summaries)
    raise OpsError(
        f"{reference!r} names no model of {group}",
        f"Give {LATEST}, {CHAMPION}, an ARN, a run or one of the versions {versions}",
    )


def _of_run(deployment: Deployment, run_id: str) -> Model | None:
    return next(
        (
            each
            for each in list_models(deployment).models
            if each.metadata and each.metadata.run_id == run_id
        ),
        None,
    )


def _of_this_group(deployment: Deployment, model: Model) -> Model:
    group = deployment[Output.MODEL_PACKAGE_GROUP_NAME]
    of = model.arn.rpartition(":model-package/")[2].rpartition("/")[0]
    if of != group:
        raise OpsError(
            f"{model.arn} belongs to the group {of!r}; the models of environment "
            f"{deployment.environment.name} are in {group!r}",
            "Choose its environment with --env, or see `python -m ops models list`",
        )
    return model


def _champion_or_fail(
    deployment: Deployment, summaries: Sequence["ModelPackageSummaryTypeDef"]
) -> Model:
    model = champion(deployment, summaries)
    if model is None:
        raise OpsError(
            "no model is approved, so there is no champion",
            "Look at `python -m ops models list`, and approve one",
        )
    return model


def champion(
    deployment: Deployment, summaries: Sequence["ModelPackageSummaryTypeDef"] | None = None
) -> Model | None:
    """Return the model in force: the one that serves, or before there is one the newest approved.

    Only models that say where they come from count.
    """
    known = _summaries(deployment) if summaries is None else summaries
    arn = releases.current(deployment).serving.champion
    if any(each["ModelPackageArn"] == arn for each in known):
        serving = describe(deployment, arn)
        if serving.metadata:
            return serving
    return newest_approved(deployment, known)


def newest_approved(
    deployment: Deployment, summaries: Sequence["ModelPackageSummaryTypeDef"] | None = None
) -> Model | None:
    """Return the newest approved model that says where it comes from."""
    known = _summaries(deployment) if summaries is None else summaries
    approved = (each for each in reversed(known) if each.get("ModelApprovalStatus") == APPROVED)
    found = (describe(deployment, each["ModelPackageArn"]) for each in approved)
    return next((each for each in found if each.metadata), None)


def judged(deployment: Deployment, model: Model) -> JudgedModel:
    """Return a model with its evaluation."""
    uri = model.metadata.evaluation_uri if model.metadata else ""
    return JudgedModel(model=model, evaluation=artifacts.read_evaluation(deployment, uri))


def waiting(deployment: Deployment) -> list[int]:
    """Return the versions that wait for approval, the latest last."""
    return [
        each["ModelPackageVersion"]
        for each in _summaries(deployment)
        if each.get("ModelApprovalStatus") == PENDING
    ]


def _summaries(deployment: Deployment) -> list["ModelPackageSummaryTypeDef"]:
    """Return summaries of all models, by version: those of one second have no order by time."""
    pages = deployment.connection.sagemaker.get_paginator("list_model_packages").paginate(
        ModelPackageGroupName=deployment[Output.MODEL_PACKAGE_GROUP_NAME]
    )
    found = [each for page in pages for each in page["ModelPackageSummaryList"]]
    return sorted(found, key=lambda each: each["ModelPackageVersion"])


def describe(deployment: Deployment, arn: str) -> Model:
    """Return the model with an ARN.

    Raises:
        OpsError: there is none.
    """
    try:
        found = deployment.connection.sagemaker.describe_model_package(ModelPackageName=arn)
    except ClientError as error:
        if code_of(error) not in _UNKNOWN:
            raise
        raise OpsError(
            f"there is no model {arn}", "See `python -m ops models list` for those there are"
        ) from error
    metadata, problem = _metadata(found.get("CustomerMetadataProperties", {}))
    return Model(
        arn=found["ModelPackageArn"],
        version=found["ModelPackageVersion"],
        status=found["ModelPackageStatus"],
        approval=found.get("ModelApprovalStatus", ""),
        note=found.get("ApprovalDescription", ""),
        created_at=found["CreationTime"].isoformat(),
        serves_uri=_serves(found),
        evaluation_sha256=_evaluation_digest(found),
        metadata=metadata,
        problem=problem,
    )


def _metadata(properties: Mapping[str, str]) -> tuple[ModelMetadata | None, str]:
    try:
        return ModelMetadata.from_properties(properties), ""
    except IncompleteMetadataError as error:
        return None, str(error)


def _serves(found: Mapping[str, Any]) -> str:
    containers = found.get("InferenceSpecification", {}).get("Containers", [])
    return str(containers[0].get("ModelDataUrl", "")) if containers else ""


def _evaluation_digest(found: Mapping[str, Any]) -> str:
    quality = found.get("ModelMetrics", {}).get("ModelQuality", {}).get("Statistics", {})
    return str(quality.get("ContentDigest", "")).removeprefix("sha256:")
