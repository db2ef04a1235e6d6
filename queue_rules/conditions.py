"""Conditions of a template, as far as its parameters decide them."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from queue_rules.values import Unknown, plain

if TYPE_CHECKING:
    from queue_rules.stack import Stack


def condition_value(value: Any, stack: "Stack") -> bool | Unknown:
    """Return whether a condition, as written, holds."""
    match value:
        case {"Condition": str(name)}:
            return stack.condition(name)
        case {"Fn::Not": [inner]}:
            holds = condition_value(inner, stack)
            return holds if isinstance(holds, Unknown) else not holds
        case {"Fn::And": [*inner]}:
            return _combined(inner, stack, decisive=False)
        case {"Fn::Or": [*inner]}:
            return _combined(inner, stack, decisive=True)
        case {"Fn::Equals": [left, right]}:
            return _equal(stack.resolve(left), stack.resolve(right))
    return Unknown("the condition is none that CloudFormation knows")


def _combined(inner: list[Any], stack: "Stack", *, decisive: bool) -> bool | Unknown:
    """Return `decisive` as soon as one of `inner` is that, whatever the others are."""
    unknown = None
    for each in inner:
        holds = condition_value(each, stack)
        if isinstance(holds, Unknown):
            unknown = holds
        elif holds is decisive:
            return decisive
    return not decisive if unknown is None else unknown


def _equal(left: Any, right: Any) -> bool | Unknown:
    for side in (left, right):
        if isinstance(side, Unknown):
            return side
        if not plain(side):
            return Unknown(f"{side} is known at deployment only")
    if isinstance(left, list | Mapping) or isinstance(right, list | Mapping):
        return bool(left == right)
    return _text(left) == _text(right)


def _text(value: Any) -> str:
    """Compare as CloudFormation does, which knows strings only."""
    return str(value).lower() if isinstance(value, bool) else str(value)
