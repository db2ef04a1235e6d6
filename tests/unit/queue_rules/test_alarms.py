"""R15: an alarm counts if it can go off for the right reason, however it is written."""

from typing import Any

import pytest

from queue_rules import Finding
from tests.unit.queue_rules.shapes import (
    Resources,
    add,
    findings_in,
    get_att,
    plain,
    properties_of,
    put,
)

VISIBLE = "ApproximateNumberOfMessagesVisible"


def stat(id_: str, metric: str = VISIBLE, queue: str = "DeadLetters", **query: Any) -> Any:
    dimension = {"Name": "QueueName", "Value": get_att(queue, "QueueName")}
    of_queue = {"Namespace": "AWS/SQS", "MetricName": metric, "Dimensions": [dimension]}
    return {
        "Id": id_,
        "MetricStat": {"Metric": of_queue, "Period": 60, "Stat": "Maximum"},
        **query,
    }


def math(expression: Any, *more: Any, **query: Any) -> list[Any]:
    """Return the metrics of an alarm on an expression of m, dead letters, and n, late ones."""
    late = stat("n", "ApproximateAgeOfOldestMessage", "Orders", ReturnData=False)
    return [
        {"Id": "e", "Expression": expression, **query},
        stat("m", ReturnData=False),
        late,
        *more,
    ]


def with_metrics(metrics: Any, **properties: Any) -> Resources:
    resources = plain()
    alarm = properties_of(resources, "DeadLettersAlarm")
    for name in ("Namespace", "MetricName", "Dimensions", "Statistic", "Period"):
        del alarm[name]
    put("DeadLettersAlarm", Metrics=metrics, **properties)(resources)
    return resources


def seen(findings: list[Finding]) -> list[tuple[str, str, str]]:
    return [(each.rule, each.severity.value, each.resource) for each in findings]


CANNOT_CHECK = [("R15", "cannot-check", "DeadLetters")]
ERROR = [("R15", "error", "DeadLetters")]
HELPER = {"Id": "h", "Expression": "FILL(m, 0)", "ReturnData": False}
UNCLEAR = {"Id": "h", "Expression": "IF(m > 9, m, 0)", "ReturnData": False}


@pytest.mark.parametrize(
    ("metrics", "expected"),
    [
        ([stat("m")], []),
        (math("m"), []),
        (math("FILL(m, 0) + n"), []),
        (math("SUM([m, n])"), []),
        (math("MAX(METRICS())"), []),
        (math("h", HELPER), []),
        (math("m", ReturnData=True), []),
        (math("1-1"), ERROR),
        (math("n"), ERROR),
        (math("m", ReturnData=False), ERROR),
        (math("e"), ERROR),
        (math("IF(m > 1000, 1, 0)"), CANNOT_CHECK),
        (math("m - 5"), CANNOT_CHECK),
        (math("m / 1000"), CANNOT_CHECK),
        (math("h", UNCLEAR), CANNOT_CHECK),
        (math({"Fn::ImportValue": "x"}), CANNOT_CHECK),
        ([stat("m", ReturnData={"Fn::ImportValue": "x"})], CANNOT_CHECK),
        ([{"Id": "m", "MetricStat": {"Fn::ImportValue": "x"}}], CANNOT_CHECK),
        ([{"Id": "m", "MetricStat": {"Metric": {"Fn::ImportValue": "x"}}}], CANNOT_CHECK),
        ([{"Id": "m", "MetricStat": {**stat("m")["MetricStat"], "Stat": {"Ref": "X"}}}],
         CANNOT_CHECK),
    ],
)  # fmt: skip
def test_an_alarm_counts_if_its_value_is_at_least_the_number_of_dead_letters(
    metrics: list[Any], expected: list[tuple[str, str, str]]
) -> None:
    findings = findings_in({"Resources": with_metrics(metrics)})
    assert [each for each in seen(findings) if each[2] == "DeadLetters"] == expected


def test_an_expression_that_leaves_the_metric_out_is_named() -> None:
    (finding,) = findings_in({"Resources": with_metrics(math("1-1"))})
    assert "DeadLettersAlarm: its expression does not use this metric" in finding.message


@pytest.mark.parametrize(("threshold", "found"), [(1, []), (2, ["DeadLettersAlarm"])])
def test_a_sum_has_to_start_at_one_like_the_metric(threshold: int, found: list[str]) -> None:
    resources = with_metrics(math("m + n"), Threshold=threshold)
    assert [each.resource for each in findings_in({"Resources": resources})] == found


def test_two_branches_of_metrics_cannot_be_checked_where_nothing_tells_which_it_is() -> None:
    either = {"Fn::If": ["Here", [stat("m")], [stat("other")]]}
    here = {"Fn::Equals": [{"Ref": "AWS::Region"}, "eu-west-1"]}
    findings = findings_in({"Conditions": {"Here": here}, "Resources": with_metrics(either)})
    assert seen(findings) == CANNOT_CHECK


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ('SELECT MAX(ApproximateNumberOfMessagesVisible) FROM SCHEMA("AWS/SQS", QueueName)',
         CANNOT_CHECK),
        ('select max("ApproximateNumberOfMessagesVisible") from "AWS/SQS"', CANNOT_CHECK),
        ("SELECT something else", CANNOT_CHECK),
        ('SELECT MAX(NumberOfMessagesSent) FROM SCHEMA("AWS/SQS", QueueName)', ERROR),
        ('SELECT MAX(ApproximateNumberOfMessagesVisible) FROM SCHEMA("Mine", QueueName)', ERROR),
    ],
)  # fmt: skip
def test_a_query_of_metrics_insights_may_be_about_any_queue(
    query: str, expected: list[tuple[str, str, str]]
) -> None:
    findings = findings_in({"Resources": with_metrics([{"Id": "q", "Expression": query}])})
    assert [each for each in seen(findings) if each[2] == "DeadLetters"] == expected
    assert "accept this with a reason" in findings[0].remedy or expected is ERROR


def test_a_band_is_a_threshold_that_nobody_knows() -> None:
    band = {"Id": "b", "Expression": "ANOMALY_DETECTION_BAND(m, 2)"}
    resources = with_metrics(
        [stat("m"), band],
        ThresholdMetricId="b",
        ComparisonOperator="LessThanLowerOrGreaterThanUpperThreshold",
    )
    del properties_of(resources, "DeadLettersAlarm")["Threshold"]
    assert seen(findings_in({"Resources": resources})) == CANNOT_CHECK


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("100 * errors / invocations", []),
        ("errors + throttles", [("R15", "warning", "Worker")]),
        ("invocations", [("R15", "warning", "Worker")]),
        ("IF(invocations > 9, errors, 0)", [("R15", "cannot-check", "Worker")]),
    ],
)
def test_a_rate_of_errors_counts(expression: str, expected: list[tuple[str, str, str]]) -> None:
    resources = plain()
    alarm = properties_of(resources, "ErrorsAlarm")
    dimensions = alarm.pop("Dimensions")
    for name in ("Namespace", "MetricName", "Statistic", "Period"):
        del alarm[name]
    alarm["Metrics"] = [{"Id": "e", "Expression": expression}] + [
        {
            "Id": name.lower(),
            "ReturnData": False,
            "MetricStat": {
                "Metric": {
                    "Namespace": "AWS/Lambda",
                    "MetricName": name,
                    "Dimensions": dimensions,
                },
                "Period": 60,
                "Stat": "Sum",
            },
        }
        for name in ("Errors", "Throttles", "Invocations")
    ]
    assert seen(findings_in({"Resources": resources})) == expected


def composite(logical_id: str, rule: Any, **properties: Any) -> Any:
    return add(logical_id, "AWS::CloudWatch::CompositeAlarm", AlarmRule=rule, **properties)


ACTION = {"AlarmActions": [{"Ref": "Alarms"}]}


def below(*composites: Any) -> list[Finding]:
    """Return what is found where the alarm on throttles has no action of its own."""
    resources = plain()
    del properties_of(resources, "ThrottlesAlarm")["AlarmActions"]
    put("ThrottlesAlarm", AlarmName="throttles")(resources)
    for change in composites:
        change(resources)
    return findings_in({"Resources": resources})


@pytest.mark.parametrize(
    "rule",
    [
        "ALARM(throttles)",
        'ALARM("throttles") OR ALARM(other)',
        {"Fn::Sub": "ALARM(${ThrottlesAlarm})"},
        {"Fn::Sub": 'OK(other) AND ALARM("${ThrottlesAlarm.Arn}")'},
    ],
)
def test_a_composite_alarm_tells_for_those_below_it(rule: Any) -> None:
    assert below(composite("Outer", rule, **ACTION)) == []


@pytest.mark.parametrize(
    "rule", ["ALARM(throttles-2)", "OK(throttles)", "NOT ALARM(throttles)", "ALARM(other)"]
)
def test_a_composite_alarm_of_something_else_tells_nobody(rule: str) -> None:
    assert seen(below(composite("Outer", rule, **ACTION))) == [("R15", "warning", "Worker")]


def test_composite_alarms_are_followed_upwards() -> None:
    inner = composite("Inner", "ALARM(throttles)", AlarmName="inner")
    assert below(inner, composite("Outer", "ALARM(inner)", **ACTION)) == []
    by_reference = composite("Outer", {"Fn::Sub": "ALARM(${Inner.Arn})"}, **ACTION)
    assert below(composite("Inner", "ALARM(throttles)"), by_reference) == []


def test_composite_alarms_may_go_round_in_circles() -> None:
    one = composite("One", "ALARM(throttles) OR ALARM(two)", AlarmName="one")
    two = composite("Two", "ALARM(one)", AlarmName="two")
    assert seen(below(one, two)) == [("R15", "warning", "Worker")]
    assert below(one, two, composite("Three", "ALARM(two)", **ACTION)) == []


@pytest.mark.parametrize(
    "composites",
    [
        [composite("Outer", {"Fn::ImportValue": "rule"}, **ACTION)],
        [composite("Outer", "ALARM(throttles)", AlarmActions={"Fn::ImportValue": "topics"})],
    ],
)
def test_a_composite_alarm_that_is_not_told_cannot_be_checked(composites: list[Any]) -> None:
    assert seen(below(*composites)) == [("R15", "cannot-check", "Worker")]
