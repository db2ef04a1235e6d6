"""What IAM asks for when somebody calls SageMaker: actions, and the ARNs that they are about.

Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsagemaker.html
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

# Resource, as operations name it, to what its ARN calls it.
_KINDS = {
    "HyperParameterTuningJob": "hyper-parameter-tuning-job",
    "ModelPackageGroup": "model-package-group",
    "ModelPackage": "model-package",
    "Model": "model",
    "EndpointConfig": "endpoint-config",
    "Endpoint": "endpoint",
    "ProcessingJob": "processing-job",
    "TrainingJob": "training-job",
    "TransformJob": "transform-job",
}
_ABOUT_ONE = re.compile(
    "(?:Create|Delete|Describe|Stop|Update|Put|Get|List[A-Za-z]+For)"
    f"({'|'.join(_KINDS)})(?:Policy|WeightsAndCapacities)?$"
)
# The first does not know its version yet, the second asks for no single one.
_ABOUT_ALL_VERSIONS = ("CreateModelPackage", "ListModelPackages")
_NONE = "*"


def permissions(
    operation: str, parameters: Mapping[str, Any], *, region: str, account: str
) -> Iterator[tuple[str, str]]:
    """Yield each action, with its resource, that the caller of an operation needs."""
    prefix = f"arn:aws:sagemaker:{region}:{account}:"
    about = _resource(operation, parameters, prefix)
    yield f"sagemaker:{operation}", about
    if operation in ("CreateEndpoint", "UpdateEndpoint"):
        config = f"{prefix}endpoint-config/{parameters.get('EndpointConfigName', '')}"
        yield f"sagemaker:{operation}", config
    if operation.startswith("Create"):
        if parameters.get("Tags"):
            yield "sagemaker:AddTags", about
        for role in sorted(set(_roles(parameters))):
            yield "iam:PassRole", role


def invoke_permission(endpoint: str, *, region: str, account: str) -> tuple[str, str]:
    """Return the action, and its resource, that the caller of an endpoint needs."""
    arn = f"arn:aws:sagemaker:{region}:{account}:endpoint/{endpoint}"
    return "sagemaker:InvokeEndpoint", arn


def _resource(operation: str, parameters: Mapping[str, Any], prefix: str) -> str:
    if "ResourceArn" in parameters:  # of tags
        return str(parameters["ResourceArn"])
    if operation in _ABOUT_ALL_VERSIONS and (group := parameters.get("ModelPackageGroupName")):
        return f"{prefix}model-package/{group}/*"
    match = _ABOUT_ONE.match(operation)
    if match is None:  # lists and searches
        return _NONE
    noun = match[1]
    name = str(parameters.get(f"{noun}Name") or parameters.get(f"{noun}Arn") or "")
    return name if name.startswith("arn:") else f"{prefix}{_KINDS[noun]}/{name}"


def _roles(value: Any) -> Iterator[str]:
    """Yield the roles that a request hands over, however deep they are."""
    if isinstance(value, Mapping):
        for key, member in value.items():
            if key in ("RoleArn", "ExecutionRoleArn") and isinstance(member, str):
                yield member
            else:
                yield from _roles(member)
    elif isinstance(value, list):
        for member in value:
            yield from _roles(member)
