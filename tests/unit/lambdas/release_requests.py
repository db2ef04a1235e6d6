"""What a release is asked for, and the names of what it is about."""

from typing import Any

from schemas.releases import APPROVAL_EVENT, Serving
from tests.unit.lambdas.services import GROUP_ARN_PREFIX

_STATE_MACHINE = "arn:aws:states:eu-west-1:123456789012:execution:mlops-test-release"


def execution_arn(name: str) -> str:
    """ARN of an execution of the release state machine."""
    return f"{_STATE_MACHINE}:{name}"


def arn_of(version: int) -> str:
    """ARN of a version of the model."""
    return f"{GROUP_ARN_PREFIX}/{version}"


def champion(version: int) -> Serving:
    """What serves when a version of the model is alone."""
    return Serving(champion=arn_of(version))


def approval(version: int) -> dict[str, Any]:
    """The event that a package was approved."""
    return {
        "detail-type": APPROVAL_EVENT,
        "source": "aws.sagemaker",
        "detail": {"ModelPackageArn": arn_of(version), "ModelApprovalStatus": "Approved"},
    }


def request(action: str, version: int = 0, percent: int = 0, **values: Any) -> dict[str, Any]:
    """What a person asks for."""
    document: dict[str, Any] = {"action": action, **values}
    if version:
        document["model_package_arn"] = arn_of(version)
    if percent:
        document["challenger_percent"] = percent
    return document
