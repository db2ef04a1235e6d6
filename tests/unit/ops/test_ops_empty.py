"""`ops empty` and `ops status` where there is training."""

import json
from dataclasses import replace
from typing import Any

import pytest
from typer.testing import CliRunner

from config import get_environment
from ops import stopping
from ops.app import app
from ops.emptying import empty_environment
from ops.errors import OpsError
from schemas.runs import RunStatus
from tests.unit.ops.services import Moment, refuse
from tests.unit.ops.trained import ARTIFACTS, RUN_ID, Training

RUNNER = CliRunner()
TRAINING_LOGS, PROCESSING_LOGS = "/aws/sagemaker/TrainingJobs", "/aws/sagemaker/ProcessingJobs"
OURS = f"local-{RUN_ID}-1-"
FOREIGN = ("local-201303-test", f"mylocal-{RUN_ID}-1-train-0", f"dev-{RUN_ID}-1-train-0")


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stopping, "POLL_SECONDS", 0)


def emptied() -> dict[tuple[str, str], int]:
    result = RUNNER.invoke(app, ["empty", "--yes-delete-data", "--json"])
    assert result.exit_code == 0, result.output
    return {
        (each["what"], each["name"]): each["deleted"]
        for each in json.loads(result.stdout)
        if each["deleted"]
    }


def test_everything_that_cloudformation_cannot_delete_is_deleted_once(training: Training) -> None:
    for number in range(1, 6):
        training.register(f"201303-0000000{number}")
    training.put(f"s3://{ARTIFACTS}/x", "x")
    training.lake.cloudformation.resources["mlops-local-data-lake"].append(
        ("AWS::S3::Bucket", ARTIFACTS)
    )
    for group in (TRAINING_LOGS, PROCESSING_LOGS):
        for name in (f"{OURS}train-0", f"{OURS}hpo-0-001-1a2b3c4d", *FOREIGN):
            training.log(group, f"{name}/algo-1", "line")

    first, second = emptied(), emptied()

    assert first["models", "models"] == 5
    assert first["log streams", TRAINING_LOGS] == first["log streams", PROCESSING_LOGS] == 2
    assert first["object versions", ARTIFACTS] > 0
    assert second == {}
    assert training.sagemaker.packages == {}
    assert training.streams(TRAINING_LOGS) == sorted(f"{name}/algo-1" for name in FOREIGN)


def test_what_runs_is_stopped_before_anything_is_deleted(training: Training) -> None:
    for number in range(3):
        training.machine.add(f"e{number}", Moment())
    training.machine.add("done", Moment("SUCCEEDED"))
    for kind, step in (
        ("ProcessingJob", "evaluate"), ("TrainingJob", "train"), ("HyperParameterTuningJob", "hpo"),
    ):  # fmt: skip
        training.sagemaker.add_job(kind, f"{OURS}{step}-0", "InProgress")
        training.sagemaker.add_job(kind, f"{OURS}{step}-1", "Completed")
    for name in FOREIGN:
        training.sagemaker.add_job("TrainingJob", name, "InProgress")

    found = emptied()

    assert found["executions stopped", "training"] == 3
    assert found["jobs stopped", "local"] == 3
    statuses = {moments[0].status for moments in training.machine.executions.values()}
    assert statuses == {"ABORTED", "SUCCEEDED"}
    # A tuning first: it would begin new trainings.
    assert training.sagemaker.stopped == [f"{OURS}hpo-0", f"{OURS}train-0", f"{OURS}evaluate-0"]


def test_jobs_that_do_not_stop_are_named(training: Training) -> None:
    training.sagemaker.add_job("TrainingJob", f"{OURS}train-0", "InProgress")
    refuse(training.sagemaker, "StopTrainingJob", "ValidationException")

    with pytest.raises(OpsError, match=r"1 jobs still run, for example training job local-"):
        stopping.stop_jobs(training.deployment, timeout_seconds=0)


def test_an_environment_that_keeps_its_data_is_not_touched(training: Training) -> None:
    training.register()
    kept = replace(training.deployment, environment=get_environment("prod"))

    with pytest.raises(OpsError, match="keeps its data"):
        empty_environment(kept)

    assert training.sagemaker.packages


def test_a_role_that_may_not_delete_models_is_told_so(training: Training) -> None:
    training.register()
    refuse(training.sagemaker, "DeleteModelPackage", "AccessDeniedException")

    result = RUNNER.invoke(app, ["empty", "--yes-delete-data"])

    assert result.exit_code == 1
    assert "role that may call DeleteModelPackage" in result.stderr


def test_a_model_that_somebody_else_deletes_meanwhile_is_not_missed(training: Training) -> None:
    training.register()
    refuse(training.sagemaker, "DeleteModelPackage", "ValidationException")

    assert emptied()["models", "models"] == 1


def status() -> Any:
    return json.loads(RUNNER.invoke(app, ["status", "--json"]).stdout)["training"]


def test_status_tells_of_the_last_run_the_champion_and_what_waits(training: Training) -> None:
    training.register("201303-00000001", auc=0.71)
    training.register("201303-00000002", approval="PendingManualApproval")
    training.add_run("201303-00000001")
    training.add_run(
        "201304-00000003", status=RunStatus.REFUSED, began_at="2026-12-01T00:00:00+00:00"
    )

    people = RUNNER.invoke(app, ["status"])

    assert (
        "Training: last run 201304-00000003 refused 2026-12-01 00:00:00; champion 1 (AUC 0.710000);"
        " models that wait for approval: 2"
    ) in " ".join(people.stdout.split())
    assert status()["pending"] == [2]


@pytest.mark.usefixtures("training")
def test_status_before_the_first_training() -> None:
    assert status() == {"last_run": None, "champion": None, "champion_auc": "", "pending": []}


@pytest.mark.usefixtures("lake")
def test_status_without_a_registry_says_nothing_of_training() -> None:
    assert status() is None
