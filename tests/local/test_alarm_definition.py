from typing import Any

import pytest

from local.alarms.definition import UnsupportedAlarmError
from tests.local.alarms import alarm


def query(identifier: str, *, period: int = 60, stat: str = "Sum", **rest: Any) -> dict[str, Any]:
    metric = {"Namespace": "N", "MetricName": identifier}
    return {
        "Id": identifier,
        "MetricStat": {"Metric": metric, "Period": period, "Stat": stat},
        "ReturnData": False,
    } | rest


def test_a_metric_is_read_with_exactly_its_dimensions() -> None:
    metric = alarm().metrics["m"]

    assert metric.dimensions == {"Queue": "q"}
    assert (metric.statistic, metric.period) == ("Maximum", 300)


def test_all_datapoints_must_breach_unless_fewer_are_asked_for() -> None:
    assert alarm(EvaluationPeriods=3).rule.datapoints_to_alarm == 3
    assert alarm(EvaluationPeriods=3, DatapointsToAlarm=2).rule.datapoints_to_alarm == 2


def test_missing_data_are_missing_unless_stated_otherwise() -> None:
    assert alarm(TreatMissingData=None).rule.treat_missing_data == "missing"


def test_a_percentile_takes_precedence() -> None:
    assert alarm(ExtendedStatistic="p99").metrics["m"].statistic == "p99"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"Statistic": "tm99"}, "tm99"),
        ({"ComparisonOperator": "GreaterThanUpperThreshold"}, "GreaterThanUpperThreshold"),
        ({"TreatMissingData": "bad"}, "TreatMissingData"),
        ({"DatapointsToAlarm": 2}, "DatapointsToAlarm"),
        ({"Metrics": [query("a"), query("b")]}, "exactly one query"),
        ({"Metrics": [query("a", ReturnData=True), query("b", period=300)]}, "one period"),
        ({"Metrics": [query("a"), {"Id": "e", "Expression": "a + x"}]}, "x"),
        ({"Metrics": [query("a"), {"Id": "e", "Expression": "RATE(a)"}]}, "RATE"),
        (
            {
                "Metrics": [
                    query("a"),
                    {"Id": "e", "Expression": "f", "ReturnData": False},
                    {"Id": "f", "Expression": "e + a"},
                ]
            },
            "each other",
        ),
    ],
)
def test_what_cannot_be_evaluated_is_refused(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(UnsupportedAlarmError, match=words):
        alarm(**changes)
