"""An alarm as CloudWatch's API describes it, read into types and checked."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from local.alarms import expressions, statistics

_COMPARISONS = {
    "GreaterThanThreshold": "greater than",
    "GreaterThanOrEqualToThreshold": "greater than or equal to",
    "LessThanThreshold": "less than",
    "LessThanOrEqualToThreshold": "less than or equal to",
}
_TREATMENTS = ("missing", "ignore", "breaching", "notBreaching")


class UnsupportedAlarmError(ValueError):
    """An alarm that cannot be evaluated here; the message says why."""


@dataclass(frozen=True, slots=True)
class MetricStatistic:
    """One metric under exactly these dimensions, aggregated per period of `period` seconds."""

    namespace: str
    name: str
    dimensions: dict[str, str]
    statistic: str
    period: int


@dataclass(frozen=True, slots=True)
class Rule:
    """When data mean ALARM.

    Attributes:
        evaluation_periods: How many of the latest datapoints count, N.
        datapoints_to_alarm: How many of them must breach, M <= N.
        treat_missing_data: `missing`, `ignore`, `breaching` or `notBreaching`.
    """

    comparison: str
    threshold: float
    evaluation_periods: int
    datapoints_to_alarm: int
    treat_missing_data: str

    def is_breached_by(self, value: float) -> bool:
        """Return whether one datapoint breaches."""
        match self.comparison:
            case "GreaterThanThreshold":
                return value > self.threshold
            case "GreaterThanOrEqualToThreshold":
                return value >= self.threshold
            case "LessThanThreshold":
                return value < self.threshold
            case _:
                return value <= self.threshold

    @property
    def phrase(self) -> str:
        """The comparison in words, as CloudWatch's reasons have it."""
        return _COMPARISONS[self.comparison]


@dataclass(frozen=True, slots=True)
class Alarm:
    """What an alarm looks at, and when that means ALARM.

    Attributes:
        metrics: Metrics by id.
        expressions: Metric math by id, each after those it uses.
        result: Id of the metric or expression that the rule judges.
        period: Seconds per datapoint, before any scaling of time.
    """

    metrics: dict[str, MetricStatistic]
    expressions: dict[str, str]
    result: str
    period: int
    rule: Rule


def read(record: Mapping[str, Any]) -> Alarm:
    """Read an alarm of the shape that `PutMetricAlarm` takes.

    Raises:
        UnsupportedAlarmError: it needs what the local cloud does not compute.
    """
    metrics, math, result = _queries(record)
    for metric in metrics.values():
        if not statistics.is_known(metric.statistic):
            raise UnsupportedAlarmError(f"statistic {metric.statistic!r} is not supported")
    periods = {metric.period for metric in metrics.values()}
    if len(periods) != 1:
        raise UnsupportedAlarmError(f"an alarm needs metrics of one period, got {sorted(periods)}")
    return Alarm(metrics, math, result, periods.pop(), _rule(record))


def _rule(record: Mapping[str, Any]) -> Rule:
    comparison = record["ComparisonOperator"]
    if comparison not in _COMPARISONS:
        raise UnsupportedAlarmError(f"comparison {comparison!r} is not supported")
    treatment = record.get("TreatMissingData") or "missing"
    if treatment not in _TREATMENTS:
        raise UnsupportedAlarmError(f"TreatMissingData must be one of {_TREATMENTS}")
    periods = int(record["EvaluationPeriods"])
    to_alarm = int(record.get("DatapointsToAlarm") or periods)
    if not 1 <= to_alarm <= periods:
        raise UnsupportedAlarmError(
            f"DatapointsToAlarm must be 1 to EvaluationPeriods ({periods}), got {to_alarm}"
        )
    return Rule(comparison, float(record["Threshold"]), periods, to_alarm, treatment)


def _queries(
    record: Mapping[str, Any],
) -> tuple[dict[str, MetricStatistic], dict[str, str], str]:
    if not record.get("Metrics"):
        return {"m": _metric(record, record, record)}, {}, "m"
    metrics = {
        query["Id"]: _metric(
            query["MetricStat"]["Metric"],
            {"Statistic": query["MetricStat"]["Stat"]},
            query["MetricStat"],
        )
        for query in record["Metrics"]
        if query.get("MetricStat")
    }
    math = {
        query["Id"]: query["Expression"] for query in record["Metrics"] if query.get("Expression")
    }
    # ReturnData is true unless stated otherwise.
    results = [q["Id"] for q in record["Metrics"] if _is_true(q.get("ReturnData", True))]
    if len(results) != 1:
        raise UnsupportedAlarmError(f"exactly one query must return data, got {results}")
    return metrics, _in_order(math, set(metrics)), results[0]


def _is_true(value: object) -> bool:
    return value in (True, "true", "True")


def _metric(
    metric: Mapping[str, Any], statistic: Mapping[str, Any], period: Mapping[str, Any]
) -> MetricStatistic:
    dimensions = {d["Name"]: d["Value"] for d in metric.get("Dimensions") or ()}
    name = statistic.get("ExtendedStatistic") or statistic.get("Statistic") or "Average"
    return MetricStatistic(
        metric["Namespace"], metric["MetricName"], dimensions, name, int(period["Period"])
    )


def _in_order(math: dict[str, str], known: set[str]) -> dict[str, str]:
    """Sort expressions so that each comes after those it uses."""
    try:
        needs = {name: expressions.names_in(text) for name, text in math.items()}
    except expressions.ExpressionError as error:
        raise UnsupportedAlarmError(str(error)) from None
    ordered: dict[str, str] = {}
    while len(ordered) < len(math):
        ready = [n for n in math if n not in ordered and needs[n] <= known | ordered.keys()]
        if not ready:
            missing = set().union(*needs.values()) - known - math.keys()
            raise UnsupportedAlarmError(f"expressions use {sorted(missing) or 'each other'}")
        ordered |= {name: math[name] for name in ready}
    return ordered
