"""Seam: CloudWatch alarms. Metric math, evaluation by the clock, actions and events."""

import json
import logging
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

from ministack.core.responses import get_account_id, get_region, new_uuid
from ministack.services import cloudwatch, eventbridge, sns
from ministack.services.cloudformation import provisioners

from local.adapter import metrics, pinned, queues
from local.alarms import definition, evaluation, messages
from local.alarms.evaluation import Verdict
from local.alarms.messages import Change
from local.alarms.statistics import Sample

logger = logging.getLogger("local.adapter.alarms")

_ACTIONS = {
    evaluation.ALARM: "AlarmActions",
    evaluation.OK: "OKActions",
    evaluation.INSUFFICIENT_DATA: "InsufficientDataActions",
}
# How long after the end of a period its last data may still be on their way: a function's log
# line has a pipe to pass.
_SETTLE_SECONDS = 1.0

# Alarms are judged in one thread and configured in others. What one of them writes, while another
# is between reading a state and writing it, would be lost, or told twice.
_lock = threading.RLock()


def install() -> None:
    """Put the seam in place."""
    # The emulator judges whenever data arrives, over all dimensions, and never returns to OK.
    pinned.wrap(cloudwatch, "_evaluate_alarm", lambda _: lambda _alarm: None)
    # It rebuilds every list of points on each request, and a point stored meanwhile is lost.
    pinned.wrap(cloudwatch, "_evict_old_metrics", lambda _: lambda: None)
    pinned.wrap(cloudwatch, "_dispatch_alarm_actions", lambda _: _announce)
    pinned.wrap(provisioners, "_cw_metric_alarm_record", _with_metric_math)
    for module, name in (
        (cloudwatch, "_put_metric_alarm"),
        (cloudwatch, "_put_composite_alarm"),
        (cloudwatch, "_set_alarm_state"),
        (cloudwatch, "_delete_alarms"),
        (provisioners, "_cw_metric_alarm_put"),
    ):
        pinned.wrap(module, name, _one_at_a_time)


def _one_at_a_time(change: Callable[..., Any]) -> Callable[..., Any]:
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        with _lock:
            return change(*args, **kwargs)

    return wrapped


def _with_metric_math(record: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    """Accept alarms on metric math, and refuse at deployment what could not be evaluated."""

    def wrapped(name: str, properties: dict[str, Any]) -> dict[str, Any]:
        queries = properties.get("Metrics")
        if not queries:
            alarm = record(name, properties)
        else:
            substitute = {"MetricName": "-", "Namespace": "-", "Metrics": None}
            alarm = record(name, properties | substitute)
            for key in ("MetricName", "Namespace", "Statistic", "Period", "Dimensions"):
                del alarm[key]
            alarm["Metrics"] = [_typed(query) for query in queries]
        definition.read(alarm)
        return alarm

    return wrapped


def _typed(query: dict[str, Any]) -> dict[str, Any]:
    """Give a template's query the types that the API answers with."""
    typed = {**query, "ReturnData": str(query.get("ReturnData", True)).lower() == "true"}
    if statistic := query.get("MetricStat"):
        typed["MetricStat"] = {**statistic, "Period": int(statistic["Period"])}
    return typed


def run(time_scale: float) -> None:
    """Once per scaled minute, store what was counted and judge every alarm; never returns."""
    minute = 60 / time_scale
    while True:
        end = (time.time() // minute + 1) * minute
        time.sleep(max(0.0, end - time.time()))
        queues.put_gauges(end - minute)
        metrics.flush(end - minute)
        time.sleep(min(_SETTLE_SECONDS, minute / 4))
        judge_all(end, time_scale)


def in_alarm(names: Sequence[str]) -> list[str]:
    """Return those of the named alarms that are in ALARM; unknown ones are not."""
    states = {each["AlarmName"]: each["StateValue"] for each in cloudwatch._alarms.all_values()}
    return [name for name in names if states.get(name) == evaluation.ALARM]


def judge_all(end: float, time_scale: float) -> None:
    """Judge every alarm on the periods before `end`; one that fails does not stop the others."""
    with _lock:
        for record in cloudwatch._alarms.all_values():
            try:
                _judge(record, end, time_scale)
            except Exception:
                logger.exception("alarm %s cannot be evaluated", record.get("AlarmName"))


def _judge(record: dict[str, Any], end: float, time_scale: float) -> None:
    alarm = definition.read(record)
    oldest = end - evaluation.periods_needed(alarm.rule) * alarm.period / time_scale
    samples = {name: _samples(metric, oldest, end) for name, metric in alarm.metrics.items()}
    points = evaluation.datapoints(alarm, samples, end=end, time_scale=time_scale)
    verdict = evaluation.judge(alarm.rule, points, record["StateValue"])
    if verdict.state != record["StateValue"]:
        _change_state(record, verdict, alarm)


def _samples(metric: definition.MetricStatistic, oldest: float, end: float) -> list[Sample]:
    points = metrics.points_of(metric.namespace, metric.name, metric.dimensions)
    recent = [point for point in points if oldest <= point["Timestamp"] < end]
    return [Sample(point["Timestamp"], *cloudwatch._point_stats(point)) for point in recent]


def _change_state(record: dict[str, Any], verdict: Verdict, alarm: definition.Alarm) -> None:
    data = {
        "version": "1.0",
        "queryDate": messages.format_time(time.time()),
        "period": alarm.period,
        "recentDatapoints": [point.value for point in verdict.datapoints],
        "threshold": alarm.rule.threshold,
    }
    old = record["StateValue"]
    remember_state(record)
    record.update(
        StateValue=verdict.state,
        StateReason=verdict.reason,
        StateReasonData=json.dumps(data),
        StateUpdatedTimestamp=time.time(),
    )
    name = record["AlarmName"]
    cloudwatch._record_history(name, old, verdict.state, verdict.reason, reason_data=data)
    cloudwatch._dispatch_alarm_actions(record, old, verdict.state, verdict.reason)
    cloudwatch._evaluate_parent_alarms(record)


# The change before the last, by alarm: an event tells it, and the emulator forgets it.
_previous: dict[str, Change] = {}


def remember_state(record: dict[str, Any]) -> None:
    """Keep the state that an alarm is about to leave, for the event that will tell it."""
    _previous[record["AlarmArn"]] = Change(
        "", record["StateValue"], record["StateReason"], record["StateUpdatedTimestamp"]
    )


def _announce(alarm: dict[str, Any], old: str, new: str, reason: str) -> None:
    """Tell topics and the event bus; the emulator's message lacks half of the documented keys."""
    change = Change(old, new, reason, time.time(), alarm.get("StateReasonData", ""))
    _publish_event(alarm, change)
    if alarm.get("ActionsEnabled", True):
        for action in alarm.get(_ACTIONS[new]) or ():
            _publish_notification(action, alarm, change)


def _publish_notification(topic: str, alarm: dict[str, Any], change: Change) -> None:
    if not cloudwatch._is_sns_action_arn(topic):
        logger.warning("alarm %s: action %s is not a topic", alarm["AlarmName"], topic)
        return
    account, region = get_account_id(), get_region()
    message = messages.notification(alarm, change, account=account, region=region)
    subject = messages.subject(alarm, change, region)
    sns._fanout(topic, new_uuid(), json.dumps(message), subject)


def _publish_event(alarm: dict[str, Any], change: Change) -> None:
    detail = messages.event_detail(alarm, change, previous=_previous.get(alarm["AlarmArn"]))
    entry = {
        "Source": "aws.cloudwatch",
        "DetailType": "CloudWatch Alarm State Change",
        "Detail": json.dumps(detail),
        "Resources": [alarm["AlarmArn"]],
    }
    eventbridge._put_events({"Entries": [entry]}, allow_aws_source=True)
