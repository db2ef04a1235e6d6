"""The closed loop, by its real cause: a world in which the model is wrong.

Flights are predicted, and then arrive as nobody would have thought: those that are usually late are
on time, and the other way round. Drift warns, quality begins a training, and what is worse than
anything that may serve is rolled back.
"""

import json
import secrets
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from ops import executions, monitor_runs, releases
from ops.monitoring import MonitoringReport
from schemas.findings import Concern
from schemas.monitoring import MonitoringStatus, Reaction
from schemas.names import Output
from schemas.releases import Action
from tests.cloud import eventually
from tests.e2e import turned
from tests.e2e.caller import ask, assert_logged
from tests.e2e.lake import Lake
from tests.e2e.releases import (
    LONGEST_SECONDS,
    approve,
    await_approved,
    champion,
    come_to_rest,
    register_copy,
)
from tests.e2e.subscriber import Subscriber, subscribed
from tests.e2e.training_phases import Trained

JSON = "application/json"
ROWS_PER_REQUEST = 500
DELIVERIES = 12


@dataclass(frozen=True, slots=True)
class Judged:
    """A run of the monitor, and what came before and after it.

    Attributes:
        good: ARN of the model that served before.
        judged: ARN of the one that was judged.
        report: What was found and decided.
        notices: What people were told.
    """

    good: str
    judged: str
    report: MonitoringReport
    notices: Subscriber

    def arn(self, reaction: Reaction) -> str:
        """Return the execution that a reaction has begun."""
        (found,) = (each for each in self.report.decisions if each.reaction is reaction)
        return found.execution_arn


@pytest.fixture(scope="module")
def judged(lake: Lake, trained: Trained) -> Iterator[Judged]:
    """Two models have served; what the second has said is wrong."""
    await_approved(lake, trained.model)
    come_to_rest(lake)
    good = champion(lake)
    second = approve(lake, register_copy(lake, good))
    await_approved(lake, second)
    come_to_rest(lake)
    assert champion(lake).arn == second.arn
    with subscribed(lake.cloud, lake.deployment[Output.ALARM_TOPIC_ARN], "closed-loop") as heard:
        since = datetime.now(UTC).isoformat()
        assert_logged(lake, predict(lake, turned.requests()))
        for key, body in turned.files():
            lake.put(key, body)
            lake.await_outcome(key)
        report = look(lake, since)
        yield Judged(good.arn, second.arn, report, heard)


def predict(lake: Lake, rows: Sequence[dict[str, Any]]) -> list[str]:
    """Ask for rows; return the ids of the predictions."""
    found: list[str] = []
    for first in range(0, len(rows), ROWS_PER_REQUEST):
        body = json.dumps(rows[first : first + ROWS_PER_REQUEST])
        answer = ask(lake, body, media_type=JSON, request_id=f"loop-{secrets.token_hex(4)}")
        assert answer.status == 200, answer.body
        found += answer.prediction_ids
    return found


def look(lake: Lake, since: str) -> MonitoringReport:
    """Run the monitor, and wait until everything that it found is decided upon."""
    request = monitor_runs.request(since=since, label_months=[turned.MONTH])
    started = monitor_runs.begin(lake.deployment, request)

    def decided() -> MonitoringReport | None:
        report = monitor_runs.show(lake.deployment, started.execution)
        assert report.run.status is not MonitoringStatus.FAILED, report.run.reason
        is_decided = report.run.status is MonitoringStatus.DONE and not report.undecided
        is_over = is_decided and all(each.is_announced for each in report.decisions)
        return report if is_over else None

    found = eventually(decided, "the run is decided upon", seconds=LONGEST_SECONDS)
    assert isinstance(found, MonitoringReport)
    return found


def test_everything_that_is_wrong_is_found(judged: Judged) -> None:
    summary = judged.report.summary
    assert summary is not None
    assert summary.labelled == len(turned.requests()) == summary.predictions
    assert summary.quality["auc"].high < 0.5
    assert all(summary.of(concern) for concern in Concern)


def test_drift_warns_and_does_nothing_else(judged: Judged) -> None:
    (warning,) = (each for each in judged.report.decisions if each.concern is Concern.DRIFT)
    assert (warning.reaction, warning.execution_arn) == (Reaction.WARNED, "")
    notice = judged.notices.await_notice(
        lambda each: judged.report.run.report_uri in each["Message"], "people are warned of drift"
    )
    assert f"ops monitor report {judged.report.run.monitoring_id}" in notice["Message"]


def test_bad_quality_begins_one_training(lake: Lake, judged: Judged) -> None:
    arn = judged.arn(Reaction.RETRAINING)
    assert executions.describe(lake.deployment, arn).input == {"trigger": "quality"}


def test_what_is_below_the_floor_is_rolled_back(lake: Lake, judged: Judged) -> None:
    arn = judged.arn(Reaction.ROLLBACK)
    eventually(
        lambda: not executions.describe(lake.deployment, arn).is_running,
        "the rollback has ended",
        seconds=LONGEST_SECONDS,
    )
    (release,) = (each for each in releases.read(lake.deployment) if each.execution_arn == arn)
    assert (release.action, release.target.champion) == (Action.ROLLBACK, judged.good)
    assert release.status == "succeeded", release.reason


def test_a_storm_of_the_same_alarms_changes_nothing(lake: Lake, judged: Judged) -> None:
    before = begun(lake)
    events = [alarm_event(lake, concern) for concern in Concern] * DELIVERIES
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda event: deliver(lake, event), events))
    assert begun(lake) == before
    again = monitor_runs.show(lake.deployment, judged.report.run.monitoring_id)
    assert again.decisions == judged.report.decisions


def test_a_run_that_cannot_begin_says_why(lake: Lake, judged: Judged) -> None:
    started = monitor_runs.begin(lake.deployment, {"trigger": "manual", "since": "yesterday"})
    notice = judged.notices.await_notice(
        lambda each: started.execution_arn in each["Message"], "the failure is announced"
    )
    assert "yesterday" in notice["Message"]
    report = monitor_runs.show(lake.deployment, started.execution)
    assert report.run.status is MonitoringStatus.FAILED
    lake.await_alarm("Monitor-FailedAlarm", "OK")


def test_the_alarms_recover(lake: Lake, judged: Judged) -> None:
    assert judged.report.decisions
    for concern in Concern:
        lake.await_alarm(f"{concern.capitalize()}Alarm", "OK")


def begun(lake: Lake) -> set[str]:
    """Return the executions that findings have begun; a new model is released by its approval."""
    machines = (Output.TRAINING_STATE_MACHINE_ARN, Output.RELEASE_STATE_MACHINE_ARN)
    return {
        each["executionArn"]
        for machine in machines
        for each in executions.listed(lake.deployment, lake.deployment[machine])
        if each["name"].startswith(("quality-", "floor-"))
    }


def alarm_event(lake: Lake, concern: Concern) -> dict[str, Any]:
    """Return the event of an alarm that has gone off."""
    alarm = lake.alarm(f"Monitor-{concern.capitalize()}Alarm")
    return {
        "source": "aws.cloudwatch",
        "detail-type": "CloudWatch Alarm State Change",
        "resources": [alarm["AlarmArn"]],
        "detail": {"alarmName": alarm["AlarmName"], "state": {"value": "ALARM"}},
    }


def deliver(lake: Lake, event: dict[str, Any]) -> None:
    """Invoke the function that reacts, as EventBridge would."""
    (name,) = (
        each
        for each in lake.deployment.resources("AWS::Lambda::Function")
        if "MonitorRespond" in each
    )
    answer = lake.deployment.connection.functions.invoke(
        FunctionName=name, Payload=json.dumps(event).encode()
    )
    assert "FunctionError" not in answer, answer["Payload"].read()
