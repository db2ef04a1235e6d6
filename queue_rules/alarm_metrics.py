"""The metrics that an alarm names, and what they have to do with its threshold."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from queue_rules.metric_math import insights, queries_of, value_of
from queue_rules.values import Properties, Unknown

INSIGHTS = Unknown(
    "a query of Metrics Insights chooses what it watches",
    remedy="name the metric and its dimensions in the alarm, or accept this with a reason",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Metric:
    """One metric that an alarm names.

    Attributes:
        namespace: Its namespace.
        name: Its name.
        dimensions: Its dimensions.
        open_dimensions: Why there may be others; None when there are none.
        statistic: Such as `Sum`; None when it is not stated.
        is_used: Whether the alarm's value depends on it.
        is_counted: Whether the alarm's value is at least that of the metric.
        others: Names of the other metrics that the value depends on.
    """

    namespace: str | Unknown | None
    name: str | Unknown | None
    dimensions: Mapping[str, str | Unknown | None]
    open_dimensions: Unknown | None
    statistic: str | Unknown | None
    is_used: bool | Unknown = True
    is_counted: bool | Unknown = True
    others: frozenset[str] = frozenset()

    def dimension(self, name: str) -> str | Unknown | None:
        """Return a dimension; None when there is none of that name."""
        return self.dimensions.get(name, self.open_dimensions)


def metrics_of(alarm: Properties) -> Iterator[Metric]:
    """Yield the metrics of an alarm; one of which nothing is known stands for an unknown one."""
    if "MetricName" in alarm:
        yield _metric(alarm, alarm.text("Statistic") or alarm.text("ExtendedStatistic"))
    for query in alarm.mappings("Metrics"):
        if isinstance(query, Unknown):
            yield _unknown(query)
    queries, value = queries_of(alarm), value_of(alarm)
    names = {id_: _name(query) for id_, query in queries.items()}
    for id_, query in queries.items():
        if asked := insights(query):
            yield _unknown(INSIGHTS, *asked)
        elif "MetricStat" in query:
            others = value.ids - {id_}
            yield _of_query(
                query,
                is_used=value.uses(id_),
                is_counted=value.counts(id_),
                others=frozenset(name for other in others if (name := names.get(other))),
            )


def _name(query: Properties) -> str | None:
    metric = _described(query)
    name = metric if isinstance(metric, Unknown) else metric.text("MetricName")
    return name if isinstance(name, str) else None


def _described(query: Properties) -> Properties | Unknown:
    stat = query.mapping("MetricStat")
    return stat if isinstance(stat, Unknown) else stat.mapping("Metric")


def _of_query(
    query: Properties,
    *,
    is_used: bool | Unknown,
    is_counted: bool | Unknown,
    others: frozenset[str],
) -> Metric:
    stat, metric = query.mapping("MetricStat"), _described(query)
    if isinstance(metric, Unknown):
        return _unknown(metric)
    statistic = stat if isinstance(stat, Unknown) else stat.text("Stat")
    return _metric(metric, statistic, is_used=is_used, is_counted=is_counted, others=others)


def _metric(
    metric: Properties,
    statistic: str | Unknown | None,
    *,
    is_used: bool | Unknown = True,
    is_counted: bool | Unknown = True,
    others: frozenset[str] = frozenset(),
) -> Metric:
    dimensions: dict[str, str | Unknown | None] = {}
    open_dimensions: Unknown | None = None
    for each in metric.mappings("Dimensions"):
        name = each if isinstance(each, Unknown) else each.text("Name")
        if isinstance(name, Unknown):
            open_dimensions = name
        elif isinstance(each, Properties):
            dimensions[str(name)] = each.text("Value")
    return Metric(
        namespace=metric.text("Namespace"),
        name=metric.text("MetricName"),
        dimensions=dimensions,
        open_dimensions=open_dimensions,
        statistic=statistic,
        is_used=is_used,
        is_counted=is_counted,
        others=others,
    )


def _unknown(why: Unknown, namespace: str = "", name: str = "") -> Metric:
    return Metric(
        namespace=namespace or why,
        name=name or why,
        dimensions={},
        open_dimensions=why,
        statistic=why,
    )
