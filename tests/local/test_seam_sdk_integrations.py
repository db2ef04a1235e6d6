import json
from typing import Any

import pytest

from local import LocalCloud
from local.environment import ACCOUNT, REGION
from tests.local import machines
from tests.local.machines import CATCH, end, output_of, task

pytestmark = pytest.mark.local_cloud

TEMPLATE = {
    "Parameters": {"Champion": {"Type": "String"}, "Share": {"Type": "Number", "Default": "0"}},
    "Resources": {
        "Topic": {
            "Type": "AWS::SNS::Topic",
            "Properties": {"DisplayName": {"Ref": "Champion"}, "TopicName": "released"},
        }
    },
}


@pytest.fixture
def stack(fresh_cloud: LocalCloud) -> LocalCloud:
    """A cloud with the stack `release`, whose champion is `one` and whose share is 5."""
    client = fresh_cloud.client("cloudformation")
    client.create_stack(
        StackName="release", TemplateBody=json.dumps(TEMPLATE), Parameters=parameters("one", "5")
    )
    client.get_waiter("stack_create_complete").wait(StackName="release", WaiterConfig={"Delay": 1})
    return fresh_cloud


def parameters(champion: str, share: str | None = None) -> list[dict[str, Any]]:
    kept = {"UsePreviousValue": True} if share is None else {"ParameterValue": share}
    return [
        {"ParameterKey": "Champion", "ParameterValue": champion},
        {"ParameterKey": "Share", **kept},
    ]


def update(champion: str, **fields: Any) -> machines.State:
    request = {
        "StackName": "release",
        "UsePreviousTemplate": True,
        "Parameters": parameters(champion),
    }
    return task("aws-sdk:cloudformation:updateStack", request, **fields)


def describe(**fields: Any) -> machines.State:
    return task("aws-sdk:cloudformation:describeStacks", {"StackName": "release"}, **fields)


def test_a_state_machine_updates_a_stack_and_sees_that_it_is_done(stack: LocalCloud) -> None:
    states = {
        "Update": update("two", Next="Describe", ResultPath=None),
        "Describe": describe(Next="Done?"),
        "Done?": {
            "Type": "Choice",
            "Choices": [
                {
                    "Variable": "$.Stacks[0].StackStatus",
                    "StringEquals": "UPDATE_COMPLETE",
                    "Next": "Done",
                }
            ],
            "Default": "Wait",
        },
        "Wait": {"Type": "Wait", "Seconds": 30, "Next": "Describe"},
        "Done": end(),
    }

    (described,) = output_of(stack, states)["Stacks"]

    assert described["StackName"] == "release"
    assert {each["ParameterKey"]: each["ParameterValue"] for each in described["Parameters"]} == {
        "Champion": "two",
        "Share": "5",
    }
    assert described["CreationTime"].endswith("Z")
    arn = f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/release"
    calls = {call for call in stack.calls() if call.resource.startswith(arn)}
    assert {(call.role, call.action) for call in calls} == {
        ("machine", "cloudformation:UpdateStack"),
        ("machine", "cloudformation:DescribeStacks"),
    }


def test_what_is_not_modelled_is_one_error_for_all_with_the_reason_as_its_cause(
    stack: LocalCloud,
) -> None:
    states = {"Update": update("one", Catch=CATCH), "Caught": end()}

    error = output_of(stack, states)["error"]

    assert error["Error"] == "CloudFormation.CloudFormationException"
    assert "No updates are to be performed" in error["Cause"]


def test_what_is_modelled_has_a_name_of_its_own(stack: LocalCloud) -> None:
    request = {"StackName": "release", "TemplateBody": json.dumps(TEMPLATE)}
    create = task("aws-sdk:cloudformation:createStack", request, Catch=CATCH)

    error = output_of(stack, {"Create": create, "Caught": end()})["error"]

    assert error["Error"] == "CloudFormation.AlreadyExistsException"
