from pathlib import Path

import pytest

from local.calls import Call
from tests.local import machines
from tests.local.machines import CATCH, end, output_of, task
from tests.local.release_stack import SERVING_ROLE, ReleaseStack

pytestmark = pytest.mark.local_cloud


def test_a_state_machine_updates_a_stack_of_models_and_reads_its_resources(
    release: ReleaseStack,
) -> None:
    describe = {"StackName": release.name}
    again = {"Variable": "$.StackStatus", "StringEquals": "UPDATE_COMPLETE", "Next": "Resource"}
    states = {
        "Update": task(
            "aws-sdk:cloudformation:updateStack",
            {**release.request(Champion="one"), "RoleARN": SERVING_ROLE},
            ResultPath=None,
            Next="Describe",
        ),
        "Describe": task(
            "aws-sdk:cloudformation:describeStacks",
            describe,
            ResultSelector={"StackStatus.$": "$.Stacks[0].StackStatus"},
            Next="Done?",
        ),
        "Done?": {"Type": "Choice", "Choices": [again], "Default": "Wait"},
        "Wait": {"Type": "Wait", "Seconds": 30, "Next": "Describe"},
        "Resource": task(
            "aws-sdk:cloudformation:describeStackResource",
            {**describe, "LogicalResourceId": "ChampionModel"},
            Next="End",
        ),
        "End": end(),
    }

    detail = output_of(release.cloud, states)["StackResourceDetail"]

    assert detail["ResourceStatus"] == "UPDATE_COMPLETE"
    assert detail["PhysicalResourceId"].endswith(release.resources()["ChampionModel"])
    assert Call(machines.ROLE.rpartition("/")[2], "iam:PassRole", SERVING_ROLE) in (
        release.cloud.calls()
    )


def test_a_state_machine_sees_why_an_update_is_refused(
    release: ReleaseStack, slow_gate: Path
) -> None:
    release.begin(Endpoint="slow")
    update = task(
        "aws-sdk:cloudformation:updateStack", release.request(Endpoint="none"), Catch=CATCH
    )

    error = output_of(release.cloud, {"Update": update, "Caught": end()})["error"]

    assert error["Error"] == "CloudFormation.CloudFormationException"
    assert "UPDATE_IN_PROGRESS state and can not be updated" in error["Cause"]
    slow_gate.touch()
    assert release.settled() == "UPDATE_COMPLETE"
