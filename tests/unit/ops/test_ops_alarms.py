"""`ops alarms`: which are on, since when, what each means, and the page that helps."""

import json
from typing import Any

import pytest
from moto.cloudwatch.models import cloudwatch_backends
from typer.testing import CliRunner

from ops import alarms
from ops.app import app
from tests.unit.ops.lake import REGION, Lake

RUNNER = CliRunner()
MEANING = "Messages could not be processed: `ops dead-letters list` says which."


def add_alarm(lake: Lake, name: str, *, description: str = "", state: Any = "OK") -> None:
    cloudwatch = lake.connection.cloudwatch
    cloudwatch.put_metric_alarm(
        AlarmName=name,
        AlarmDescription=description,
        MetricName="m",
        Namespace="n",
        Period=60,
        Statistic="Sum",
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
    )
    cloudwatch.set_alarm_state(AlarmName=name, StateValue=state, StateReason="test")
    lake.cloudformation.resources["mlops-local-ingestion"].append(("AWS::CloudWatch::Alarm", name))


def add_composite(lake: Lake, name: str, *, description: str, state: str) -> None:
    """Like `add_alarm`; moto describes composite alarms, and can make none."""
    add_alarm(lake, name, description=description, state=state)
    (backend,) = (each[REGION] for each in cloudwatch_backends.values())
    backend.alarms[name].rule = "ALARM(letters)"
    resources = lake.cloudformation.resources["mlops-local-ingestion"]
    resources[-1] = ("AWS::CloudWatch::CompositeAlarm", name)


@pytest.fixture
def alarmed(lake: Lake) -> Lake:
    add_alarm(lake, "calm", description="All is well. Runbook: docs/runbooks/calm.md")
    add_alarm(lake, "waiting", state="INSUFFICIENT_DATA")
    add_alarm(
        lake, "letters", description=f"{MEANING} Runbook: https://x.test/letters.md", state="ALARM"
    )
    add_composite(lake, "platform", description="Something is wrong.", state="ALARM")
    return lake


@pytest.mark.usefixtures("alarmed")
def test_alarms_that_are_on_are_shown_with_what_to_do() -> None:
    people = RUNNER.invoke(app, ["alarms"])
    machine = json.loads(RUNNER.invoke(app, ["alarms", "--json"]).stdout)

    assert people.exit_code == 0
    assert "2 of 4 alarms" in people.stdout
    assert "calm" not in people.stdout
    platform, letters = machine
    assert (platform["name"], platform["is_composite"], platform["runbook"]) == (
        "platform", True, "",
    )  # fmt: skip
    assert letters["meaning"] == MEANING
    assert letters["runbook"] == "https://x.test/letters.md"
    assert letters["since"]
    assert letters["runbook"] in people.stdout


@pytest.mark.usefixtures("alarmed")
def test_all_alarms_are_shown_those_that_are_on_first() -> None:
    machine = json.loads(RUNNER.invoke(app, ["alarms", "--all", "--json"]).stdout)

    assert [each["name"] for each in machine] == ["platform", "letters", "waiting", "calm"]
    assert machine[-1]["runbook"] == "docs/runbooks/calm.md"


def test_that_no_alarm_is_on_is_said(lake: Lake) -> None:
    add_alarm(lake, "calm")

    result = RUNNER.invoke(app, ["alarms"])

    assert result.exit_code == 0
    assert "None of 1 alarms is on" in result.stdout


def test_more_alarms_than_one_answer_holds_are_all_read(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(alarms, "ALARMS_AT_A_TIME", 2)
    for number in range(5):
        add_alarm(lake, f"alarm-{number}", state="ALARM")

    assert alarms.in_alarm(lake.deployment) == [f"alarm-{number}" for number in range(5)]


def test_composite_alarms_are_asked_for(alarmed: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    """CloudWatch leaves them out otherwise; the fake does not."""
    asked: list[dict[str, Any]] = []
    describe = alarmed.connection.cloudwatch.describe_alarms

    def remember(**request: Any) -> Any:
        asked.append(request)
        return describe(**request)

    monkeypatch.setattr(alarmed.connection.cloudwatch, "describe_alarms", remember)

    alarms.read(alarmed.deployment)

    assert all("CompositeAlarm" in each["AlarmTypes"] for each in asked)
