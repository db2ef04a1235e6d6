import json
from typing import Any

import pytest

from local import LocalCloud
from tests.cloud import eventually, receive_all
from tests.local import stacks
from tests.local.test_seam_alarms import alarm, await_state, put

pytestmark = pytest.mark.local_cloud

ARN = "arn:aws:cloudwatch:us-east-1:000000000000:alarm"


def composite(name: str, rule: Any, **properties: Any) -> dict[str, Any]:
    return stacks.resource(
        "AWS::CloudWatch::CompositeAlarm", AlarmName=name, AlarmRule=rule, **properties
    )


def after(resource: dict[str, Any], *logical_ids: str) -> dict[str, Any]:
    """Let a resource be made after others, which its rule has by name."""
    return resource | {"DependsOn": list(logical_ids)}


def describe(cloud: LocalCloud, name: str) -> dict[str, Any]:
    found = cloud.client("cloudwatch").describe_alarms(
        AlarmNames=[name], AlarmTypes=["CompositeAlarm"]
    )
    return dict(found["CompositeAlarms"][0]) if found["CompositeAlarms"] else {}


def history(cloud: LocalCloud, name: str) -> list[str]:
    """Return the changes of a composite alarm, oldest first."""
    found = cloud.client("cloudwatch").describe_alarm_history(
        AlarmName=name, AlarmTypes=["CompositeAlarm"], ScanBy="TimestampAscending"
    )
    return [
        item["HistorySummary"].removeprefix("Alarm updated from ")
        for item in found["AlarmHistoryItems"]
    ]


def inbox(name: str) -> dict[str, dict[str, Any]]:
    """Return a topic, and a queue that gets its messages."""
    queue = {"Fn::GetAtt": ["Inbox", "Arn"]}
    subscription = {"Protocol": "sqs", "Endpoint": queue, "RawMessageDelivery": True}
    return {
        "Inbox": stacks.resource("AWS::SQS::Queue", QueueName=name),
        "Topic": stacks.resource("AWS::SNS::Topic", TopicName=name),
        "Subscription": stacks.resource(
            "AWS::SNS::Subscription", TopicArn={"Ref": "Topic"}, **subscription
        ),
    }


def delete(cloud: LocalCloud, stack: str) -> None:
    client = cloud.client("cloudformation")
    client.delete_stack(StackName=stack)
    client.get_waiter("stack_delete_complete").wait(StackName=stack, WaiterConfig={"Delay": 1})


def tags_of(cloud: LocalCloud, name: str) -> dict[str, str]:
    """Return the tags of an alarm, without CloudFormation's own."""
    found = cloud.client("cloudwatch").list_tags_for_resource(ResourceARN=f"{ARN}:{name}")
    return {tag["Key"]: tag["Value"] for tag in found["Tags"] if not tag["Key"].startswith("aws:")}


def reason_of_failure(cloud: LocalCloud, stack: str) -> str:
    events = cloud.client("cloudformation").describe_stack_events(StackName=stack)["StackEvents"]
    return str(
        next(e["ResourceStatusReason"] for e in events if e["ResourceStatus"] == "CREATE_FAILED")
    )


def test_a_chain_follows_its_metrics_and_tells_topics_and_the_event_bus(
    shared_cloud: LocalCloud,
) -> None:
    tell = {"AlarmActions": [{"Ref": "Topic"}], "OKActions": [{"Ref": "Topic"}]}
    pattern = {
        "source": ["aws.cloudwatch"],
        "detail": {"alarmName": ["chain-top"], "state": {"value": ["ALARM"]}},
    }
    any_of = {"Fn::Sub": 'ALARM("chain-a") OR ALARM("${B.Arn}")'}
    stacks.apply(
        shared_cloud,
        "chain",
        inbox("chain")
        | {
            "A": alarm("chain-a"),
            "B": alarm("chain-b"),
            "Any": after(composite("chain-any", any_of), "A"),
            "Top": after(composite("chain-top", "ALARM(chain-any) AND NOT FALSE", **tell), "Any"),
            "Events": stacks.resource("AWS::SQS::Queue", QueueName="chain-events"),
            "Rule": stacks.resource(
                "AWS::Events::Rule",
                EventPattern=pattern,
                Targets=[{"Id": "q", "Arn": {"Fn::GetAtt": ["Events", "Arn"]}}],
            ),
        },
    )
    for name in ("chain-a", "chain-b"):
        await_state(shared_cloud, name, "OK")
    assert describe(shared_cloud, "chain-top")["StateValue"] == "OK"

    put(shared_cloud, "Test", **{"chain-b": 1})
    changes = ["INSUFFICIENT_DATA to OK", "OK to ALARM", "ALARM to OK"]
    eventually(lambda: history(shared_cloud, "chain-top") == changes, "it alarms and recovers")

    assert history(shared_cloud, "chain-any") == changes
    messages = receive_all(shared_cloud, "chain")
    assert [message["NewStateValue"] for message in messages] == ["OK", "ALARM", "OK"]
    told = messages[1]
    assert told["NewStateReason"].startswith(f"{ARN}:chain-any transitioned to ALARM at ")
    assert (told["AlarmRule"], "Trigger" in told) == ("ALARM(chain-any) AND NOT FALSE", False)
    (child,) = told["TriggeringChildren"]
    assert (child["Arn"], child["State"]["Value"]) == (f"{ARN}:chain-any", "ALARM")
    (event,) = receive_all(shared_cloud, "chain-events")
    assert event["resources"] == [f"{ARN}:chain-top"]
    detail = event["detail"]
    assert detail["configuration"] == {"alarmRule": told["AlarmRule"]}
    assert detail["previousState"]["value"] == "OK"
    assert "was created and its alarm rule evaluates to OK" in detail["previousState"]["reason"]
    data = json.loads(detail["state"]["reasonData"])
    assert [each["arn"] for each in data["triggeringAlarms"]] == [f"{ARN}:chain-any"]


RULES = [
    ("TRUE", "ALARM"),
    ("FALSE", "OK"),
    ("NOT FALSE", "ALARM"),
    ('OK("rules-ok")', "ALARM"),
    ('ALARM("rules-ok")', "OK"),
    (f'OK("{ARN}:rules-ok")', "ALARM"),
    ('INSUFFICIENT_DATA("rules-unknown")', "ALARM"),
    ('OK("rules-ok") AND ALARM("rules-unknown")', "OK"),
    ('ALARM("rules-unknown") OR OK("rules-ok")', "ALARM"),
    ('FALSE AND FALSE OR NOT ALARM("rules-ok")', "ALARM"),
    ("FALSE AND (FALSE OR TRUE)", "OK"),
]


def test_the_language_of_rules(shared_cloud: LocalCloud) -> None:
    children = {"A": alarm("rules-ok"), "B": alarm("rules-unknown", TreatMissingData="missing")}
    stacks.apply(shared_cloud, "rules", children)
    await_state(shared_cloud, "rules-ok", "OK")
    composites = {
        f"C{number}": composite(f"rules-{number}", rule) for number, (rule, _) in enumerate(RULES)
    }
    stacks.apply(shared_cloud, "rules", children | composites)

    found = [describe(shared_cloud, f"rules-{number}") for number in range(len(RULES))]

    assert [(each["AlarmRule"], each["StateValue"]) for each in found] == RULES


@pytest.mark.parametrize(
    ("stack", "properties", "reason"),
    [
        ("absent", {"AlarmRule": "ALARM(nobody)"}, "alarm:nobody] in the alarm rule do not exist"),
        ("malformed", {"AlarmRule": 'ALARM("child"'}, "Error in AlarmRule"),
        ("taken", {"AlarmName": "taken-child"}, "taken-child already exists"),
        ("suppressed", {"ActionsSuppressor": "any"}, "has no ActionsSuppressor"),
    ],
)
def test_what_cannot_be_evaluated_fails_the_deployment(
    shared_cloud: LocalCloud, stack: str, properties: dict[str, Any], reason: str
) -> None:
    refused = composite("refused", "TRUE")
    refused["Properties"] |= properties
    resources = {"Child": alarm(f"{stack}-child"), "C": after(refused, "Child")}
    with pytest.raises(Exception, match="ROLLBACK_COMPLETE"):
        stacks.apply(shared_cloud, stack, resources)
    assert reason in reason_of_failure(shared_cloud, stack)


def test_an_update_keeps_the_alarm_and_nothing_deletes_its_children(
    shared_cloud: LocalCloud,
) -> None:
    tags = [{"Key": "owner", "Value": "tests"}]
    resources = {"A": alarm("updated-child"), "C": composite("updated", "FALSE", Tags=tags)}
    client = shared_cloud.client("cloudwatch")
    stacks.apply(shared_cloud, "updated", resources)
    assert tags_of(shared_cloud, "updated") == {"owner": "tests"}
    resources["C"] = after(
        composite("updated", 'NOT ALARM("updated-child")', ActionsEnabled="false"), "A"
    )
    stacks.apply(shared_cloud, "updated", resources)

    found = describe(shared_cloud, "updated")
    assert (found["StateValue"], found["ActionsEnabled"]) == ("ALARM", False)
    assert history(shared_cloud, "updated") == ["INSUFFICIENT_DATA to OK", "OK to ALARM"]
    assert tags_of(shared_cloud, "updated") == {}
    with pytest.raises(client.exceptions.ClientError, match="composite alarm.s. depending on it"):
        client.delete_alarms(AlarmNames=["updated-child"])

    delete(shared_cloud, "updated")
    assert not describe(shared_cloud, "updated")


def test_a_new_name_makes_a_new_alarm(shared_cloud: LocalCloud) -> None:
    stacks.apply(shared_cloud, "renamed", {"C": composite("renamed-before", "TRUE")})
    stacks.apply(shared_cloud, "renamed", {"C": composite("renamed-after", "TRUE")})

    assert describe(shared_cloud, "renamed-after")["StateValue"] == "ALARM"
    assert not describe(shared_cloud, "renamed-before")


def test_a_restart_keeps_composite_alarms_at_work(fresh_cloud: LocalCloud) -> None:
    resources = {"A": alarm("kept-child"), "C": after(composite("kept", "ALARM(kept-child)"), "A")}
    stacks.apply(fresh_cloud, "kept", resources)
    await_state(fresh_cloud, "kept-child", "OK")

    fresh_cloud.restart()
    put(fresh_cloud, "Test", **{"kept-child": 1})

    eventually(lambda: "OK to ALARM" in history(fresh_cloud, "kept"), "it follows its child")
