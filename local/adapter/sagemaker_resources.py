"""Seam: CloudFormation's types of SageMaker, of which the emulator has none.

What replaces a resource, and what Ref and GetAtt return, is as in the types' registered schemas.
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_SageMaker.html
"""

import json
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from ministack.services.cloudformation import provisioners, stacks

from local.adapter import pinned, sagemaker, stack_operations, template_values
from local.environment import ACCOUNT, REGION
from local.sagemaker import ApiError, sessions
from local.sagemaker.permissions import permissions

Properties = dict[str, Any]
Created = tuple[str, dict[str, Any]]

_POLL_SECONDS = 0.2
_NAME_LENGTH = 63


@dataclass(frozen=True, slots=True)
class _Type:
    """A type whose resources are made, described and deleted by operations of one noun.

    Attributes:
        noun: As in `Describe<noun>` and in the members `<noun>Name` and `<noun>Arn`.
        replacing: Properties beside the name whose change makes a new resource.
        extra: Properties that are no parameters of `Create<noun>`.
        attributes: Members of the description that GetAtt offers beside name and ARN.
    """

    noun: str
    replacing: tuple[str, ...] = ()
    extra: tuple[str, ...] = ()
    attributes: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return f"{self.noun}Name"

    @property
    def type_name(self) -> str:
        return f"AWS::SageMaker::{self.noun}"


_GROUP = _Type(
    "ModelPackageGroup",
    replacing=("ModelPackageGroupDescription",),
    extra=("ModelPackageGroupPolicy",),
    attributes=("CreationTime", "ModelPackageGroupStatus"),
)
_MODEL = _Type(
    "Model",
    replacing=("Containers", "EnableNetworkIsolation", "ExecutionRoleArn",
               "InferenceExecutionConfig", "PrimaryContainer", "VpcConfig"),
)  # fmt: skip
_CONFIG = _Type(
    "EndpointConfig",
    replacing=("AsyncInferenceConfig", "DataCaptureConfig", "EnableNetworkIsolation",
               "ExecutionRoleArn", "ExplainerConfig", "KmsKeyId", "MetricsConfig",
               "ProductionVariants", "ShadowProductionVariants", "VpcConfig"),
)  # fmt: skip
_UPDATING = ("RetainAllVariantProperties", "ExcludeRetainedVariantProperties",
             "RetainDeploymentConfig")  # fmt: skip
_ENDPOINT = _Type("Endpoint", extra=_UPDATING)


def install() -> None:
    """Put the seam in place."""
    handlers = pinned.require(provisioners, "_RESOURCE_HANDLERS")
    replacing = pinned.require(provisioners, "_REPLACING_PROPERTIES")
    named = pinned.require(provisioners, "_CUSTOM_NAME_REPLACEMENT")
    tagged = pinned.require(provisioners, "_STACK_TAG_PROPERTY")
    for kind in (_GROUP, _MODEL, _CONFIG, _ENDPOINT):
        handlers[kind.type_name] = {
            "create": partial(_create, kind),
            "update": partial(_update, kind),
            "delete": partial(_delete, kind),
        }
        replacing[kind.type_name] = (kind.name, *kind.replacing)
        named[kind.type_name] = {"name": kind.name}
        tagged[kind.type_name] = ("Tags", "list")
    pinned.wrap(stacks, "_runs_on_worker_thread", _waiting_elsewhere)


def _waiting_elsewhere(runs: Callable[[str], bool]) -> Callable[[str], bool]:
    """Let the emulator answer requests while a resource is made: an endpoint asks it for S3."""
    return lambda kind: kind.startswith("AWS::SageMaker::") or runs(kind)


def _create(kind: _Type, logical_id: str, properties: Properties, stack: str) -> Created:
    name = properties.get(kind.name) or _new_name(stack, logical_id)
    wanted = {key: value for key, value in properties.items() if key not in kind.extra}
    _call(f"Create{kind.noun}", {**wanted, kind.name: name})
    try:
        if kind is _ENDPOINT:
            _await_endpoint(name)
        _put_policy(name, properties)
    except Exception:
        # CloudFormation deletes what it could not finish; the emulator knows only what is finished.
        _delete(kind, name, properties)
        raise
    return _described(kind, name)


def _new_name(stack: str, logical_id: str) -> str:
    """Return a name that nothing has: what was made before may have been retained."""
    return str(
        provisioners._physical_name(
            stack, f"{logical_id}-{secrets.token_hex(4)}", max_len=_NAME_LENGTH
        )
    )


def _update(kind: _Type, arn: str, old: Properties, new: Properties, _: str) -> Created:
    """Change what needs no replacement: tags, a group's policy, an endpoint's configuration."""
    name = _name(arn)
    if kind is _ENDPOINT and _without_tags(old) != _without_tags(new):
        _call("UpdateEndpoint", {**_without_tags(new), kind.name: name})
        _await_endpoint(name)
    _put_policy(name, new, old)
    _retag(arn, old, new)
    return _described(kind, name)


def _delete(kind: _Type, arn: str, _: Properties) -> None:
    name = {kind.name: _name(arn)}
    if not _exists(kind, name):
        return
    _call(f"Delete{kind.noun}", name)
    while kind is _ENDPOINT and _exists(kind, name):
        time.sleep(_POLL_SECONDS)


def _described(kind: _Type, name: str) -> Created:
    description = _call(f"Describe{kind.noun}", {kind.name: name})
    members = (kind.name, f"{kind.noun}Arn", *kind.attributes)
    attributes = {member: description[member] for member in members if member in description}
    return attributes[f"{kind.noun}Arn"], attributes


def _exists(kind: _Type, name: Mapping[str, str]) -> bool:
    try:
        sagemaker.service().call(f"Describe{kind.noun}", dict(name))
    except ApiError:
        return False
    return True


def _await_endpoint(name: str) -> None:
    """Return once an endpoint serves what was wanted last, or serves again what it did before.

    An update that an alarm has undone counts as done: AWS may look at the status alone, so whoever
    updates a stack has to compare the endpoint's EndpointConfigName.
    https://github.com/hashicorp/terraform-provider-aws/issues/48997

    Raises:
        ValueError: it has not come into service, or the update never took effect; the reason is
            the endpoint's.
    """
    while True:
        found = _call("DescribeEndpoint", {"EndpointName": name})
        if found["EndpointStatus"] not in ("Creating", "Updating", "RollingBack"):
            break
        time.sleep(_POLL_SECONDS)
    has_failed = "FailureReason" in found and not sagemaker.service().was_rolled_back(name)
    if found["EndpointStatus"] != "InService" or has_failed:
        raise ValueError(
            f"Resource of type 'AWS::SageMaker::Endpoint' with identifier '{name}' did not "
            f"stabilize: {found.get('FailureReason', found['EndpointStatus'])}"
        )


def _put_policy(name: str, new: Properties, old: Properties | None = None) -> None:
    policy = new.get("ModelPackageGroupPolicy")
    before = (old or {}).get("ModelPackageGroupPolicy")
    if policy == before:
        return
    group = {"ModelPackageGroupName": name}
    if policy is None:
        _call("DeleteModelPackageGroupPolicy", group)
    else:
        text = policy if isinstance(policy, str) else json.dumps(policy)
        _call("PutModelPackageGroupPolicy", {**group, "ResourcePolicy": text})


def _retag(arn: str, old: Properties, new: Properties) -> None:
    before, after = (
        {tag["Key"]: tag["Value"] for tag in each.get("Tags") or ()} for each in (old, new)
    )
    if gone := sorted(before.keys() - after.keys()):
        _call("DeleteTags", {"ResourceArn": arn, "TagKeys": gone})
    if changed := dict(after.items() - before.items()):
        tags = [{"Key": key, "Value": value} for key, value in sorted(changed.items())]
        _call("AddTags", {"ResourceArn": arn, "Tags": tags})


def _without_tags(properties: Properties) -> Properties:
    return {key: value for key, value in properties.items() if key != "Tags"}


def _name(arn: str) -> str:
    return arn.rpartition("/")[2]


def _call(operation: str, parameters: Properties) -> Any:
    """Call SageMaker with parameters of a template, whose numbers and truths may be texts.

    Raises:
        ValueError: SageMaker refuses; CloudFormation shows the reason.
    """
    model = sessions.shared().get_service_model("sagemaker")
    wanted = template_values.typed(parameters, model.operation_model(operation).input_shape)
    stack_operations.record(permissions(operation, wanted, region=REGION, account=ACCOUNT))
    try:
        return sagemaker.service().call(operation, wanted)
    except ApiError as error:
        raise ValueError(
            f'Resource handler returned message: "{error.message}" (HandlerErrorCode: {error.code})'
        ) from None
