"""Decides about registered models: what is approved may be released."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ops import artifacts
from ops.deployment import Deployment
from ops.errors import OpsError
from ops.models import APPROVED, REJECTED, Model

if TYPE_CHECKING:
    from mypy_boto3_sagemaker.literals import ModelApprovalStatusType

MAX_NOTE_CHARACTERS = 1_024
"""https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_UpdateModelPackage.html"""

_COMPLETED = "Completed"
_REJECT = "Reject the model, and train another"


@dataclass(frozen=True, kw_only=True, slots=True)
class Decision:
    """A decision about a model.

    Attributes:
        model: The model as it is now.
        was: Its approval before.
    """

    model: Model
    was: str

    @property
    def changed(self) -> bool:
        """Whether the decision is a new one."""
        return self.was != self.model.approval


def approve(deployment: Deployment, model: Model, note: str) -> Decision:
    """Allow a model to be released.

    Args:
        deployment: Where it is registered.
        model: The model.
        note: Why, for those who look later.

    Raises:
        OpsError: it does not say where it comes from, or its archive is not the registered one.
    """
    if model.approval == APPROVED:
        return Decision(model=model, was=APPROVED)
    check(deployment, model)
    return _decide(deployment, model, APPROVED, note)


def reject(deployment: Deployment, model: Model, note: str) -> Decision:
    """Keep a model from being released; the champion, too, can be rejected."""
    if model.approval == REJECTED:
        return Decision(model=model, was=REJECTED)
    return _decide(deployment, model, REJECTED, note)


def check(deployment: Deployment, model: Model) -> None:
    """Check what a release rests on.

    Raises:
        OpsError: something of it is wrong; says what.
    """
    name = f"model {model.version} is not approved"
    if model.status != _COMPLETED:
        raise OpsError(f"{name}: its creation is {model.status}", "Wait, or reject it")
    if model.metadata is None:
        raise OpsError(f"{name}: {model.problem}", _REJECT)
    uri, registered = model.metadata.artifact_uri, model.metadata.artifact_sha256
    if model.serves_uri != uri:
        raise OpsError(
            f"{name}: an endpoint would serve {model.serves_uri or 'nothing'}, registered is {uri}",
            _REJECT,
        )
    found = artifacts.digest(deployment, uri)
    if found is None:
        raise OpsError(
            f"{name}: its archive {uri} is gone",
            "Bring the object back from its older versions, or reject the model",
        )
    if found != registered:
        raise OpsError(
            f"{name}: somebody changed its archive {uri}: its SHA-256 is {found}, registered is "
            f"{registered}",
            "Bring the object's older version back, or reject the model",
        )


def _decide(
    deployment: Deployment, model: Model, approval: "ModelApprovalStatusType", note: str
) -> Decision:
    text = note.strip()
    if not 0 < len(text) <= MAX_NOTE_CHARACTERS:
        raise OpsError(
            f"the note has {len(text):,} characters", f"Give 1 to {MAX_NOTE_CHARACTERS:,}"
        )
    deployment.connection.sagemaker.update_model_package(
        ModelPackageArn=model.arn, ModelApprovalStatus=approval, ApprovalDescription=text
    )
    return Decision(model=replace(model, approval=approval, note=text), was=model.approval)
