"""`ops endpoint status`: what serves, and who disagrees."""

import json
import re
from typing import Any

import pytest
from typer.testing import CliRunner

from ops import executions
from ops.app import app
from ops.deployment import Deployment
from ops.executions import Execution
from schemas.releases import ReleaseStatus, Serving
from tests.unit.ops.services import RELEASES, Moment
from tests.unit.ops.serving import CONFIG, ENDPOINT, INFERENCE, MODEL_1, MODEL_2, Platform

RUNNER = CliRunner()
AB = Serving(champion=MODEL_1, challenger=MODEL_2, challenger_percent=20)


def status(exit_code: int = 0) -> Any:
    result = RUNNER.invoke(app, ["endpoint", "status", "--json"])
    assert result.exit_code == exit_code, result.output
    return json.loads(result.stdout)


def test_variants_models_and_shares_are_shown(serving: Platform) -> None:
    serving.serve(AB, release_id="ab-start-2-x", since="2026-11-23T04:00:00+00:00")
    serving.add_release("ab-start-2-x", target=AB)

    people = RUNNER.invoke(app, ["endpoint", "status"])

    assert people.exit_code == 0, people.output
    for text in (ENDPOINT, "InService", CONFIG, "ab-start-2-x", "model 2 gets 20 %",
                 "80", "Everybody agrees", "none in ALARM"):  # fmt: skip
        assert text in people.stdout
    variants = status()["endpoint"]["variants"]
    assert [(each["name"], each["percent"], each["instances"]) for each in variants] == [
        ("champion", 80, 2), ("challenger", 20, 2),
    ]  # fmt: skip


def test_before_the_first_release_there_is_no_endpoint_and_all_agree(serving: Platform) -> None:
    assert status()["endpoint"]["status"] == "Missing"
    assert serving.sagemaker.endpoints == {}


def test_an_update_that_an_alarm_undid_is_seen_although_the_stack_is_complete(
    serving: Platform,
) -> None:
    serving.serve(Serving(champion=MODEL_1))
    serving.stack(Serving(champion=MODEL_2), "EndpointConfig-2")

    found = " ".join(status(exit_code=1)["disagreements"])

    assert "the stack holds EndpointConfig-2" in found
    assert "an alarm has undone an update" in found
    assert "at the endpoint model 1 serves, the stack's parameters say that model 2" in found
    assert "the table of releases says that model 1 serves" in found


def hold(serving: Platform, *moments: Moment) -> None:
    """Let a release hold the endpoint whose stack says another model by now."""
    arn = serving.machine.add("release-2-x", *moments, machine=RELEASES)
    serving.serve(Serving(champion=MODEL_1), held_by=arn)
    serving.stack(Serving(champion=MODEL_2), "EndpointConfig-2")


def test_while_a_release_runs_disagreement_is_no_failure(serving: Platform) -> None:
    hold(serving, Moment())

    people = RUNNER.invoke(app, ["endpoint", "status"])
    of_all = RUNNER.invoke(app, ["status"])

    assert people.exit_code == 0
    assert "A release runs: python -m ops releases show release-2-x" in people.stdout
    assert "While the release runs:" in people.stdout
    assert "python -m ops rollback" not in people.stdout
    assert "everybody agrees; release release-2-x runs: " in " ".join(of_all.stdout.split())


@pytest.mark.parametrize("is_known", [True, False])
def test_a_release_that_died_excuses_no_disagreement(serving: Platform, is_known: bool) -> None:
    hold(serving, Moment("ABORTED"))
    if not is_known:
        serving.machine.executions.clear()

    people = RUNNER.invoke(app, ["endpoint", "status"])
    of_all = RUNNER.invoke(app, ["status"])

    assert people.exit_code == 1
    word = "ABORTED" if is_known else "forgotten"
    assert f"A release ended ({word}) and let go of nothing" in people.stdout
    assert "python -m ops releases show release-2-x" in people.stdout
    assert "THEY DISAGREE:" in people.stdout
    assert "THEY DISAGREE: " in " ".join(of_all.stdout.split())


def test_what_was_read_while_a_release_ended_is_read_again(
    serving: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    hold(serving, Moment("SUCCEEDED"))
    describe = executions.describe

    def end_meanwhile(deployment: Deployment, arn: str) -> Execution:
        serving.serve(Serving(champion=MODEL_2), config="EndpointConfig-2")
        return describe(deployment, arn)

    monkeypatch.setattr(executions, "describe", end_meanwhile)

    found = status()

    assert found["disagreements"] == []
    assert found["current"]["serving"]["champion"] == MODEL_2


def remedies(exit_code: int = 1) -> list[tuple[str, str]]:
    people = RUNNER.invoke(app, ["endpoint", "status"])
    assert people.exit_code == exit_code, people.output
    return re.findall(r"python -m ops (release\b|rollback\b)|past its (stack): see", people.stdout)


def test_a_stack_that_says_something_else_is_rolled_back_never_released(serving: Platform) -> None:
    serving.serve(Serving(champion=MODEL_1))
    serving.add_release("release-1-x")
    serving.stack(Serving(champion=MODEL_2), "EndpointConfig-2")

    assert remedies() == [("rollback", "")]


def test_a_release_that_was_not_recovered_is_rolled_back_while_the_next_one_waits(
    serving: Platform,
) -> None:
    serving.serve(Serving(champion=MODEL_1))
    serving.sagemaker.endpoints.clear()
    serving.add_release("release-2-x", status=ReleaseStatus.UNRECOVERED)
    serving.add_release(
        "release-3-x", status=ReleaseStatus.RUNNING, began_at="2026-11-23T05:00:00+00:00"
    )

    assert remedies() == [("rollback", "")]


def test_what_was_changed_past_the_stack_is_not_answered_with_the_model_before(
    serving: Platform,
) -> None:
    serving.serve(Serving(champion=MODEL_1))
    serving.add_release("release-1-x")
    serving.sagemaker.endpoints.clear()

    assert remedies() == [("", "stack")]


def test_an_endpoint_that_somebody_deleted_is_missed(serving: Platform) -> None:
    serving.serve(Serving(champion=MODEL_1))
    serving.sagemaker.endpoints.clear()

    assert "there is none" in " ".join(status(exit_code=1)["disagreements"])


def test_weights_that_somebody_changed_are_seen(serving: Platform) -> None:
    serving.serve(AB)
    for variant in serving.sagemaker.endpoints[ENDPOINT]["ProductionVariants"]:
        variant["DesiredWeight"] = variant["CurrentWeight"] = 50

    assert "model 2 gets 50 %" in " ".join(status(exit_code=1)["disagreements"])


def test_only_alarms_of_the_stack_count(serving: Platform) -> None:
    serving.serve(Serving(champion=MODEL_1))
    connection = serving.deployment.connection
    for name in ("errors", "another"):
        connection.cloudwatch.put_metric_alarm(
            AlarmName=name, MetricName="m", Namespace="n", Period=60, EvaluationPeriods=1,
            Threshold=1, ComparisonOperator="GreaterThanThreshold", Statistic="Sum",
        )  # fmt: skip
        connection.cloudwatch.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="r")
    serving.lake.cloudformation.resources[INFERENCE].append(("AWS::CloudWatch::Alarm", "errors"))

    assert status()["alarms"] == ["errors"]


def test_the_status_of_the_environment_says_what_serves(serving: Platform) -> None:
    serving.serve(Serving(champion=MODEL_1))

    people = RUNNER.invoke(app, ["status"])
    machine = json.loads(RUNNER.invoke(app, ["status", "--json"]).stdout)

    text = " ".join(people.stdout.split())
    assert "Endpoint: InService; model 1 serves; everybody agrees" in text
    assert "predictions dead-letter" in text
    assert machine["predictions"]["dead_letters"]["open"] == 0
