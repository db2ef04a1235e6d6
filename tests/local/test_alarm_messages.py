from local.alarms.messages import Change, event_detail, notification, subject
from tests.local.alarms import RECORD

CHANGE = Change("OK", "ALARM", "because", 1_700_000_000.25, '{"version": "1.0"}')
MATH = {
    "Metrics": [
        {"Id": "e", "Expression": "a * 2", "Label": "twice", "ReturnData": True},
        {
            "Id": "a",
            "ReturnData": False,
            "MetricStat": {
                "Metric": {
                    "Namespace": "N",
                    "MetricName": "M",
                    "Dimensions": [{"Name": "d", "Value": "v"}],
                },
                "Period": 60,
                "Stat": "Sum",
            },
        },
    ]
}


def test_notification_has_the_documented_keys() -> None:
    message = notification(RECORD, CHANGE, account="000000000000", region="us-east-1")

    assert message["NewStateValue"] == "ALARM"
    assert message["OldStateValue"] == "OK"
    assert message["NewStateReason"] == "because"
    assert message["StateChangeTime"] == "2023-11-14T22:13:20.250+0000"
    assert message["AlarmArn"] == RECORD["AlarmArn"]
    assert message["Region"] == "US East (N. Virginia)"
    assert message["Trigger"]["Dimensions"] == [{"value": "q", "name": "Queue"}]
    assert message["Trigger"]["Statistic"] == "MAXIMUM"


def test_notification_of_metric_math_lists_its_queries() -> None:
    message = notification(RECORD | MATH, CHANGE, account="0", region="eu-west-1")

    expression, metric = message["Trigger"]["Metrics"]
    assert expression["Expression"] == "a * 2"
    assert metric["MetricStat"]["Metric"]["Dimensions"] == [{"value": "v", "name": "d"}]
    assert "MetricName" not in message["Trigger"]


def test_event_tells_both_states_and_the_metrics() -> None:
    previous = Change("", "OK", "earlier", 0)

    detail = event_detail(RECORD, CHANGE, previous=previous)

    assert detail["previousState"] == {
        "value": "OK",
        "reason": "earlier",
        "timestamp": "1970-01-01T00:00:00.000+0000",
    }
    assert detail["state"]["value"] == "ALARM"
    assert detail["state"]["reasonData"] == '{"version": "1.0"}'
    (metric,) = detail["configuration"]["metrics"]
    assert metric["metricStat"]["metric"]["dimensions"] == {"Queue": "q"}


def test_event_of_metric_math_lists_expressions_and_metrics() -> None:
    metrics = event_detail(RECORD | MATH, CHANGE, previous=None)["configuration"]["metrics"]

    assert metrics[0] == {"id": "e", "expression": "a * 2", "returnData": True}
    assert metrics[1]["metricStat"]["stat"] == "Sum"


def test_the_subject_fits_what_sns_accepts() -> None:
    assert subject(RECORD, CHANGE, "us-east-1") == 'ALARM: "probe" in US East (N. Virginia)'
    assert len(subject(RECORD | {"AlarmName": "x" * 200}, CHANGE, "us-east-1")) == 100
