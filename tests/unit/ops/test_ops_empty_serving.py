"""`ops empty` where something serves."""

import json
from typing import Any

import pytest
from typer.testing import CliRunner

from ops import empty_serving, stopping
from ops.app import app
from ops.deployment import Deployment
from ops.emptying import empty_environment
from ops.errors import OpsError
from schemas.releases import Serving
from tests.unit.ops.monitored import Watched
from tests.unit.ops.services import MONITORINGS, RELEASES, SCORINGS, Moment
from tests.unit.ops.serving import CONFIG, ENDPOINT, INFERENCE, MODEL_1, Platform

RUNNER = CliRunner()
ENDPOINT_LOGS = f"/aws/sagemaker/Endpoints/{ENDPOINT}"
PROCESSING_LOGS = "/aws/sagemaker/ProcessingJobs"
TRANSFORM_LOGS = "/aws/sagemaker/TransformJobs"
FOREIGN = {"application": "mlops", "environment": "dev"}


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (stopping, empty_serving):
        monkeypatch.setattr(module, "POLL_SECONDS", 0)


def emptied() -> dict[tuple[str, str], int]:
    result = RUNNER.invoke(app, ["empty", "--yes-delete-data", "--json"])
    assert result.exit_code == 0, result.output
    return {
        (each["what"], each["name"]): each["deleted"]
        for each in json.loads(result.stdout)
        if each["deleted"]
    }


def test_endpoint_models_configurations_and_logs_are_gone_and_strangers_stay(
    serving: Platform,
) -> None:
    serving.serve(Serving(champion=MODEL_1))
    for number in range(3):
        serving.sagemaker.configure(f"old-{number}", {"champion": MODEL_1})
    serving.sagemaker.configure("foreign", {"champion": MODEL_1}, tags=FOREIGN)
    serving.sagemaker.configure("untagged", {"champion": MODEL_1}, tags={})
    serving.training.log(ENDPOINT_LOGS, "champion/i-1", "line")
    serving.training.log(f"{ENDPOINT_LOGS}-2", "champion/i-1", "line")

    first, second = emptied(), emptied()

    assert first["endpoints", ENDPOINT] == first["log groups", ENDPOINT_LOGS] == 1
    assert (
        first["endpoint configurations", INFERENCE] == first["models of endpoints", INFERENCE] == 4
    )
    assert second == {}
    assert serving.sagemaker.endpoints == {}
    assert sorted(serving.sagemaker.configs) == ["foreign", "untagged"]
    assert sorted(serving.sagemaker.models) == ["foreign-champion", "untagged-champion"]
    groups = serving.deployment.connection.logs.describe_log_groups()["logGroups"]
    assert [each["logGroupName"] for each in groups] == [f"{ENDPOINT_LOGS}-2"]


def test_nothing_happens_to_what_serves_without_consent(serving: Platform) -> None:
    serving.serve(Serving(champion=MODEL_1))

    result = RUNNER.invoke(app, ["empty"])

    assert result.exit_code == 1
    assert "--yes-delete-data" in result.stderr
    assert list(serving.sagemaker.endpoints) == [ENDPOINT]


def test_releases_and_scorings_are_stopped_and_their_job_logs_deleted(serving: Platform) -> None:
    serving.lake.cloudformation.resources["mlops-local-release"] = [
        ("AWS::StepFunctions::StateMachine", RELEASES)
    ]
    serving.lake.cloudformation.resources["mlops-local-prediction"] = [
        ("AWS::StepFunctions::StateMachine", SCORINGS)
    ]
    serving.machine.add("release-2", Moment(), machine=RELEASES)
    serving.machine.add("2013-04", Moment(), machine=SCORINGS)
    ours, foreign = "local-score-2013-04-x-scores-0", "local-score-model-a"
    for name in (ours, foreign):
        serving.sagemaker.add_job("TransformJob", name, "InProgress")
        serving.training.log(TRANSFORM_LOGS, f"{name}/i-1", "line")

    found = emptied()

    assert found["executions stopped", "release"] == found["executions stopped", "scoring"] == 1
    assert found["jobs stopped", "local"] == 1
    assert serving.sagemaker.stopped == [ours]
    assert serving.training.streams(TRANSFORM_LOGS) == [f"{foreign}/i-1"]


def test_monitoring_runs_are_stopped_and_their_job_logs_deleted(watched: Watched) -> None:
    watched.platform.machine.add("monitor-1", Moment(), machine=MONITORINGS)
    ours, foreign = "local-monitor-1a2b3c4d-monitor-0", "local-monitor-of-somebody-else"
    for name in (ours, foreign):
        watched.platform.sagemaker.add_job("ProcessingJob", name, "InProgress")
        watched.platform.training.log(PROCESSING_LOGS, f"{name}/i-1", "line")

    found = emptied()

    assert found["executions stopped", "monitor"] == found["jobs stopped", "local"] == 1
    assert watched.platform.sagemaker.stopped == [ours]
    assert watched.platform.training.streams(PROCESSING_LOGS) == [f"{foreign}/i-1"]


def test_an_update_under_way_is_waited_for(
    serving: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    serving.serve(Serving(champion=MODEL_1))
    fake = serving.lake.cloudformation
    fake.statuses[INFERENCE] = "UPDATE_IN_PROGRESS"
    deployment = Deployment.look("local", serving.deployment.connection)
    describe, looks = fake.describe_stacks, []

    def complete_later(StackName: str) -> dict[str, Any]:  # noqa: N803
        looks.append(len(serving.sagemaker.endpoints))
        if len(looks) == 3:
            fake.statuses[INFERENCE] = "UPDATE_ROLLBACK_COMPLETE"
        return describe(StackName)

    monkeypatch.setattr(fake, "describe_stacks", complete_later)

    empty_environment(deployment)

    assert looks == [1, 1, 1]
    assert serving.sagemaker.endpoints == {}


def test_an_endpoint_that_is_being_changed_is_deleted_when_it_can_be(serving: Platform) -> None:
    serving.serve(Serving(champion=MODEL_1))
    serving.sagemaker.endpoints[ENDPOINT]["EndpointStatus"] = "Updating"

    assert emptied()["endpoints", ENDPOINT] == 1


def test_a_stack_that_never_settles_is_named(
    serving: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    serving.serve(Serving(champion=MODEL_1))
    monkeypatch.setattr(empty_serving, "LONGEST_UPDATE_SECONDS", 0)
    serving.lake.cloudformation.statuses[INFERENCE] = "UPDATE_ROLLBACK_IN_PROGRESS"

    with pytest.raises(OpsError, match="has been UPDATE_ROLLBACK_IN_PROGRESS"):
        empty_environment(serving.deployment)

    assert CONFIG in serving.sagemaker.configs


def test_what_a_stack_that_is_gone_retained_is_found(serving: Platform) -> None:
    del serving.lake.cloudformation.stacks[INFERENCE]
    serving.sagemaker.configure("retained", {"champion": MODEL_1})

    assert emptied()["models of endpoints", INFERENCE] == 1
    assert serving.sagemaker.configs == {}
