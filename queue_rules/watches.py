"""Alarms seen as what they watch: which metric of which queue or function, and to what end."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from queue_rules import identities
from queue_rules.alarm_metrics import Metric, metrics_of
from queue_rules.application import Application, Resource
from queue_rules.notices import Notices
from queue_rules.values import Properties, Unknown

BAND = Unknown(
    "its threshold is a band that CloudWatch learns",
    remedy="give the alarm a threshold of its own, or accept this with a reason",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Watch:
    """An alarm, as far as it looks at one metric.

    Attributes:
        alarm: The alarm.
        metric: What it looks at.
        comparison: The alarm's operator; None when it is not stated.
        threshold: The alarm's threshold, as written; None when there is none.
        datapoints: Periods that must breach.
        missing_data: What the alarm makes of missing data.
        tells_somebody: Whether it, or a composite alarm above it, has an action.
    """

    alarm: Resource
    metric: Metric
    comparison: str | Unknown | None
    threshold: Any
    datapoints: int | Unknown
    missing_data: str | Unknown | None
    tells_somebody: bool | Unknown

    @property
    def unknowns(self) -> list[Unknown]:
        """What keeps it from being judged; of which queue it is left aside."""
        values = (
            self.metric.name,
            self.metric.namespace,
            self.metric.statistic,
            self.comparison,
            self.threshold,
            self.datapoints,
            self.tells_somebody,
        )
        return [each for each in values if isinstance(each, Unknown)]

    @property
    def is_upward(self) -> bool:
        """Whether it goes off when there is more, not less."""
        if self.comparison is None:
            return True
        return isinstance(self.comparison, str) and "GreaterThan" in self.comparison

    @property
    def starts_at_one(self) -> bool:
        """Whether a value of 1 sets it off."""
        if not isinstance(self.threshold, int | float):
            return True
        if self.comparison == "GreaterThanOrEqualToThreshold":
            return self.threshold <= 1
        return self.threshold < 1

    def may_watch(self, namespace: str, metric: str) -> bool:
        """Return whether nothing says that it looks at another metric."""
        pairs = ((self.metric.namespace, namespace), (self.metric.name, metric))
        return all(isinstance(found, Unknown) or found == wanted for found, wanted in pairs)


def watches(application: Application) -> list[Watch]:
    """Return everything that the application's alarms look at."""
    notices = Notices(application)
    return [
        watch
        for alarm in application.of_type(identities.ALARM)
        for watch in _of_alarm(alarm, notices)
    ]


def _of_alarm(alarm: Resource, notices: Notices) -> Iterator[Watch]:
    properties = alarm.properties
    periods = properties.number("EvaluationPeriods", 1)
    for metric in metrics_of(properties):
        yield Watch(
            alarm=alarm,
            metric=metric,
            comparison=properties.text("ComparisonOperator"),
            threshold=_threshold(properties),
            datapoints=properties.number("DatapointsToAlarm", periods),
            missing_data=properties.text("TreatMissingData"),
            tells_somebody=notices.of(alarm),
        )


def _threshold(alarm: Properties) -> Any:
    if "ThresholdMetricId" in alarm:
        return BAND
    value = alarm.raw("Threshold")
    if isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            return value
    return value
