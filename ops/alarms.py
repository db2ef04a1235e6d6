"""What alarms say, and what they have done."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from ops.deployment import Deployment, StackState, resources
from schemas.names import Output

IN_ALARM: Final = "ALARM"
OK: Final = "OK"
ALARMS_AT_A_TIME = 100
"""Most names in one call of DescribeAlarms."""
_TYPE = "AWS::CloudWatch::Alarm"
_COMPOSITE_TYPE = "AWS::CloudWatch::CompositeAlarm"
# What needs somebody comes first.
_ORDER = (IN_ALARM, "INSUFFICIENT_DATA", OK)
_RUNBOOK = re.compile(r"\s*Runbook: (\S+)\s*$")


@dataclass(frozen=True, kw_only=True, slots=True)
class StateChange:
    """One alarm that went from one state to another.

    Attributes:
        moment: When.
        alarm: The alarm's name.
        state: The state that it went into.
    """

    moment: datetime
    alarm: str
    state: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Alarm:
    """One alarm.

    Attributes:
        name: Its name.
        state: CloudWatch's word: `ALARM`, `OK` or `INSUFFICIENT_DATA`.
        since: When it went into this state; None when CloudWatch does not say.
        reason: Why it is in this state, in CloudWatch's words.
        meaning: What it means, for whoever is woken by it.
        runbook: Page that says what to do; empty without one.
        is_composite: Whether it stands for other alarms.
    """

    name: str
    state: str
    since: datetime | None
    reason: str
    meaning: str
    runbook: str
    is_composite: bool = False

    @property
    def is_on(self) -> bool:
        """Whether it is in ALARM."""
        return self.state == IN_ALARM


@dataclass(frozen=True, kw_only=True, slots=True)
class Listeners:
    """Who is told of alarms.

    Attributes:
        confirmed: Subscriptions that are.
        unconfirmed: Those that AWS waits for, and forgets after two days.
    """

    confirmed: int
    unconfirmed: int


def listeners(deployment: Deployment) -> Listeners:
    """Return how many subscriptions the topic of all alarms has."""
    pages = deployment.connection.sns.get_paginator("list_subscriptions_by_topic").paginate(
        TopicArn=deployment[Output.ALARM_TOPIC_ARN]
    )
    arns = [each["SubscriptionArn"] for page in pages for each in page["Subscriptions"]]
    # One that waits has a word in place of an ARN.
    confirmed = sum(each.startswith("arn:") for each in arns)
    return Listeners(confirmed=confirmed, unconfirmed=len(arns) - confirmed)


def read(deployment: Deployment) -> list[Alarm]:
    """Return every alarm of the environment's stacks, those that are in ALARM first."""
    names = [each for kind in (_TYPE, _COMPOSITE_TYPE) for each in deployment.resources(kind)]
    return sorted(_described(deployment, names), key=_rank)


def _rank(alarm: Alarm) -> tuple[int, bool, str]:
    return _ORDER.index(alarm.state), not alarm.is_composite, alarm.name


def _described(deployment: Deployment, names: Sequence[str]) -> Iterator[Alarm]:
    for first in range(0, len(names), ALARMS_AT_A_TIME):
        answer = deployment.connection.cloudwatch.describe_alarms(
            AlarmNames=names[first : first + ALARMS_AT_A_TIME],
            # Without it, CloudWatch leaves out composite ones.
            AlarmTypes=["MetricAlarm", "CompositeAlarm"],
            MaxRecords=ALARMS_AT_A_TIME,
        )
        yield from (_alarm(each) for each in answer["MetricAlarms"])
        yield from (_alarm(each, is_composite=True) for each in answer["CompositeAlarms"])


def _alarm(described: Mapping[str, Any], *, is_composite: bool = False) -> Alarm:
    text = described.get("AlarmDescription", "")
    runbook = _RUNBOOK.search(text)
    # The other one also moves when nothing but the reason changes.
    since = described.get("StateTransitionedTimestamp") or described.get("StateUpdatedTimestamp")
    return Alarm(
        name=described["AlarmName"],
        state=described["StateValue"],
        since=since,
        reason=described.get("StateReason", ""),
        meaning=_RUNBOOK.sub("", text),
        runbook=runbook[1] if runbook else "",
        is_composite=is_composite,
    )


def state_changes(deployment: Deployment, since: datetime) -> list[StateChange]:
    """Return what the alarms of the deployment's account did since a moment, in order.

    From their history: nothing is missed that came and went between two looks.
    """
    pages = deployment.connection.cloudwatch.get_paginator("describe_alarm_history").paginate(
        HistoryItemType="StateUpdate", StartDate=since, ScanBy="TimestampAscending"
    )
    return [
        StateChange(
            moment=item["Timestamp"],
            alarm=item["AlarmName"],
            state=json.loads(item["HistoryData"])["newState"]["stateValue"],
        )
        for page in pages
        for item in page["AlarmHistoryItems"]
    ]


def in_alarm(deployment: Deployment, stack: StackState | None = None) -> list[str]:
    """Return names of alarms that are in ALARM, sorted: one stack's, or the environment's."""
    if stack is None:
        found = read(deployment)
    else:
        names = sorted(resources(deployment.connection, stack.name, _TYPE))
        found = list(_described(deployment, names))
    return sorted(each.name for each in found if each.is_on)
