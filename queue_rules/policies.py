"""Policies of queues and keys, statement by statement."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from queue_rules.application import Application, Resource
from queue_rules.values import Properties, Unknown

QUEUE_POLICIES = ("AWS::SQS::QueuePolicy", "AWS::SQS::QueueInlinePolicy")


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement of a policy.

    Attributes:
        policy: The policy, or the resource that it is part of.
        queues: URLs of the queues it is attached to; unknown ones included.
        properties: The statement; of an unknown one, every property is unknown.
    """

    policy: Resource
    queues: list[Any]
    properties: Properties

    @property
    def is_allow(self) -> bool | Unknown:
        """Whether it allows something."""
        effect = self.properties.raw("Effect")
        return effect if isinstance(effect, Unknown) else bool(effect == "Allow")

    @property
    def services(self) -> list[str | Unknown]:
        """Services it is about; `*` for everyone, unknown where it may be about any."""
        principal = self.properties.raw("Principal")
        if principal == "*" or isinstance(principal, Unknown):
            return [principal]
        found = principal.get("Service", []) if isinstance(principal, Mapping) else []
        return [
            each if isinstance(each, Unknown) else str(each)
            for each in (found if isinstance(found, list) else [found])
        ]

    @property
    def condition_keys(self) -> dict[str, Any]:
        """Keys of its conditions in lower case, such as `aws:sourcearn`, with their values."""
        return {
            str(key).lower(): value
            for keys in self._operators
            if isinstance(keys, Mapping)
            for key, value in keys.items()
        }

    @property
    def unknown_conditions(self) -> list[Unknown]:
        """What may hide further conditions."""
        return [each for each in self._operators if isinstance(each, Unknown)]

    @property
    def _operators(self) -> list[Any]:
        condition = self.properties.raw("Condition")
        if isinstance(condition, Unknown):
            return [condition]
        return list(condition.values()) if isinstance(condition, Mapping) else []


def queue_statements(application: Application) -> Iterator[Statement]:
    """Yield the statements of every queue's policy."""
    for policy in application.of_type(*QUEUE_POLICIES):
        queues = policy.properties.items("Queues" if "Queues" in policy.properties else "Queue")
        known = [queues] if isinstance(queues, Unknown) else queues
        yield from _statements(policy, known, policy.properties.mapping("PolicyDocument"))


def key_statements(key: Resource) -> Iterator[Statement]:
    """Yield the statements of a key's policy."""
    return _statements(key, [], key.properties.mapping("KeyPolicy"))


def _statements(
    policy: Resource, queues: list[Any], document: Properties | Unknown
) -> Iterator[Statement]:
    statements = [document] if isinstance(document, Unknown) else document.mappings("Statement")
    for each in statements:
        yield Statement(policy, queues, _open(each) if isinstance(each, Unknown) else each)


def _open(statement: Unknown) -> Properties:
    return Properties(dict.fromkeys(("Effect", "Principal", "Condition"), statement))
