import pytest

from local.alarms.definition import Rule
from local.alarms.evaluation import (
    ALARM,
    INSUFFICIENT_DATA,
    OK,
    Datapoint,
    datapoints,
    judge,
    periods_needed,
)
from local.alarms.statistics import Sample
from tests.local.alarms import alarm

KEPT = "the state before"


def rule(treatment: str, *, to_alarm: int, periods: int = 3) -> Rule:
    return Rule("GreaterThanThreshold", 10.0, periods, to_alarm, treatment)


def points(pattern: str) -> list[Datapoint]:
    """Turn CloudWatch's notation into datapoints: 0 is fine, X breaches, - is missing."""
    values = {"0": 1.0, "X": 99.0, "-": None}
    return [Datapoint(60.0 * i, values[sign]) for i, sign in enumerate(pattern.split())]


# The tables of "Configuring how CloudWatch alarms treat missing data", columns in their order:
# missing, ignore, breaching, notBreaching.
THREE_OF_THREE = {
    "0 - X - X": (OK, OK, OK, OK),
    "- - - - 0": (OK, OK, OK, OK),
    "- - - - -": (INSUFFICIENT_DATA, KEPT, ALARM, OK),
    "0 X X - X": (ALARM, ALARM, ALARM, ALARM),
    "- - X - -": (ALARM, KEPT, ALARM, OK),
}
TWO_OF_THREE = {
    "0 - X - X": (ALARM, ALARM, ALARM, ALARM),
    "0 0 X 0 X": (ALARM, ALARM, ALARM, ALARM),
    "0 - X - -": (OK, OK, ALARM, OK),
    "- - - - 0": (OK, OK, ALARM, OK),
    "- - - X -": (ALARM, KEPT, ALARM, OK),
}
TREATMENTS = ("missing", "ignore", "breaching", "notBreaching")
ROWS = [
    pytest.param(to_alarm, pattern, treatment, expected, id=f"{to_alarm}of3[{pattern}]{treatment}")
    for to_alarm, table in ((3, THREE_OF_THREE), (2, TWO_OF_THREE))
    for pattern, row in table.items()
    for treatment, expected in zip(TREATMENTS, row, strict=True)
]


@pytest.mark.parametrize("before", [OK, ALARM, INSUFFICIENT_DATA])
@pytest.mark.parametrize(("to_alarm", "pattern", "treatment", "expected"), ROWS)
def test_documented_tables_of_missing_data(
    to_alarm: int, pattern: str, treatment: str, expected: str, before: str
) -> None:
    verdict = judge(rule(treatment, to_alarm=to_alarm), points(pattern), before)

    assert verdict.state == (before if expected is KEPT else expected)


@pytest.mark.parametrize("pattern", ["- - - - X", "- - - X -"])
@pytest.mark.parametrize("before", [OK, INSUFFICIENT_DATA])
def test_a_young_breach_among_missing_data_does_not_alarm_yet(pattern: str, before: str) -> None:
    assert judge(rule("missing", to_alarm=3), points(pattern), before).state == before


def test_only_the_most_recent_datapoints_count_when_none_is_missing() -> None:
    assert judge(rule("missing", to_alarm=3), points("X X 0 0 0"), ALARM).state == OK
    assert judge(rule("missing", to_alarm=3), points("0 0 X X X"), OK).state == ALARM


def test_a_freshness_alarm_fires_when_nothing_comes_and_recovers_with_the_first_datapoint() -> None:
    fresh = Rule("LessThanThreshold", 1.0, 1, 1, "breaching")

    assert judge(fresh, points("- - -"), OK).state == ALARM
    assert judge(fresh, points("- - 0"), ALARM).state == OK


@pytest.mark.parametrize(
    ("comparison", "value", "breaches"),
    [
        ("GreaterThanThreshold", 10, False),
        ("GreaterThanThreshold", 10.1, True),
        ("GreaterThanOrEqualToThreshold", 10, True),
        ("GreaterThanOrEqualToThreshold", 9.9, False),
        ("LessThanThreshold", 10, False),
        ("LessThanThreshold", 9.9, True),
        ("LessThanOrEqualToThreshold", 10, True),
        ("LessThanOrEqualToThreshold", 10.1, False),
    ],
)
def test_comparison_operators(comparison: str, value: float, breaches: bool) -> None:
    one = Rule(comparison, 10.0, 1, 1, "missing")

    assert judge(one, [Datapoint(0, value)], OK).state == (ALARM if breaches else OK)


def test_the_reason_names_the_datapoints_newest_first() -> None:
    reason = judge(rule("missing", to_alarm=2), points("0 0 X 0 X"), OK).reason

    assert reason == (
        "Threshold Crossed: 2 out of the last 3 datapoints "
        "[99.0 (01/01/70 00:04:00), 99.0 (01/01/70 00:02:00)] were greater than the threshold "
        "(10.0) (minimum 2 datapoints for OK -> ALARM transition)."
    )


def test_the_reason_of_recovery_names_what_is_fine() -> None:
    reason = judge(Rule("GreaterThanThreshold", 10, 1, 1, "missing"), points("X X 0"), ALARM).reason

    assert "1 out of the last 1 datapoints [1.0 (01/01/70 00:02:00)] was not greater" in reason


@pytest.mark.parametrize(
    ("treatment", "words"),
    [
        ("breaching", "1 missing datapoint was treated as [Breaching]"),
        ("notBreaching", "1 missing datapoint was treated as [NonBreaching]"),
        ("missing", "Insufficient Data: 1 datapoint was unknown."),
    ],
)
def test_the_reason_says_how_missing_data_was_treated(treatment: str, words: str) -> None:
    assert words in judge(rule(treatment, to_alarm=1, periods=1), points("- - -"), OK).reason


def test_datapoints_are_aggregated_per_scaled_period_and_incomplete_ones_do_not_count() -> None:
    # Period 60 s at scale 30 lasts 2 s; the rule looks at 3 periods that end at 100.
    watched = alarm(Period=60, Statistic="Sum", EvaluationPeriods=1)
    stored = [Sample.of(time, 1) for time in (93.9, 94.0, 95.9, 98.0, 99.9, 100.0)]

    found = datapoints(watched, {"m": stored}, end=100.0, time_scale=30)

    assert len(found) == periods_needed(watched.rule) == 3
    assert found == (Datapoint(94.0, 2.0), Datapoint(96.0, None), Datapoint(98.0, 2.0))


def test_metric_math_is_computed_from_metrics_and_other_expressions() -> None:
    def metric(name: str) -> dict[str, object]:
        stat = {"Metric": {"Namespace": "N", "MetricName": name}, "Period": 60, "Stat": "Sum"}
        return {"Id": name, "MetricStat": stat, "ReturnData": False}

    watched = alarm(
        Metrics=[
            {"Id": "percent", "Expression": "100 * share"},
            {"Id": "share", "Expression": "FILL(bad, 0) / total", "ReturnData": False},
            metric("bad"),
            metric("total"),
        ]
    )
    stored = {"bad": [Sample.of(170, 3)], "total": [Sample.of(130, 8), Sample.of(170, 4)]}

    values = [p.value for p in datapoints(watched, stored, end=180, time_scale=1)]

    assert values == [None, None, 25.0]
