"""Decides offline what IAM policies allow, as AWS does: nothing, unless allowed and never denied.

Its limits: identity policies only. The `Not...` elements and operators of conditions that it does
not know are refused rather than guessed, so a policy that uses them needs them written here first.
Resource policies (all of ours
only narrow what identity policies allow, and keys delegate to IAM) and what an organization denies
are not looked at.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any

from local.calls import Call
from tests.infrastructure.assembly import as_list

_UNDERSTOOD = {"Sid", "Effect", "Action", "Resource", "Condition"}
_IF_EXISTS = "IfExists"

Context = Mapping[str, str]
"""Condition keys of a request, such as `iam:PassedToService`, to their values."""

NO_CONTEXT: Context = MappingProxyType({})


class UnsupportedPolicyError(ValueError):
    """A statement says more than this module can evaluate."""


@dataclass(frozen=True, slots=True)
class Condition:
    """What a request must be like for a statement to be about it.

    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html

    Attributes:
        operator: As the policy has it, `IfExists` included.
        key: Condition key.
        values: One of them must match, or none where the operator is negated.
    """

    operator: str
    key: str
    values: tuple[str, ...]

    def holds(self, context: Context) -> bool:
        """Return whether a request with `context` is meant."""
        operator = self.operator.removesuffix(_IF_EXISTS)
        is_negated = operator in _NEGATED
        actual = context.get(self.key)
        if actual is None:
            return is_negated or self.operator.endswith(_IF_EXISTS)
        matches = _OPERATORS[_NEGATED.get(operator, operator)]
        return any(matches(value, actual) for value in self.values) is not is_negated


@dataclass(frozen=True, slots=True)
class Grant:
    """One action on one resource that a role may or, when denied, must not.

    Attributes:
        role: Name of the role.
        action: May hold `*` and `?`, like `resource`.
        resource: ARN.
        is_denied: Whether it takes away instead of giving.
        conditions: All of them must hold.
    """

    role: str
    action: str
    resource: str
    is_denied: bool = False
    conditions: tuple[Condition, ...] = ()

    def covers(self, call: Call, context: Context = NO_CONTEXT) -> bool:
        """Return whether it is about `call`; actions differ in no case, resources do."""
        return (
            self.role == call.role
            and _matches(self.action.lower(), call.action.lower())
            and _matches(self.resource, call.resource)
            and all(condition.holds(context) for condition in self.conditions)
        )


def grants_of(role: str, statement: Mapping[str, Any]) -> Iterator[Grant]:
    """Yield each action with each resource of a statement whose references are resolved.

    Raises:
        UnsupportedPolicyError: the statement has an unknown operator or a `Not...` element.
    """
    if unknown := statement.keys() - _UNDERSTOOD:
        raise UnsupportedPolicyError(f"{role}: cannot evaluate {', '.join(sorted(unknown))}")
    conditions = tuple(_conditions(role, statement.get("Condition", {})))
    for action in as_list(statement["Action"]):
        for resource in as_list(statement["Resource"]):
            is_denied = statement["Effect"] == "Deny"
            yield Grant(role, action, resource, is_denied=is_denied, conditions=conditions)


def _conditions(role: str, element: Mapping[str, Any]) -> Iterator[Condition]:
    for operator, keys in element.items():
        plain = operator.removesuffix(_IF_EXISTS)
        if plain not in _OPERATORS and plain not in _NEGATED:
            raise UnsupportedPolicyError(f"{role}: cannot evaluate {operator}")
        for key, values in keys.items():
            yield Condition(operator, key, tuple(map(str, as_list(values))))


def is_allowed(call: Call, grants: Iterable[Grant], context: Context = NO_CONTEXT) -> bool:
    """Return whether AWS would let `call` happen: something allows it and nothing denies it."""
    relevant = [grant.is_denied for grant in grants if grant.covers(call, context)]
    return bool(relevant) and not any(relevant)


ContextOf = Callable[[Call], Context]


def _nothing(_: Call) -> Context:
    return NO_CONTEXT


def refused(
    calls: Iterable[Call], grants: Iterable[Grant], context_of: ContextOf = _nothing
) -> frozenset[Call]:
    """Return the calls that AWS would answer with AccessDenied."""
    grants = tuple(grants)
    return frozenset(call for call in calls if not is_allowed(call, grants, context_of(call)))


def unused(
    grants: Iterable[Grant], calls: Iterable[Call], context_of: ContextOf = _nothing
) -> frozenset[Grant]:
    """Return the grants that none of `calls` needs."""
    calls = tuple(calls)
    return frozenset(
        grant
        for grant in grants
        if not grant.is_denied and not any(grant.covers(call, context_of(call)) for call in calls)
    )


def _matches(pattern: str, value: str) -> bool:
    return _compiled(pattern).fullmatch(value) is not None


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    wildcards = {"*": ".*", "?": "."}
    return re.compile("".join(wildcards.get(c, re.escape(c)) for c in pattern), re.DOTALL)


_OPERATORS: Mapping[str, Callable[[str, str], bool]] = {
    "StringEquals": lambda expected, actual: expected == actual,
    "StringLike": _matches,
    "ArnLike": _matches,
    "Bool": lambda expected, actual: expected.lower() == actual.lower(),
}
_NEGATED = {"StringNotEquals": "StringEquals", "StringNotLike": "StringLike"}
