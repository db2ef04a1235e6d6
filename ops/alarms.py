"""What alarms say, and what they have done."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from ops.deployment import Deployment, StackState, resources

IN_ALARM: Final = "ALARM"
ALARMS_AT_A_TIME = 100
"""Most names in one call of DescribeAlarms."""
_TYPE = "AWS::CloudWatch::Alarm"


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
        names = deployment.resources(_TYPE)
    else:
        names = sorted(resources(deployment.connection, stack.name, _TYPE))
    found: list[str] = []
    for first in range(0, len(names), ALARMS_AT_A_TIME):
        answer = deployment.connection.cloudwatch.describe_alarms(
            AlarmNames=names[first : first + ALARMS_AT_A_TIME],
            StateValue=IN_ALARM,
            MaxRecords=ALARMS_AT_A_TIME,
        )
        found += [
            alarm["AlarmName"]
            for alarm in answer["MetricAlarms"]
            if alarm["StateValue"] == IN_ALARM
        ]
    return sorted(found)
