"""What a release asks of CloudFormation's stack, and what it makes of the one that it finds."""

from typing import Any

import pytest

from lambdas.shared.errors import PermanentError
from tests.unit.lambdas.hosting import STACK
from tests.unit.lambdas.release_requests import approval, arn_of, champion, request
from tests.unit.lambdas.releasing import Releasing, refuse
from tests.unit.lambdas.services import RefusedError


def test_a_release_waits_while_somebody_deploys(served: Releasing) -> None:
    served.hosting.status = "UPDATE_IN_PROGRESS"

    waiting = served.plan(approval(2))
    assert (waiting["decision"], waiting["reason"]) == (
        "wait",
        f"stack {STACK} is being changed (UPDATE_IN_PROGRESS)",
    )
    assert served.current.held_by == ""

    served.hosting.status = "UPDATE_ROLLBACK_COMPLETE"
    assert served.run(approval(2)) == "succeeded"


def test_a_deployment_that_begins_after_the_claim_is_waited_for(
    served: Releasing, monkeypatch: pytest.MonkeyPatch
) -> None:
    describe = served.hosting.DescribeStacks
    states = iter(["CREATE_COMPLETE", "UPDATE_IN_PROGRESS"])

    def changing(asked: dict[str, Any]) -> dict[str, Any]:
        served.hosting.status = next(states, "UPDATE_COMPLETE")
        return describe(asked)

    monkeypatch.setattr(served.hosting, "DescribeStacks", changing)
    served.while_waiting = [lambda: None]

    assert served.run(approval(2)) == "succeeded"


def test_a_stack_that_is_not_there_is_named(
    releasing: Releasing, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = releasing.register()
    monkeypatch.setattr(releasing.hosting, "DescribeStacks", _missing)

    with pytest.raises(PermanentError, match="stack-missing: .*deploy the platform first"):
        releasing.plan(approval(version))


def _missing(_request: object) -> dict[str, Any]:
    raise RefusedError("ValidationError", "Stack with id x does not exist")


def test_the_parameters_that_are_sent_leave_all_others_as_they_are(served: Releasing) -> None:
    plan = served.plan(request("release", 2))

    assert plan["parameters"] == [
        {"ParameterKey": "Other", "UsePreviousValue": True},
        {"ParameterKey": "ChampionPackageArn", "ParameterValue": arn_of(2)},
        {"ParameterKey": "ChallengerPackageArn", "ParameterValue": "none"},
        {"ParameterKey": "ChampionWeight", "ParameterValue": "100"},
        {"ParameterKey": "ChallengerWeight", "ParameterValue": "0"},
        {"ParameterKey": "Guards", "ParameterValue": "on"},
    ]
    assert plan["stack_name"] == STACK


def test_tokens_are_what_cloudformation_accepts(served: Releasing) -> None:
    name = "f3f3a1d8-0f0c-4e0e-9a6e-3c2b1a000000_ab12cd34-0f0c-4e0e-9a6e-3c2b1a000000"

    token = served.plan(request("release", 2), name)["token"]

    assert token == f"release-{name.replace('_', '-')}"


def test_an_endpoint_of_one_variant_needs_no_parameters_of_others(served: Releasing) -> None:
    """Serverless endpoints have no challenger."""
    for name in ("ChallengerPackageArn", "ChallengerWeight"):
        del served.hosting.parameters[name]

    assert served.run(request("release", 2)) == "succeeded"
    assert served.hosting.serving == {"champion": arn_of(2)}

    assert served.run(request("ab-start", 1, 10), name="e2") == "failed"
    assert "serves one model at a time, as serverless endpoints do" in served.release("e2").reason


def test_a_stack_without_a_place_for_a_model_is_refused(served: Releasing) -> None:
    del served.hosting.parameters["ChampionPackageArn"]

    with pytest.raises(PermanentError, match="not-an-endpoint"):
        served.plan(request("release", 2))


def test_a_table_that_was_lost_is_written_anew_from_the_stack(served: Releasing) -> None:
    """Otherwise a failed release would take the endpoint away."""
    for name in ("current", "first-1"):
        served.table._table.delete_item(Key={"release_id": name})
    served.smoke_test = refuse

    assert served.run(request("release", 2)) == "failed"

    served.check_serves(champion(1))
