"""What a release rests on: how CloudFormation updates a stack whose parameters choose models."""

from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from local.calls import Call
from local.environment import ACCOUNT, REGION
from tests.local import jobs
from tests.local.release_stack import SERVING_ROLE, ReleaseStack

pytestmark = pytest.mark.local_cloud


def test_parameters_choose_which_resources_exist_and_numbers_arrive_as_numbers(
    release: ReleaseStack,
) -> None:
    assert release.resources() == {}

    release.update(Champion="one")
    assert set(release.resources()) == {"ChampionModel", "Config"}
    assert release.weights() == {"champion": 100.0}

    release.update("Champion", Challenger="two", ChampionWeight="90", ChallengerWeight="10")
    assert set(release.resources()) == {"ChampionModel", "ChallengerModel", "Config"}
    assert release.weights() == {"champion": 90.0, "challenger": 10.0}


def test_a_parameter_that_is_left_out_falls_back_to_its_default(release: ReleaseStack) -> None:
    release.update(Champion="one", ChampionWeight="90")

    release.update("Champion", ChallengerWeight="0")

    assert release.parameters() == {"Champion": "one"}
    assert release.weights() == {"champion": 100.0}


def test_what_is_retained_outlives_replacement_removal_and_the_stack(release: ReleaseStack) -> None:
    release.update(Champion="one", Challenger="two")
    first = release.resources()

    release.update(Champion="two")
    second = release.resources()
    assert second["ChampionModel"] != first["ChampionModel"]
    assert "ChallengerModel" not in second
    assert release.left() == {*first.values(), *second.values()}

    release.update()
    assert release.resources() == {}
    assert release.left() == {*first.values(), *second.values()}

    release.delete()
    release.create()
    assert release.left() == {*first.values(), *second.values()}


def test_what_comes_back_never_gets_the_name_of_what_was_retained(release: ReleaseStack) -> None:
    release.update(Champion="one", Challenger="two")
    first = release.resources()
    release.update(Champion="one")

    release.update("Champion", Challenger="two")

    assert release.resources()["ChampionModel"] == first["ChampionModel"]
    assert release.resources()["ChallengerModel"] != first["ChallengerModel"]


def test_an_update_that_fails_half_way_goes_back_to_the_previous_parameters(
    release: ReleaseStack,
) -> None:
    release.update(Champion="one", ChampionWeight="90")
    before = release.resources(), release.parameters(), release.describe()["Outputs"]

    release.begin(Champion="two", Challenger="three", Endpoint="absent")

    assert release.settled() == "UPDATE_ROLLBACK_COMPLETE"
    assert (release.resources(), release.parameters(), release.describe()["Outputs"]) == before
    assert release.weights() == {"champion": 90.0}
    assert "UPDATE_ROLLBACK_IN_PROGRESS" in [each["ResourceStatus"] for each in release.events()]

    release.update(Champion="two")
    assert release.parameters() == {"Champion": "two"}


def test_an_update_runs_while_others_are_answered_and_no_second_one_is_begun(
    release: ReleaseStack, slow_gate: Path
) -> None:
    release.begin(Endpoint="slow")

    assert release.describe()["StackStatus"] == "UPDATE_IN_PROGRESS"
    with pytest.raises(ClientError) as refused:
        release.begin(Endpoint="none")
    assert refused.value.response["Error"] == {
        "Type": "Sender",
        "Code": "ValidationError",
        "Message": f"Stack:{release.describe()['StackId']} is in UPDATE_IN_PROGRESS state and can "
        "not be updated.",
    }

    slow_gate.touch()
    assert release.settled() == "UPDATE_COMPLETE"


def test_an_update_keeps_its_role_and_acts_under_it(release: ReleaseStack) -> None:
    release.update(Champion="one", options={"RoleARN": SERVING_ROLE, "ClientRequestToken": "first"})
    release.update(Champion="two")

    assert release.describe()["RoleARN"] == SERVING_ROLE
    name = release.resources()["ChampionModel"]
    arn = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:model/{name}"
    assert {
        Call("serving", "sagemaker:CreateModel", arn),
        Call("serving", "iam:PassRole", jobs.ROLE),
    } <= release.cloud.calls()
    assert "first" in {each.get("ClientRequestToken") for each in release.events()}


def test_a_refused_update_leaves_the_role_alone(release: ReleaseStack) -> None:
    with pytest.raises(ClientError, match="No updates are to be performed"):
        release.begin(options={"RoleARN": SERVING_ROLE})

    assert "RoleARN" not in release.describe()
