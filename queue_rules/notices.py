"""Whom an alarm tells: its own actions, or those of composite alarms above it."""

import re
from collections.abc import Iterator

from queue_rules import identities
from queue_rules.application import Application, Resource
from queue_rules.values import Unknown

COMPOSITE = "AWS::CloudWatch::CompositeAlarm"

CHILD = re.compile(r"(?<!NOT )\bALARM\(\s*(?:\"([^\"]+)\"|'([^']+)'|([^\s)]+))\s*\)")
"""An alarm, by name or ARN, whose state makes a composite alarm go off."""


class Notices:
    """Finds out who hears of an alarm.

    Args:
        application: What holds the alarms.
    """

    def __init__(self, application: Application) -> None:
        self._composites = application.of_type(COMPOSITE)

    def of(self, alarm: Resource) -> bool | Unknown:
        """Return whether an alarm, or a composite alarm somewhere above it, has an action."""
        unknown: Unknown | None = None
        reached, following = [alarm], [alarm]
        while following:
            current = following.pop()
            acts = _has_action(current)
            if acts is True:
                return True
            unknown = unknown or (acts if isinstance(acts, Unknown) else None)
            for composite in self._composites:
                is_above = _is_child(current, composite)
                if isinstance(is_above, Unknown):
                    unknown = unknown or is_above
                elif is_above and composite not in reached:  # rules can go round in circles
                    reached.append(composite)
                    following.append(composite)
        return unknown or False


def _is_child(alarm: Resource, composite: Resource) -> bool | Unknown:
    rule = composite.properties.text("AlarmRule")
    if isinstance(rule, Unknown):
        return rule
    return any(
        child in _names(alarm) or identities.is_named(child, alarm)
        for child in _children(rule or "")
    )


def _children(rule: str) -> Iterator[str]:
    for addresses in CHILD.findall(rule):
        yield "".join(addresses).rpartition(":alarm:")[2]


def _names(alarm: Resource) -> tuple[str, ...]:
    name = alarm.properties.raw("AlarmName")
    return (name,) if isinstance(name, str) else ()


def _has_action(alarm: Resource) -> bool | Unknown:
    enabled = alarm.properties.flag("ActionsEnabled", default=True)
    if enabled is False:
        return False
    actions = alarm.properties.items("AlarmActions")
    if isinstance(actions, Unknown):
        return actions
    sure = [each for each in actions if not (isinstance(each, Unknown) and each.may_be_absent)]
    if actions and not sure:
        return next(each for each in actions if isinstance(each, Unknown))
    return enabled if actions else False
