"""AWS SAM without its transform: functions with queue events become functions and mappings."""

from collections.abc import Iterator, Mapping
from typing import Any

FUNCTION = "AWS::Serverless::Function"
# Properties that mean the same on both sides.
FUNCTION_PROPERTIES = ("FunctionName", "Timeout", "ReservedConcurrentExecutions")
MAPPING_PROPERTIES = (
    "BatchSize",
    "DestinationConfig",
    "Enabled",
    "FilterCriteria",
    "FunctionResponseTypes",
    "MaximumBatchingWindowInSeconds",
    "ProvisionedPollerConfig",
    "ScalingConfig",
)


def expanded(body: Mapping[str, Any]) -> tuple[Mapping[str, Any], dict[str, str]]:
    """Return a template in which SAM's functions are those of Lambda, and what they made.

    Logical ids are those that the transform makes, so findings name what is deployed.

    Returns:
        The template, and the function that made it for each such resource. Whatever a macro
        decides (`Fn::Transform`, a loop that cannot be run) stays in the properties of what it is
        part of, where the reader meets it.
    """
    resources = body.get("Resources")
    if not isinstance(resources, Mapping):
        return body, {}
    defaults = _mapping(body.get("Globals"))
    shared = {**_mapping(defaults.get("Function")), **_open(defaults)}
    made: dict[str, Any] = {}
    functions: dict[str, str] = {}
    for logical_id, resource in resources.items():
        if isinstance(resource, Mapping) and resource.get("Type") == FUNCTION:
            found = dict(_function(str(logical_id), resource, shared))
            made |= found
            functions |= dict.fromkeys(found, str(logical_id))
        else:
            made[logical_id] = resource
    return {**body, "Resources": made}, functions


def _open(properties: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is left for the deployment to decide: macros, loops, conditions."""
    return {key: each for key, each in properties.items() if str(key).startswith("Fn::")}


def _function(
    logical_id: str, resource: Mapping[str, Any], shared: Mapping[str, Any]
) -> Iterator[tuple[str, Any]]:
    # Globals' lists are joined with a function's own, which matters to none of these properties.
    properties = {**shared, **_mapping(resource.get("Properties"))}
    common = {key: resource[key] for key in ("Condition", "Metadata") if key in resource}
    function = {key: properties[key] for key in FUNCTION_PROPERTIES if key in properties}
    if "DeadLetterQueue" in properties:
        function["DeadLetterConfig"] = properties["DeadLetterQueue"]
    function |= _open(properties)
    yield logical_id, {"Type": "AWS::Lambda::Function", "Properties": function, **common}
    target: Any = {"Ref": logical_id}
    if "AutoPublishAlias" in properties:
        target = {"Fn::Join": [":", [target, properties["AutoPublishAlias"]]]}
    events = _mapping(properties.get("Events"))
    if _open(events):
        yield f"{logical_id}Events", _event_source(target, None, _open(events), common)
    for name, event in events.items():
        if name not in _open(events):
            yield from _event(f"{logical_id}{name}", target, _mapping(event), common)


def _event(
    event_id: str, target: Any, event: Mapping[str, Any], common: Mapping[str, Any]
) -> Iterator[tuple[str, Any]]:
    properties = _mapping(event.get("Properties"))
    match event.get("Type"):
        case "SQS":
            yield event_id, _event_source(target, properties.get("Queue"), properties, common)
        case "SNS" if properties.get("SqsSubscription"):
            yield from _subscription(event_id, target, properties, common)
        case _ if _open(event):
            yield event_id, _event_source(target, None, event, common)


def _event_source(
    target: Any, queue: Any, properties: Mapping[str, Any], common: Mapping[str, Any]
) -> dict[str, Any]:
    copied = {key: properties[key] for key in MAPPING_PROPERTIES if key in properties}
    return {
        "Type": "AWS::Lambda::EventSourceMapping",
        "Properties": {
            "FunctionName": target,
            "EventSourceArn": queue,
            **copied,
            **_open(properties),
        },
        **common,
    }


def _subscription(
    event_id: str, target: Any, properties: Mapping[str, Any], common: Mapping[str, Any]
) -> Iterator[tuple[str, Any]]:
    """SAM puts a queue between the topic and the function; its own, unless one is named."""
    subscription = _mapping(properties["SqsSubscription"])
    queue = subscription.get("QueueArn")
    if queue is None and not _open(subscription):
        yield f"{event_id}Queue", {"Type": "AWS::SQS::Queue", "Properties": {}, **common}
        queue = {"Fn::GetAtt": [f"{event_id}Queue", "Arn"]}
    yield (
        f"{event_id}EventSourceMapping",
        _event_source(target, queue, subscription, common),
    )


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
