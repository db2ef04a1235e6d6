"""A restart in the middle of an operation on a stack: what was begun is rolled back."""

import json
from typing import Any

import pytest

from local import LocalCloud
from tests.cloud import eventually
from tests.local import stacks

pytestmark = pytest.mark.local_cloud

NAME = "interrupted"
CONDITIONAL = {"Condition": "IsSlow"}
TEMPLATE: dict[str, Any] = {
    "Parameters": {
        "Speed": {"Type": "String", "Default": "fast"},
        "Seconds": {"Type": "Number", "Default": 5},
    },
    "Conditions": {"IsSlow": {"Fn::Equals": [{"Ref": "Speed"}, "slow"]}},
    "Resources": {
        "Changed": stacks.resource(
            "AWS::SQS::Queue", QueueName="changed", VisibilityTimeout={"Ref": "Seconds"}
        ),
        "Added": stacks.resource("AWS::SQS::Queue", QueueName="added") | CONDITIONAL,
        "Function": stacks.function("silent"),
        # It never answers, so an operation that makes it lasts.
        "Last": stacks.resource("Custom::Silent", ServiceToken={"Fn::GetAtt": ["Function", "Arn"]})
        | CONDITIONAL
        | {"DependsOn": ["Added", "Changed"]},
    },
}


def parameters(**values: str) -> list[Any]:
    return [{"ParameterKey": key, "ParameterValue": value} for key, value in values.items()]


def create(cloud: LocalCloud, **values: str) -> None:
    cloud.client("cloudformation").create_stack(
        StackName=NAME, TemplateBody=json.dumps(TEMPLATE), Parameters=parameters(**values)
    )


def update(cloud: LocalCloud, **values: str) -> None:
    cloud.client("cloudformation").update_stack(
        StackName=NAME, UsePreviousTemplate=True, Parameters=parameters(**values)
    )


def settled(cloud: LocalCloud) -> Any:
    """Return the stack's description once nothing goes on."""

    def ended() -> Any:
        (found,) = cloud.client("cloudformation").describe_stacks(StackName=NAME)["Stacks"]
        return None if found["StackStatus"].endswith("_IN_PROGRESS") else found

    return eventually(ended, "the stack settles", seconds=120)


def queues(cloud: LocalCloud) -> dict[str, str]:
    """Return the visibility timeout of each queue."""
    sqs = cloud.client("sqs")
    return {
        url.rpartition("/")[2]: sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])[
            "Attributes"
        ]["VisibilityTimeout"]
        for url in sqs.list_queues().get("QueueUrls", [])
    }


def restart_amid(cloud: LocalCloud) -> None:
    """Restart the cloud when everything but the last resource is made."""
    eventually(lambda: cloud.lambda_workers("silent"), "the last resource is asked for", seconds=60)
    cloud.restart()


def test_an_update_that_a_restart_cuts_off_goes_back_to_what_was_before(
    fresh_cloud: LocalCloud,
) -> None:
    create(fresh_cloud)
    before = settled(fresh_cloud)
    update(fresh_cloud, Speed="slow", Seconds="9")

    restart_amid(fresh_cloud)

    after = settled(fresh_cloud)
    assert after["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert after["Parameters"] == before["Parameters"]
    assert queues(fresh_cloud) == {"changed": "5"}
    events = fresh_cloud.client("cloudformation").describe_stack_events(StackName=NAME)
    reasons = [each.get("ResourceStatusReason", "") for each in events["StackEvents"]]
    assert any("The local cloud ended" in each for each in reasons)

    update(fresh_cloud, Seconds="7")
    assert settled(fresh_cloud)["StackStatus"] == "UPDATE_COMPLETE"
    assert queues(fresh_cloud) == {"changed": "7"}


def test_a_creation_that_a_restart_cuts_off_leaves_nothing(fresh_cloud: LocalCloud) -> None:
    create(fresh_cloud, Speed="slow")

    restart_amid(fresh_cloud)

    assert settled(fresh_cloud)["StackStatus"] == "ROLLBACK_COMPLETE"
    assert queues(fresh_cloud) == {}


def test_what_has_ended_is_left_alone_by_a_restart(fresh_cloud: LocalCloud) -> None:
    create(fresh_cloud)
    settled(fresh_cloud)
    update(fresh_cloud, Seconds="9")
    before = settled(fresh_cloud)

    fresh_cloud.restart()

    assert settled(fresh_cloud) == before
    assert queues(fresh_cloud) == {"changed": "9"}
