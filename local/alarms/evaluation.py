"""From datapoints to an alarm's state, with CloudWatch's treatment of missing data.

Rules and tables: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/
alarms-and-missing-data.html
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from local.alarms import expressions, statistics
from local.alarms.definition import Alarm, Rule
from local.alarms.statistics import Sample

OK = "OK"
ALARM = "ALARM"
INSUFFICIENT_DATA = "INSUFFICIENT_DATA"

# CloudWatch looks further back than EvaluationPeriods, for real data to use instead of missing
# ones. How far it does not say; its tables show two more for three periods.
_EXTRA_PERIODS = 2


@dataclass(frozen=True, slots=True)
class Datapoint:
    """The alarm's value in one period that began at `timestamp`; None when data is missing."""

    timestamp: float
    value: float | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """The state that datapoints mean, why, and the real ones that were looked at, oldest first."""

    state: str
    reason: str
    datapoints: tuple[Datapoint, ...]


def periods_needed(rule: Rule) -> int:
    """Return how many periods back the rule looks."""
    return rule.evaluation_periods + _EXTRA_PERIODS


def datapoints(
    alarm: Alarm, samples: Mapping[str, Sequence[Sample]], *, end: float, time_scale: float
) -> tuple[Datapoint, ...]:
    """Aggregate samples into the datapoints that the rule needs, oldest first.

    Args:
        alarm: Whose metrics and expressions to compute.
        samples: Stored values by the id of the metric.
        end: End of the last complete period, seconds since the epoch; nothing later counts.
        time_scale: Divisor of the period.
    """
    length, period = periods_needed(alarm.rule), alarm.period / time_scale
    starts = [end - period * (length - index) for index in range(length)]
    series: dict[str, expressions.Series] = {}
    for name, metric in alarm.metrics.items():
        windows = [
            [s for s in samples.get(name, ()) if start <= s.timestamp < start + period]
            for start in starts
        ]
        series[name] = tuple(statistics.compute(metric.statistic, window) for window in windows)
    for name, expression in alarm.expressions.items():
        series[name] = expressions.evaluate(expression, series, length)
    values = series[alarm.result]
    return tuple(Datapoint(start, value) for start, value in zip(starts, values, strict=True))


def judge(rule: Rule, points: Sequence[Datapoint], current: str) -> Verdict:
    """Return the state that datapoints mean.

    Args:
        rule: The alarm's rule.
        points: One per period, oldest first, `periods_needed` of them.
        current: The alarm's state now, which sometimes is kept.
    """
    real = [point for point in points if point.value is not None]
    wanted = rule.evaluation_periods
    if len(real) >= wanted:
        considered = real[-wanted:]
        breaching = sum(_breaches(rule, point) for point in considered)
        state = ALARM if breaching >= rule.datapoints_to_alarm else OK
        return _verdict(state, current, rule, considered, missing=0)
    state = _state_with_missing(rule, points, real, current)
    return _verdict(state, current, rule, real, missing=wanted - len(real))


def _breaches(rule: Rule, point: Datapoint) -> bool:
    return point.value is not None and rule.is_breached_by(point.value)


def _state_with_missing(
    rule: Rule, points: Sequence[Datapoint], real: Sequence[Datapoint], current: str
) -> str:
    breaching = sum(_breaches(rule, point) for point in real)
    missing = rule.evaluation_periods - len(real)
    if breaching >= rule.datapoints_to_alarm:
        return ALARM
    if rule.treat_missing_data == "breaching":
        return ALARM if breaching + missing >= rule.datapoints_to_alarm else OK
    if rule.treat_missing_data == "notBreaching" or breaching < len(real):
        return OK
    if rule.treat_missing_data == "ignore":
        return current
    # All real data breaches, but there is little of it. A young breach waits for company, so
    # that intermittent data does not alarm too early; an old one that nothing contradicted alarms.
    age = len(points) - points.index(real[0]) if real else 0
    unclear = current if real else INSUFFICIENT_DATA
    return ALARM if age >= rule.datapoints_to_alarm else unclear


def _verdict(
    state: str, current: str, rule: Rule, real: Sequence[Datapoint], *, missing: int
) -> Verdict:
    if state == INSUFFICIENT_DATA:
        reason = f"Insufficient Data: {_plural(missing, 'datapoint')} {_were(missing)} unknown."
    elif not real:
        reason = (
            f"Threshold Crossed: no datapoints were received for {_plural(missing, 'period')} "
            f"and {_plural(missing, 'missing datapoint')} {_were(missing)} "
            f"treated as [{_treatment(rule)}]."
        )
    else:
        reason = _threshold_reason(state, current, rule, real)
    return Verdict(state, reason, tuple(real))


def _threshold_reason(state: str, current: str, rule: Rule, real: Sequence[Datapoint]) -> str:
    breached = [point for point in real if _breaches(rule, point)]
    named = breached if state == ALARM else [point for point in real if point not in breached]
    values = ", ".join(f"{point.value} ({_clock(point.timestamp)})" for point in reversed(named))
    negation = "" if state == ALARM else "not "
    return (
        f"Threshold Crossed: {len(named)} out of the last {len(real)} datapoints [{values}] "
        f"{_were(len(named))} {negation}{rule.phrase} the threshold ({rule.threshold}) "
        f"(minimum {_plural(rule.datapoints_to_alarm, 'datapoint')} "
        f"for {current} -> {state} transition)."
    )


def _treatment(rule: Rule) -> str:
    return "Breaching" if rule.treat_missing_data == "breaching" else "NonBreaching"


def _plural(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")


def _were(number: int) -> str:
    return "was" if number == 1 else "were"


def _clock(timestamp: float) -> str:
    return datetime.fromtimestamp(timestamp, UTC).strftime("%d/%m/%y %H:%M:%S")
