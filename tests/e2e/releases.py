"""Releases of the deployed pipeline: begun, awaited, and models to be released."""

from collections.abc import Callable, Mapping
from typing import Any

from ops import executions, models, releases, releasing
from ops.models import APPROVED, Model
from ops.releasing import ReleaseOutcome
from schemas.names import Output
from schemas.releases import Action, Release, ReleaseRequest, ReleaseStatus, ReleaseTrigger
from tests.cloud import eventually
from tests.e2e.lake import Lake

# An update of the stack with two new fleets, and another one back, on a busy machine.
LONGEST_SECONDS = 180

_COPIED = ("InferenceSpecification", "ModelMetrics", "DriftCheckBaselines")


def run(lake: Lake, request: ReleaseRequest) -> ReleaseOutcome:
    """Begin a release and wait for its end."""
    started = releasing.begin(lake.deployment, request)
    return await_outcome(lake, started.execution_arn)


def await_outcome(lake: Lake, execution_arn: str) -> ReleaseOutcome:
    """Wait until an execution of the release pipeline has ended; return what it came to."""
    eventually(
        lambda: not executions.describe(lake.deployment, execution_arn).is_running,
        f"{execution_arn} has ended",
        seconds=LONGEST_SECONDS,
    )
    return releasing.conclude(lake.deployment, executions.read(lake.deployment, execution_arn))


def await_approved(lake: Lake, model: Model) -> Release:
    """Wait until the release that a model's approval has begun is over, and return it."""

    def ended() -> Release | None:
        return next(
            (
                each
                for each in releases.read(lake.deployment)
                if each.trigger is ReleaseTrigger.APPROVAL
                and each.status is not ReleaseStatus.RUNNING
                and (each.target.champion == model.arn or asked_for(lake, each) == model.arn)
                and not executions.describe(lake.deployment, each.execution_arn).is_running
            ),
            None,
        )

    found = eventually(
        ended, f"the release of model {model.version} is over", seconds=LONGEST_SECONDS
    )
    assert isinstance(found, Release)
    return found


def asked_for(lake: Lake, release: Release) -> str:
    """Return the package that the event names which has begun a release."""
    event = executions.describe(lake.deployment, release.execution_arn).input
    return str(event.get("detail", {}).get("ModelPackageArn", ""))


def come_to_rest(lake: Lake) -> None:
    """Wait until no release is under way."""
    machine = lake.deployment[Output.RELEASE_STATE_MACHINE_ARN]
    eventually(
        lambda: (
            not any(
                each["status"] == "RUNNING" for each in executions.listed(lake.deployment, machine)
            )
        ),
        "no release is under way",
        seconds=LONGEST_SECONDS,
    )


def register_copy(
    lake: Lake,
    model: Model,
    *,
    change: Callable[[dict[str, str]], Mapping[str, str]] = dict,
) -> Model:
    """Register a model once more, as a version of its own that was compared with what serves.

    It is rejected at first, so that nothing approves it by itself.

    Args:
        lake: Where.
        model: What is copied.
        change: Makes the copy's metadata of the model's.
    """
    sagemaker = lake.deployment.connection.sagemaker
    package: dict[str, Any] = dict(sagemaker.describe_model_package(ModelPackageName=model.arn))
    metadata = package["CustomerMetadataProperties"] | {"parent_package_arn": champion(lake).arn}
    arn = sagemaker.create_model_package(
        ModelPackageGroupName=lake.deployment[Output.MODEL_PACKAGE_GROUP_NAME],
        ModelApprovalStatus="Rejected",
        CustomerMetadataProperties=dict(change(metadata)),
        **{name: package[name] for name in _COPIED if name in package},
    )["ModelPackageArn"]
    return models.describe(lake.deployment, arn)


def approve(lake: Lake, model: Model) -> Model:
    """Approve a model, which begins its release; without the checks of `ops models approve`."""
    lake.deployment.connection.sagemaker.update_model_package(
        ModelPackageArn=model.arn,
        ModelApprovalStatus=APPROVED,
        ApprovalDescription="a test approves it",
    )
    return models.describe(lake.deployment, model.arn)


def champion(lake: Lake) -> Model:
    """Return the model that serves."""
    return models.describe(lake.deployment, releases.current(lake.deployment).serving.champion)


def request_of(model: Model) -> ReleaseRequest:
    """Return the request to release a model, without the checks of the command line."""
    return ReleaseRequest(action=Action.RELEASE, model_package_arn=model.arn)
