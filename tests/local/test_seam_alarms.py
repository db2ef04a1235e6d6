import json
import time
from typing import Any

import pytest

from local import LocalCloud
from tests.cloud import TIME_SCALE, eventually, receive_all
from tests.local import stacks

pytestmark = pytest.mark.local_cloud


def describe(cloud: LocalCloud, name: str) -> dict[str, Any]:
    (alarm,) = cloud.client("cloudwatch").describe_alarms(AlarmNames=[name])["MetricAlarms"]
    return dict(alarm)


def await_state(cloud: LocalCloud, name: str, state: str) -> dict[str, Any]:
    eventually(lambda: describe(cloud, name)["StateValue"] == state, f"{name} is {state}")
    return describe(cloud, name)


def alarm(name: str, **properties: Any) -> dict[str, Any]:
    return stacks.resource(
        "AWS::CloudWatch::Alarm",
        **{
            "AlarmName": name,
            "Namespace": "Test",
            "MetricName": name,
            "Statistic": "Sum",
            "Period": 60,
            "EvaluationPeriods": 1,
            "Threshold": 1,
            "ComparisonOperator": "GreaterThanOrEqualToThreshold",
            "TreatMissingData": "notBreaching",
        }
        | properties,
    )


def changes(cloud: LocalCloud, name: str) -> dict[str, dict[str, Any]]:
    """Return the new state (value, reason, data) by change, such as `OK to ALARM`."""
    client = cloud.client("cloudwatch")
    history = client.describe_alarm_history(AlarmName=name, HistoryItemType="StateUpdate")
    return {
        item["HistorySummary"].removeprefix("Alarm updated from "): json.loads(item["HistoryData"])[
            "newState"
        ]
        for item in history["AlarmHistoryItems"]
    }


def await_change(cloud: LocalCloud, name: str, change: str) -> dict[str, Any]:
    """Wait for a change of state that may not last, and return the new state."""
    eventually(lambda: change in changes(cloud, name), f"{name}: {change}")
    return changes(cloud, name)[change]


def put(cloud: LocalCloud, namespace: str, **values: float) -> None:
    data = [{"MetricName": name, "Value": value} for name, value in values.items()]
    cloud.client("cloudwatch").put_metric_data(Namespace=namespace, MetricData=data)


def test_an_alarm_on_a_queue_fires_tells_its_topic_and_recovers(probe: LocalCloud) -> None:
    topic = "arn:aws:sns:us-east-1:000000000000:probe-alarms"
    dimensions = [{"Name": "QueueName", "Value": "told"}]
    watch = {"Namespace": "AWS/SQS", "MetricName": "NumberOfMessagesReceived"}
    tell = {"AlarmActions": [topic], "OKActions": [topic]}
    stacks.apply(
        probe,
        "told",
        {
            "Q": stacks.resource("AWS::SQS::Queue", QueueName="told"),
            "A": alarm("told", **watch, Dimensions=dimensions, **tell),
        },
    )
    await_state(probe, "told", "OK")
    sqs = probe.client("sqs")
    url = sqs.get_queue_url(QueueName="told")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="dead")
    assert len(sqs.receive_message(QueueUrl=url)["Messages"]) == 1

    fired = await_change(probe, "told", "OK to ALARM")
    await_change(probe, "told", "ALARM to OK")

    assert "1 out of the last 1 datapoints [1.0 (" in fired["stateReason"]
    assert fired["stateReasonData"]["recentDatapoints"] == [1.0]
    messages = [m for m in receive_all(probe, "probe-inbox") if m["AlarmName"] == "told"]
    assert [message["NewStateValue"] for message in messages] == ["OK", "ALARM", "OK"]
    assert messages[1]["Trigger"]["Dimensions"] == [{"value": "told", "name": "QueueName"}]


def test_metric_math_fires_and_recovers(probe: LocalCloud) -> None:
    await_state(probe, "probe-share", "OK")
    put(probe, "Probe", Total=4, Bad=3)

    await_change(probe, "probe-share", "OK to ALARM")
    found = await_state(probe, "probe-share", "OK")

    assert [query["Id"] for query in found["Metrics"] if query.get("ReturnData")] == ["expr_1"]
    assert "MetricName" not in found


def test_a_state_change_is_an_event(shared_cloud: LocalCloud) -> None:
    pattern = {
        "source": ["aws.cloudwatch"],
        "detail-type": ["CloudWatch Alarm State Change"],
        "detail": {"alarmName": ["evented"], "state": {"value": ["ALARM"]}},
    }
    stacks.apply(
        shared_cloud,
        "evented",
        {
            "Q": stacks.resource("AWS::SQS::Queue", QueueName="evented"),
            "P": stacks.resource(
                "AWS::SQS::QueuePolicy",
                Queues=[{"Ref": "Q"}],
                PolicyDocument={
                    "Version": "2012-10-17",
                    "Statement": [
                        {
                            "Effect": "Allow",
                            "Principal": {"Service": "events.amazonaws.com"},
                            "Action": "sqs:SendMessage",
                            "Resource": {"Fn::GetAtt": ["Q", "Arn"]},
                        }
                    ],
                },
            ),
            "R": stacks.resource(
                "AWS::Events::Rule",
                EventPattern=pattern,
                Targets=[{"Id": "q", "Arn": {"Fn::GetAtt": ["Q", "Arn"]}}],
            ),
            "A": alarm("evented"),
        },
    )
    await_state(shared_cloud, "evented", "OK")
    put(shared_cloud, "Test", evented=1)

    (event,) = eventually(lambda: receive_all(shared_cloud, "evented"), "the event arrives")

    assert event["detail-type"] == "CloudWatch Alarm State Change"
    assert event["detail"]["previousState"]["value"] == "OK"
    assert event["resources"][0].endswith(":alarm:evented")


def test_only_the_alarms_own_dimensions_count(shared_cloud: LocalCloud) -> None:
    dimensions = [{"Name": "queue", "Value": "mine"}]
    stacks.apply(
        shared_cloud,
        "dimensions",
        {
            "Mine": alarm("mine", MetricName="dimensions", Dimensions=dimensions),
            "All": alarm("all", MetricName="dimensions"),
        },
    )
    for name in ("mine", "all"):
        await_state(shared_cloud, name, "OK")

    put(shared_cloud, "Test", dimensions=1)
    await_change(shared_cloud, "all", "OK to ALARM")

    assert "OK to ALARM" not in changes(shared_cloud, "mine")


def test_a_freshness_alarm_fires_when_nothing_comes_and_recovers(shared_cloud: LocalCloud) -> None:
    stacks.apply(
        shared_cloud,
        "fresh",
        {"A": alarm("fresh", TreatMissingData="breaching", ComparisonOperator="LessThanThreshold")},
    )

    fired = await_state(shared_cloud, "fresh", "ALARM")
    put(shared_cloud, "Test", fresh=1)
    await_change(shared_cloud, "fresh", "ALARM to OK")

    assert "treated as [Breaching]" in fired["StateReason"]


def test_missing_data_are_insufficient_where_nothing_else_is_said(
    shared_cloud: LocalCloud,
) -> None:
    stacks.apply(shared_cloud, "lacking", {"A": alarm("lacking", TreatMissingData="missing")})
    put(shared_cloud, "Test", lacking=0)
    await_change(shared_cloud, "lacking", "INSUFFICIENT_DATA to OK")

    found = await_state(shared_cloud, "lacking", "INSUFFICIENT_DATA")

    assert found["StateReason"] == "Insufficient Data: 1 datapoint was unknown."


def test_an_alarm_that_could_not_be_evaluated_fails_the_deployment(
    shared_cloud: LocalCloud,
) -> None:
    with pytest.raises(Exception, match="ROLLBACK_COMPLETE"):
        stacks.apply(shared_cloud, "unknown", {"A": alarm("unknown", Statistic="tm99")})


def test_a_scaled_minute_lasts_what_the_time_scale_says(shared_cloud: LocalCloud) -> None:
    stacks.apply(shared_cloud, "scaled", {"A": alarm("scaled", Period=300)})
    await_state(shared_cloud, "scaled", "OK")
    put(shared_cloud, "Test", scaled=1)
    await_state(shared_cloud, "scaled", "ALARM")
    began = time.time()

    await_state(shared_cloud, "scaled", "OK")

    # The datapoint stays in sight for three periods of 300 s, looked at once a scaled minute.
    assert time.time() - began > 2 * 300 / TIME_SCALE
