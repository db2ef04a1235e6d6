"""What resources are called: their names, ARNs and URLs, as far as a template decides them.

What only a deployment decides becomes a token in braces, the same wherever it is named: the Region
is `{AWS.Region}`, the generated name of a queue `{stack#LogicalId}`. So two references to one queue
are equal, whichever way they are written.
"""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from queue_rules.values import Unknown

if TYPE_CHECKING:
    from queue_rules.application import Queue, Resource
    from queue_rules.stack import Stack

QUEUE = "AWS::SQS::Queue"
FUNCTION = "AWS::Lambda::Function"
VERSION = "AWS::Lambda::Version"
ALARM = "AWS::CloudWatch::Alarm"

VARIABLE = re.compile(r"\$\{(!?)([^}]*)\}")
"""A variable in a text of Fn::Sub; `${!Name}` is none."""

NAMES = {QUEUE: "QueueName", FUNCTION: "FunctionName", ALARM: "AlarmName"}
ARN_SERVICES = {QUEUE: "sqs", FUNCTION: "lambda", ALARM: "cloudwatch"}
ARN_INFIXES = {QUEUE: "", FUNCTION: "function:", ALARM: "alarm:"}


def name_of(stack: "Stack", logical_id: str) -> str:
    """Return the physical name of a resource, or the token that stands for it."""
    token = f"{{{stack.name}#{logical_id}}}"
    name = NAMES.get(stack.type_of(logical_id))
    given = None if name is None else stack.property_of(logical_id, name)
    return given if isinstance(given, str) and given else token


def arn_of(stack: "Stack", logical_id: str) -> str:
    """Return the ARN of a queue, function or alarm."""
    type_ = stack.type_of(logical_id)
    return _arn(stack, ARN_SERVICES[type_], ARN_INFIXES[type_] + name_of(stack, logical_id))


def _arn(stack: "Stack", service: str, name: str) -> str:
    region, account = _place(stack)
    return f"arn:{{AWS.Partition}}:{service}:{region}:{account}:{name}"


def _place(stack: "Stack") -> tuple[str, str]:
    document = stack.document
    return document.region or "{AWS.Region}", document.account or "{AWS.AccountId}"


def identity_of(stack: "Stack", logical_id: str) -> Any:
    """Return what `Ref` to a resource comes to."""
    match stack.type_of(logical_id):
        case "AWS::SQS::Queue":
            return attribute_of(stack, logical_id, "QueueUrl")
        case "AWS::Lambda::Alias":
            return _qualified(stack, logical_id, stack.property_of(logical_id, "Name"))
        case "AWS::Lambda::Version":
            return _qualified(stack, logical_id, f"{{{logical_id}}}")
    return name_of(stack, logical_id)


def attribute_of(stack: "Stack", logical_id: str, attribute: str) -> Any:
    """Return what `Fn::GetAtt` of a resource comes to."""
    type_ = stack.type_of(logical_id)
    match type_, attribute:
        case ("AWS::SQS::Queue" | "AWS::Lambda::Function" | "AWS::CloudWatch::Alarm", "Arn"):
            return arn_of(stack, logical_id)
        case ("AWS::SQS::Queue", "QueueName"):
            return name_of(stack, logical_id)
        case ("AWS::SQS::Queue", "QueueUrl"):
            region, account = _place(stack)
            name = name_of(stack, logical_id)
            return f"https://sqs.{region}.{{AWS.URLSuffix}}/{account}/{name}"
        case ("AWS::Lambda::Alias", "AliasArn") | ("AWS::Lambda::Version", "FunctionArn"):
            return identity_of(stack, logical_id)
    return f"{{{stack.name}#{logical_id}.{attribute}}}"


def _qualified(stack: "Stack", logical_id: str, qualifier: Any) -> Any:
    function = stack.property_of(logical_id, "FunctionName")
    if isinstance(function, str):
        return _arn(stack, "lambda", f"function:{function_name(function)}:{qualifier}")
    return function if isinstance(function, Unknown) else Unknown(f"{logical_id} has no function")


def queue_name(address: str) -> str | None:
    """Return the name in a queue's ARN or URL; None when it is neither."""
    if ":sqs:" in address:
        return address.rpartition(":")[2]
    if address.startswith("https://") and "/" in address.removeprefix("https://"):
        return address.rpartition("/")[2]
    return None


def function_name(address: str) -> str:
    """Return the name in a function's ARN, partial ARN or name, without version or alias."""
    return address.rpartition("function:")[2].partition(":")[0]


def place_of(arn: str) -> tuple[str, str]:
    """Return the Region and the account in an ARN; empty where it has none."""
    parts = [*arn.split(":"), "", "", "", ""]
    return parts[3], parts[4]


def same_place(arn: str, other: str) -> bool:
    """Return whether nothing says that two ARNs are of different Regions or accounts."""
    return all(
        here == there or "{" in here + there
        for here, there in zip(place_of(arn), place_of(other), strict=True)
    )


def same_arn(arn: str, other: str) -> bool:
    """Return whether two ARNs of queues are one, as far as it can be told."""
    return queue_name(arn) == queue_name(other) is not None and same_place(arn, other)


def same_url(url: str, queue: "Queue") -> bool:
    """Return whether a URL is that of `queue`, as far as it can be told."""
    return queue_name(url) == queue.name


def is_named(address: str, resource: "Resource") -> bool:
    """Return whether an address is a reference to `resource`, or to an attribute of it."""
    token = f"{{{resource.stack}#{resource.logical_id}"
    return address == token + "}" or address.startswith(token + ".")


def variables(text: str) -> Iterator[str]:
    """Yield the names that a text of `Fn::Sub` refers to."""
    for is_literal, name in VARIABLE.findall(text):
        if not is_literal:
            yield name
