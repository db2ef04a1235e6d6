"""What CloudWatch tells others when an alarm changes its state.

Formats: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/
Notify_Users_Alarm_Changes.html and cloudwatch-and-eventbridge.html
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

_Record = Mapping[str, Any]
_REGION_NAMES = {"us-east-1": "US East (N. Virginia)"}


@dataclass(frozen=True, slots=True)
class Change:
    """One change of state.

    Attributes:
        at: Seconds since the epoch.
        reason_data: JSON text with the datapoints, or empty.
    """

    old_state: str
    new_state: str
    reason: str
    at: float
    reason_data: str = ""


def subject(alarm: _Record, change: Change, region: str) -> str:
    """Return the subject of the e-mail, at most 100 characters as SNS demands."""
    return f'{change.new_state}: "{alarm["AlarmName"]}" in {_REGION_NAMES.get(region, region)}'[
        :100
    ]


def notification(alarm: _Record, change: Change, *, account: str, region: str) -> dict[str, Any]:
    """Return the message for SNS topics."""
    shared = {
        "AlarmName": alarm["AlarmName"],
        "AlarmDescription": alarm.get("AlarmDescription") or None,
        "AWSAccountId": account,
        "NewStateValue": change.new_state,
        "NewStateReason": change.reason,
        "StateChangeTime": format_time(change.at),
        "Region": _REGION_NAMES.get(region, region),
        "AlarmArn": alarm["AlarmArn"],
        "OldStateValue": change.old_state,
        "OKActions": alarm.get("OKActions", []),
        "AlarmActions": alarm.get("AlarmActions", []),
        "InsufficientDataActions": alarm.get("InsufficientDataActions", []),
    }
    if _is_composite(alarm):
        return shared | {
            "AlarmRule": alarm["AlarmRule"],
            "TriggeringChildren": _triggering_children(change),
        }
    configured = format_time(alarm["AlarmConfigurationUpdatedTimestamp"])
    return shared | {
        "AlarmConfigurationUpdatedTimestamp": configured,
        "Trigger": _trigger(alarm),
    }


def _is_composite(alarm: _Record) -> bool:
    return "AlarmRule" in alarm


def _triggering_children(change: Change) -> list[dict[str, Any]]:
    """Return the children that changed; the keys are as in the reason's data but for their case."""
    children = json.loads(change.reason_data or "{}").get("triggeringAlarms", ())
    return [
        {
            "Arn": child["arn"],
            "State": {name.capitalize(): value for name, value in child["state"].items()},
        }
        for child in children
    ]


def _trigger(alarm: _Record) -> dict[str, Any]:
    shared = {
        "Period": alarm.get("Period"),
        "EvaluationPeriods": alarm.get("EvaluationPeriods"),
        "DatapointsToAlarm": alarm.get("DatapointsToAlarm") or alarm.get("EvaluationPeriods"),
        "ComparisonOperator": alarm.get("ComparisonOperator"),
        "Threshold": alarm.get("Threshold"),
        "TreatMissingData": alarm.get("TreatMissingData"),
        "EvaluateLowSampleCountPercentile": "",
    }
    if alarm.get("Metrics"):
        return shared | {"Metrics": [_query(query) for query in alarm["Metrics"]]}
    extended = alarm.get("ExtendedStatistic")
    return shared | {
        "MetricName": alarm.get("MetricName"),
        "Namespace": alarm.get("Namespace"),
        "StatisticType": "ExtendedStatistic" if extended else "Statistic",
        "ExtendedStatistic" if extended else "Statistic": extended
        or str(alarm.get("Statistic", "")).upper(),
        "Unit": alarm.get("Unit"),
        "Dimensions": _dimensions(alarm),
    }


def _query(query: _Record) -> dict[str, Any]:
    if not query.get("MetricStat"):
        return dict(query)
    statistic = query["MetricStat"]
    metric = {**statistic["Metric"], "Dimensions": _dimensions(statistic["Metric"])}
    return {**query, "MetricStat": {**statistic, "Metric": metric}}


def _dimensions(metric: _Record) -> list[dict[str, str]]:
    """Return dimensions with the lower-case keys that this message alone has."""
    pairs = metric.get("Dimensions") or ()
    return [{"value": pair["Value"], "name": pair["Name"]} for pair in pairs]


def event_detail(alarm: _Record, change: Change, *, previous: Change | None) -> dict[str, Any]:
    """Return the detail of EventBridge's `CloudWatch Alarm State Change`.

    Args:
        alarm: The alarm as the API describes it.
        change: The change to tell.
        previous: The change before, when there was one.
    """
    before: dict[str, Any] = {"value": change.old_state}
    if previous:
        before |= {"reason": previous.reason, "timestamp": format_time(previous.at)}
    state = {
        "value": change.new_state,
        "reason": change.reason,
        "timestamp": format_time(change.at),
    }
    if change.reason_data:
        state["reasonData"] = change.reason_data
    return {
        "alarmName": alarm["AlarmName"],
        "configuration": _configuration(alarm),
        "previousState": before,
        "state": state,
    }


def _configuration(alarm: _Record) -> dict[str, Any]:
    if _is_composite(alarm):
        return {"alarmRule": alarm["AlarmRule"]}
    return {
        "description": alarm.get("AlarmDescription") or "",
        "metrics": _configured_metrics(alarm),
    }


def _configured_metrics(alarm: _Record) -> list[dict[str, Any]]:
    if not alarm.get("Metrics"):
        statistic = alarm.get("ExtendedStatistic") or alarm.get("Statistic")
        return [_configured("m", alarm, alarm.get("Period"), statistic, is_result=True)]
    configured = []
    for query in alarm["Metrics"]:
        is_result = query.get("ReturnData", True)
        if stat := query.get("MetricStat"):
            configured.append(
                _configured(
                    query["Id"], stat["Metric"], stat["Period"], stat["Stat"], is_result=is_result
                )
            )
        else:
            expression = {"id": query["Id"], "expression": query["Expression"]}
            configured.append(expression | {"returnData": is_result})
    return configured


def _configured(
    identifier: str, metric: _Record, period: Any, statistic: Any, *, is_result: bool
) -> dict[str, Any]:
    dimensions = {pair["Name"]: pair["Value"] for pair in metric.get("Dimensions") or ()}
    name = {"namespace": metric["Namespace"], "name": metric["MetricName"]}
    return {
        "id": identifier,
        "metricStat": {
            "metric": name | {"dimensions": dimensions},
            "period": period,
            "stat": statistic,
        },
        "returnData": is_result,
    }


def format_time(seconds: float) -> str:
    """Return a time as CloudWatch writes it: UTC, milliseconds, `+0000`."""
    moment = datetime.fromtimestamp(seconds, UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}+0000"
