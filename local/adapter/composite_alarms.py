"""Seam: composite alarms in templates, of which the emulator has the API alone.

The emulator evaluates their rules whenever one of their children changes its state, as CloudWatch
does; `alarms` tells their changes as it tells all others.
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudwatch-compositealarm.html
"""

import json
from collections.abc import Callable
from typing import Any

from ministack.services import cloudwatch
from ministack.services.cloudformation import provisioners

from local.adapter import alarms, pinned, template_values
from local.sagemaker import sessions

Properties = dict[str, Any]
Created = tuple[str, dict[str, Any]]

_TYPE = "AWS::CloudWatch::CompositeAlarm"
_NAME_LENGTH = 255
_REFUSED = 400


def install() -> None:
    """Put the seam in place."""
    for name in ("_composite_alarms", "_put_composite_alarm", "_delete_alarms"):
        pinned.require(cloudwatch, name)
    handlers = pinned.require(provisioners, "_RESOURCE_HANDLERS")
    handlers[_TYPE] = {"create": _create, "update": _update, "delete": _delete}
    pinned.require(provisioners, "_REPLACING_PROPERTIES")[_TYPE] = ("AlarmName",)
    pinned.require(provisioners, "_STACK_TAG_PROPERTY")[_TYPE] = ("Tags", "list")
    pinned.wrap(cloudwatch, "_transition_composite", _remembering_the_state_before)


def _remembering_the_state_before(change: Callable[..., None]) -> Callable[..., None]:
    def wrapped(alarm: dict[str, Any], *args: Any) -> None:
        alarms.remember_state(alarm)
        change(alarm, *args)

    return wrapped


def _create(logical_id: str, properties: Properties, stack: str) -> Created:
    name = properties.get("AlarmName") or provisioners._physical_name(
        stack, logical_id, max_len=_NAME_LENGTH
    )
    if name in cloudwatch._alarms or name in cloudwatch._composite_alarms:
        raise ValueError(f"an alarm with the name {name} already exists")
    return _put(name, properties)


def _update(name: str, _: Properties, new: Properties, __: str) -> Created:
    return _put(name, new)


def _put(name: str, properties: Properties) -> Created:
    if any(key.startswith("ActionsSuppressor") for key in properties):
        raise ValueError(f"{name}: the local cloud has no ActionsSuppressor")
    service = sessions.shared().get_service_model("cloudwatch")
    shape = service.operation_model("PutCompositeAlarm").input_shape
    wanted = template_values.typed({**properties, "AlarmName": name}, shape)
    # CloudWatch takes tags of new alarms alone; those of a template are set below, new or not.
    tags = wanted.pop("Tags", ())
    _call(cloudwatch._put_composite_alarm, wanted)
    cloudwatch.cloudformation_set_metric_alarm_tags(name, tags)
    return name, {"Arn": cloudwatch._composite_alarms[name]["AlarmArn"]}


def _delete(name: str, _: Properties) -> None:
    _call(cloudwatch._delete_alarms, {"AlarmNames": [name]})


def _call(operation: Callable[..., Any], wanted: Properties) -> None:
    status, _, body = operation({}, wanted, is_cbor=False, is_json=True)
    if status >= _REFUSED:
        raise ValueError(json.loads(body)["message"])
