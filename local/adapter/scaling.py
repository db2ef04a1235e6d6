"""Seam: Application Auto Scaling of endpoints' variants, which the emulator lacks.

Targets and policies come from templates alone and are only described: nothing scales here. What
the API answers is read from the stacks, so nothing is kept beside them.
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_ApplicationAutoScaling.html
"""

import uuid
from collections.abc import Iterator
from typing import Any

from botocore.utils import parse_timestamp
from ministack.services import cloudformation
from ministack.services.cloudformation import provisioners

from local.adapter import pinned, sagemaker, stack_operations, template_values, wire
from local.environment import ACCOUNT, REGION
from local.sagemaker import ApiError, sessions

Properties = dict[str, Any]
Created = tuple[str, dict[str, Any]]

NAME = "application-autoscaling"
_TARGET = "AWS::ApplicationAutoScaling::ScalableTarget"
_POLICY = "AWS::ApplicationAutoScaling::ScalingPolicy"
# What together identifies a target, in the order in which its physical id has them.
_IDENTITY = ("ResourceId", "ScalableDimension", "ServiceNamespace")
_NAMESPACE = "sagemaker"
_DIMENSION = "sagemaker:variant:DesiredInstanceCount"


def install() -> None:
    """Put the seam in place."""
    handlers = pinned.require(provisioners, "_RESOURCE_HANDLERS")
    replacing = pinned.require(provisioners, "_REPLACING_PROPERTIES")
    pinned.require(cloudformation, "_stacks")
    handlers[_TARGET] = {"create": _register, "update": _reregister, "delete": _deregister}
    replacing[_TARGET] = _IDENTITY
    handlers[_POLICY] = {"create": _create_policy, "update": _put_policy, "delete": _delete_policy}
    replacing[_POLICY] = ("PolicyName", "ScalingTargetId", *_IDENTITY)
    wire.add_service(
        NAME, _handle, target="AnyScaleFrontendService", hosts=[r"application-autoscaling\."]
    )


def _register(_: str, properties: Properties, __: str) -> Created:
    _record("RegisterScalableTarget")
    _refuse_what_cannot_be_scaled(properties)
    name = "|".join(properties[each] for each in _IDENTITY)
    return name, {"Id": name}


def _reregister(name: str, _: Properties, new: Properties, stack: str) -> Created:
    return _register(name, new, stack)


def _deregister(_: str, __: Properties) -> None:
    _record("DeregisterScalableTarget")


def _refuse_what_cannot_be_scaled(properties: Properties) -> None:
    identity = {name: properties.get(name) for name in _IDENTITY}
    kind, endpoint, also, variant = (*str(identity["ResourceId"]).split("/"), "", "", "", "")[:4]
    if (
        (kind, also) != ("endpoint", "variant")
        or identity["ServiceNamespace"] != _NAMESPACE
        or identity["ScalableDimension"] != _DIMENSION
    ):
        raise ValueError(
            f"the local cloud scales variants of SageMaker's endpoints ({_DIMENSION}) alone, "
            f"got {identity}"
        )
    if int(properties["MinCapacity"]) > int(properties["MaxCapacity"]):
        raise _invalid("Maximum capacity cannot be less than minimum capacity")
    if variant not in _variants(endpoint):
        raise _invalid(f"No endpoint variant exists for resource ID: {identity['ResourceId']}")


def _variants(endpoint: str) -> list[str]:
    try:
        found = sagemaker.service().call("DescribeEndpoint", {"EndpointName": endpoint})
    except ApiError:
        return []
    return [each["VariantName"] for each in found["ProductionVariants"]]


def _invalid(reason: str) -> ValueError:
    return ValueError(
        f'Resource handler returned message: "{reason} (Service: ApplicationAutoScaling, '
        'Status Code: 400)" (HandlerErrorCode: InvalidRequest)'
    )


def _create_policy(_: str, properties: Properties, __: str) -> Created:
    target = _target_of(properties)
    arn = (
        f"arn:aws:autoscaling:{REGION}:{ACCOUNT}:scalingPolicy:{uuid.uuid4()}:"
        f"resource/{_NAMESPACE}/{target['ResourceId']}:policyName/{properties['PolicyName']}"
    )
    return _put_policy(arn, {}, properties, "")


def _put_policy(arn: str, _: Properties, __: Properties, ___: str) -> Created:
    _record("PutScalingPolicy")
    return arn, {"Arn": arn}


def _delete_policy(_: str, __: Properties) -> None:
    _record("DeleteScalingPolicy")


def _target_of(properties: Properties) -> dict[str, str]:
    """Return what identifies the target of a policy, which names it whole or in parts."""
    if whole := properties.get("ScalingTargetId"):
        return dict(zip(_IDENTITY, whole.split("|"), strict=True))
    return {name: properties[name] for name in _IDENTITY}


def _record(action: str) -> None:
    targets = f"arn:aws:{NAME}:{REGION}:{ACCOUNT}:scalable-target/*"
    stack_operations.record([(f"{NAME}:{action}", targets)])


async def _handle(
    _: str, __: str, headers: dict[str, str], body: bytes, ___: dict[str, Any]
) -> wire.Response:
    operation = wire.operation_of(headers)
    return wire.answer_json(body, lambda parameters: _call(operation, parameters))


def _call(operation: str, wanted: Properties) -> Properties:
    if operation == "DescribeScalableTargets":
        targets = (_target(each) for each in _resources(_TARGET))
        return {"ScalableTargets": [each for each in targets if _is_wanted(each, wanted)]}
    if operation == "DescribeScalingPolicies":
        policies = (_policy(each) for each in _resources(_POLICY))
        return {"ScalingPolicies": [each for each in policies if _is_wanted(each, wanted)]}
    raise ApiError("NotImplementedException", f"the local cloud does not support {operation}")


def _is_wanted(described: Properties, wanted: Properties) -> bool:
    listed = {"ResourceIds": "ResourceId", "PolicyNames": "PolicyName"}
    return all(described[name] == wanted[name] for name in _IDENTITY if name in wanted) and all(
        described[member] in wanted[name] for name, member in listed.items() if name in wanted
    )


def _resources(resource_type: str) -> Iterator[Properties]:
    for stack in cloudformation._stacks.values():
        for resource in stack.get("_resources", {}).values():
            if resource["ResourceType"] == resource_type:
                yield resource


def _target(resource: Properties) -> Properties:
    return _described("ScalableTarget", resource, resource["Properties"])


def _policy(resource: Properties) -> Properties:
    properties = resource["Properties"]
    named = {"PolicyARN": resource["PhysicalResourceId"], "Alarms": []}
    return _described("ScalingPolicy", resource, properties | _target_of(properties) | named)


def _described(shape_name: str, resource: Properties, members: Properties) -> Properties:
    model = sessions.shared().get_service_model(NAME)
    shape: Any = model.shape_for(shape_name)
    known = {name: value for name, value in members.items() if name in shape.members}
    created = parse_timestamp(resource["Timestamp"]).timestamp()
    return {**template_values.typed(known, shape), "CreationTime": created}
