"""From a metric that a function puts to a function that acts on the alarm: the closed loop."""

import json
from collections import Counter
from typing import Any

import pytest

from local import LocalCloud
from tests.cloud import eventually, receive_all
from tests.local import emulator, stacks
from tests.local.test_seam_alarms import alarm, await_change, await_state, changes

pytestmark = pytest.mark.local_cloud

PUBLISHING = """
import boto3

def handle(event, context):
    dimensions = [{"Name": "Model", "Value": event["model"]}]
    datum = {"MetricName": "Violations", "Dimensions": dimensions, "Value": event["value"]}
    boto3.client("cloudwatch").put_metric_data(Namespace="Loop", MetricData=[datum])
"""
ACTING = """
import json, os, boto3

def handle(event, context):
    boto3.client("sqs").send_message(QueueUrl=os.environ["QUEUE"], MessageBody=json.dumps(event))
"""
# Judges while the alarm's stack is being updated, then once more, and prints every change.
UPDATED_WHILE_JUDGED = """
import json, sys, threading
from ministack.services import cloudwatch
from ministack.services.cloudformation import provisioners
from local.adapter import alarms
from local.alarms.statistics import Sample

alarms.install()
PROPERTIES = json.loads('''{properties}''')
provisioners._cw_metric_alarm_put("updated", PROPERTIES)

def breaching_while_the_stack_is_updated(metric, oldest, end):
    update = threading.Thread(
        target=provisioners._cw_metric_alarm_put, args=("updated", PROPERTIES), daemon=True
    )
    update.start()
    update.join(timeout=0.5)
    return [Sample.of(end - 1, 1)]

alarms._samples = breaching_while_the_stack_is_updated
alarms.judge_all(1000.0, 60)
alarms.judge_all(1001.0, 60)
print([each["HistorySummary"] for each in cloudwatch._history_entries()][1:], file=sys.stderr)
"""


@pytest.fixture(scope="module")
def loop(shared_cloud: LocalCloud) -> LocalCloud:
    """A function that puts a metric, an alarm on it, and a function that every ALARM invokes."""
    resources = {
        "Inbox": stacks.resource("AWS::SQS::Queue", QueueName="loop-inbox"),
        "Publish": stacks.function("loop-publish", PUBLISHING),
        "Act": stacks.function(
            "loop-act", ACTING, Environment={"Variables": {"QUEUE": {"Ref": "Inbox"}}}
        ),
        "Rule": stacks.resource(
            "AWS::Events::Rule",
            EventPattern={
                "source": ["aws.cloudwatch"],
                "detail-type": ["CloudWatch Alarm State Change"],
                "resources": [{"Fn::GetAtt": ["Watched", "Arn"]}],
                "detail": {"state": {"value": ["ALARM"]}},
            },
            Targets=[{"Id": "act", "Arn": {"Fn::GetAtt": ["Act", "Arn"]}}],
        ),
        "Permission": stacks.resource(
            "AWS::Lambda::Permission",
            Action="lambda:InvokeFunction",
            FunctionName={"Ref": "Act"},
            Principal="events.amazonaws.com",
            SourceArn={"Fn::GetAtt": ["Rule", "Arn"]},
        ),
    }
    for logical_id, model in (("Watched", "watched"), ("Other", "other")):
        resources[logical_id] = alarm(
            f"loop-{model}",
            Namespace="Loop",
            MetricName="Violations",
            Dimensions=[{"Name": "Model", "Value": model}],
            Statistic="Maximum",
            Period=300,
        )
    stacks.apply(shared_cloud, "loop", resources)
    for name in ("loop-watched", "loop-other"):
        await_state(shared_cloud, name, "OK")
    return shared_cloud


def publish(cloud: LocalCloud, model: str, value: float) -> None:
    stacks.invoke(cloud, "loop-publish", {"model": model, "value": value})


def count_changes(cloud: LocalCloud, name: str) -> Counter[str]:
    history = cloud.client("cloudwatch").describe_alarm_history(
        AlarmName=name, HistoryItemType="StateUpdate"
    )
    summaries = (item["HistorySummary"] for item in history["AlarmHistoryItems"])
    return Counter(summary.removeprefix("Alarm updated from ") for summary in summaries)


def test_a_functions_metric_invokes_another_once_per_alarm(loop: LocalCloud) -> None:
    acted: list[dict[str, Any]] = []

    def has_acted(times: int) -> bool:
        acted.extend(receive_all(loop, "loop-inbox"))
        return len(acted) >= times

    publish(loop, "watched", 0)
    publish(loop, "other", 1)
    await_change(loop, "loop-other", "OK to ALARM")
    assert "OK to ALARM" not in changes(loop, "loop-watched")

    publish(loop, "watched", 3)
    eventually(lambda: has_acted(1), "the first alarm invokes")
    publish(loop, "watched", 2)  # It is in ALARM already.
    await_change(loop, "loop-watched", "ALARM to OK")
    publish(loop, "watched", 1)
    eventually(lambda: has_acted(2), "the second alarm invokes")

    assert count_changes(loop, "loop-watched")["OK to ALARM"] == len(acted) == 2
    assert len({event["id"] for event in acted}) == 2
    for event, value in zip(acted, (3.0, 1.0), strict=True):
        assert event["source"] == "aws.cloudwatch"
        assert event["resources"] == [describe_arn(loop, "loop-watched")]
        assert event["detail"]["alarmName"] == "loop-watched"
        assert event["detail"]["state"]["value"] == "ALARM"
        assert event["detail"]["previousState"]["value"] == "OK"
        data = json.loads(event["detail"]["state"]["reasonData"])
        assert (data["recentDatapoints"], data["period"]) == ([value], 300)


def describe_arn(cloud: LocalCloud, name: str) -> str:
    (found,) = cloud.client("cloudwatch").describe_alarms(AlarmNames=[name])["MetricAlarms"]
    return str(found["AlarmArn"])


def test_a_change_is_told_once_though_the_alarm_is_redefined_meanwhile() -> None:
    properties = alarm("updated")["Properties"]
    printed = emulator.run(UPDATED_WHILE_JUDGED.format(properties=json.dumps(properties)))
    assert printed == "['Alarm updated from INSUFFICIENT_DATA to ALARM']"
