"""`ops release`, `rollback` and `ab`: what is asked for, what is told, and what they end with."""

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from typer.testing import CliRunner

from ops.app import app
from ops.commands import render_releases
from ops.releasing import ReleaseOutcome
from schemas.releases import Current, ReleaseStatus
from tests.unit.ops.release_moments import ended
from tests.unit.ops.services import BEGAN, RELEASES, Moment, entered, failed, invoked, left
from tests.unit.ops.serving import ENDPOINT, INFERENCE, MODEL_1, MODEL_2, Platform

RUNNER = CliRunner()


pytestmark = pytest.mark.usefixtures("impatient")


def only_request(serving: Platform) -> dict[str, Any]:
    (request,) = serving.machine.inputs.values()
    return request


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        (["release"], {"action": "release", "model_package_arn": MODEL_2}),
        (["release", "1"], {"action": "release", "model_package_arn": MODEL_1}),
        (["release", MODEL_1], {"action": "release", "model_package_arn": MODEL_1}),
        (["release", "201303-00000001"], {"action": "release", "model_package_arn": MODEL_1}),
        (["release", "champion"], {"action": "release", "model_package_arn": MODEL_1}),
        (["rollback"], {"action": "rollback"}),
        (["rollback", "--to", "1"], {"action": "rollback", "model_package_arn": MODEL_1}),
        (
            ["ab", "start", "2"],
            {"action": "ab-start", "model_package_arn": MODEL_2, "challenger_percent": 10},
        ),
        (["ab", "weights", "25"], {"action": "ab-weights", "challenger_percent": 25}),
        (["ab", "stop"], {"action": "ab-stop"}),
    ],
)
def test_what_is_asked_for_reaches_the_state_machine(
    two_models: Platform, arguments: list[str], wanted: dict[str, Any]
) -> None:
    result = RUNNER.invoke(app, [*arguments, "--note", "because", "--no-wait", "--json"])

    assert result.exit_code == 0, result.output
    assert only_request(two_models) == {"note": "because", **wanted}
    (arn,) = two_models.machine.executions
    assert arn.startswith(RELEASES.replace("stateMachine", "execution"))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["release", "3"], "model 3 is PendingManualApproval"),
        (["rollback", "--to", "3"], "models approve 3"),
        (["ab", "start", "3"], "only approved models may serve"),
        (["ab", "start", "2", "--percent", "51"], "51 % of the requests"),
        (["ab", "weights", "0"], "Give 1 to 50"),
        (["release", "7"], "names no model"),
    ],
)
def test_what_makes_no_sense_is_said_before_anything_begins(
    two_models: Platform, arguments: list[str], message: str
) -> None:
    two_models.training.register("201303-00000003", approval="PendingManualApproval")

    result = RUNNER.invoke(app, arguments)

    assert result.exit_code == 1
    assert message in result.stderr
    assert two_models.machine.executions == {}


@pytest.mark.usefixtures("serving")
def test_without_an_approved_model_nothing_begins() -> None:
    result = RUNNER.invoke(app, ["release"])

    assert result.exit_code == 1
    assert "no model is approved" in result.stderr


def test_people_see_states_the_stack_and_the_endpoint(two_models: Platform) -> None:
    begun = [entered("Plan"), invoked(), left("Plan"), entered("Update"), left("Update")]
    waiting = [*begun, entered("Look"), left("Look"), entered("Look"), left("Look")]
    two_models.lake.cloudformation.events[INFERENCE] = [
        event("2", "Endpoint", "UPDATE_IN_PROGRESS"),
        event("1", "ChampionModel", "CREATE_COMPLETE"),
        event("0", "Endpoint", "CREATE_COMPLETE", before=timedelta(days=1)),
    ]
    two_models.sagemaker.endpoints[ENDPOINT] |= updating("Baking for 60 seconds")
    end = ended()
    end.events = [*waiting, entered("Settle"), invoked(), left("Settle")]
    two_models.machine.next_moments = [Moment(events=begun), Moment(events=waiting), end]

    result = RUNNER.invoke(app, ["release", "2"])

    assert result.exit_code == 0, result.output
    # The time since it began, two spaces, and what is told.
    told = [re.split(r":\d\d  ", line, maxsplit=1)[1].rstrip() for line in lines_of(result.stderr)]
    assert told == [
        "checking what is asked for, and waiting for its turn",
        "updating the stack",
        "  stack: ChampionModel CREATE_COMPLETE",
        "  stack: Endpoint UPDATE_IN_PROGRESS",
        "  endpoint Updating: champion: Baking for 60 seconds",
        "waiting until the stack is updated",
        "recording what serves",
    ]
    assert "has succeeded" in result.stdout
    assert "Now model 1 serves" in result.stdout


def lines_of(stderr: str) -> list[str]:
    return stderr.splitlines()[1:]


def event(number: str, name: str, status: str, *, before: timedelta | None = None) -> Any:
    return {
        "EventId": number,
        "Timestamp": BEGAN - before if before else BEGAN + timedelta(seconds=int(number)),
        "LogicalResourceId": name,
        "ResourceStatus": status,
    }


def updating(message: str) -> dict[str, Any]:
    variant = {
        "VariantName": "champion",
        "VariantStatus": [{"Status": "Baking", "StatusMessage": message}],
    }
    pending = {"EndpointConfigName": "next", "ProductionVariants": [variant]}
    return {"EndpointStatus": "Updating", "PendingDeploymentSummary": pending}


def test_a_failed_release_gives_its_reason_and_what_serves(two_models: Platform) -> None:
    two_models.machine.next_moments = [
        Moment(
            "FAILED",
            events=[entered("SmokeTest"), invoked(), failed("PermanentError", "{}")],
            told={"error": "Release failed", "cause": "record 3: 0.2 expected, 0.9 found"},
        )
    ]

    people = RUNNER.invoke(app, ["release", "2"])
    machine = RUNNER.invoke(app, ["release", "2", "--json"])

    assert people.exit_code == machine.exit_code == 1
    for text in ("FAILED", "record 3: 0.2 expected", "Now model 1 serves", "ops endpoint status"):
        assert text in people.stdout
    assert json.loads(machine.stdout)["status"] == "failed"
    assert json.loads(machine.stdout)["current"]["serving"]["champion"] == MODEL_1


@pytest.mark.parametrize(
    ("status", "exit_code", "text"),
    [
        (ReleaseStatus.SUCCEEDED, 0, "has succeeded"),
        (ReleaseStatus.UNCHANGED, 0, "it serves already"),
        (ReleaseStatus.SKIPPED, 1, "was skipped"),
        (ReleaseStatus.FAILED, 1, "FAILED"),
        (ReleaseStatus.UNRECOVERED, 1, "could NOT be brought back"),
    ],
)
def test_the_table_tells_what_became_of_it(
    two_models: Platform,
    monkeypatch: pytest.MonkeyPatch,
    status: ReleaseStatus,
    exit_code: int,
    text: str,
) -> None:
    two_models.machine.next_moments = [ended()]
    start = two_models.machine.StartExecution

    def start_and_settle(request: dict[str, Any]) -> dict[str, Any]:
        two_models.add_release(request["name"], status=status, reason="the reason")
        return start(request)

    monkeypatch.setattr(two_models.machine, "StartExecution", start_and_settle)

    result = RUNNER.invoke(app, ["rollback"])

    assert result.exit_code == exit_code
    assert text in result.stdout
    assert "the reason" in result.stdout


@pytest.mark.parametrize("status", list(ReleaseStatus))
def test_every_status_is_told_in_words(status: ReleaseStatus) -> None:
    result = ReleaseOutcome(
        release_id="release-2-x", execution_arn="arn", status=status, reason="", current=Current()
    )

    told = [str(line) for line in render_releases.outcome(result)]

    assert told[0].startswith("Release release-2-x ")
    assert any("python -m ops rollback" in line for line in told) == (
        status is ReleaseStatus.UNRECOVERED
    )
    assert not any("python -m ops release " in f"{line} " for line in told)


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (ReleaseStatus.SUCCEEDED, ""),
        (ReleaseStatus.UNCHANGED, ""),
        (ReleaseStatus.SKIPPED, "the announcement"),
    ],
)
def test_only_what_did_not_go_well_has_its_announcement_for_a_reason(
    two_models: Platform, status: ReleaseStatus, reason: str
) -> None:
    two_models.machine.next_moments = [ended(status, "the announcement")]

    result = RUNNER.invoke(app, ["release", "2", "--json"])

    document = json.loads(result.stdout)
    assert (document["status"], document["reason"]) == (status.value, reason)
