"""`ops runs`: what the table, the executions and the jobs say of a run."""

import json
from datetime import timedelta

import pytest
from typer.testing import CliRunner

from ops import runs
from ops.app import app
from ops.errors import OpsError
from schemas.runs import RunStatus, Trigger
from schemas.training import Verdict
from tests.unit.ops.services import BEGAN, MACHINE, Moment, entered, left, refuse, scheduled
from tests.unit.ops.trained import ARTIFACTS, RUN_ID, Training, judged, run_of

RUNNER = CliRunner()
JOB = f"local-{RUN_ID}-1-train-0"
ARN = f"{MACHINE.replace('stateMachine', 'execution')}:first"
OTHER_RUN = "201303-99999999"


def skipped(reason: str) -> Moment:
    run = {"decision": "skip", "reason": reason}
    return Moment("SUCCEEDED", told={"output": json.dumps({"run": run})})


def test_runs_are_listed_in_order_with_what_became_of_them(training: Training) -> None:
    training.add_run(OTHER_RUN, status=RunStatus.REFUSED, reason="AUC 0.5 is below 0.6")
    training.add_run(
        model_package_arn="arn:aws:sagemaker:r:1:model-package/models/7",
        began_at="2026-11-24T04:00:00+00:00",
    )

    result = RUNNER.invoke(app, ["runs", "list"])

    assert result.exit_code == 0, result.output
    assert result.stdout.index(OTHER_RUN) < result.stdout.index(RUN_ID)
    for text in ("AUC 0.5 is below 0.6", "model 7", "2013-01 to 2013-03", "2013-03 to 2013-05"):
        assert text in result.stdout


def test_a_status_narrows_the_list(training: Training) -> None:
    training.add_run(OTHER_RUN, status=RunStatus.REFUSED)
    training.add_run()

    result = RUNNER.invoke(app, ["runs", "list", "--status", "refused", "--json"])

    assert [each["run_id"] for each in json.loads(result.stdout)["runs"]] == [OTHER_RUN]


def test_executions_that_hold_no_run_are_listed_with_their_reasons(training: Training) -> None:
    training.add_run(execution_arn=training.machine.add("first", Moment()))
    training.machine.add("second", skipped("too little new data"), trigger=Trigger.NEW_DATA)
    training.machine.add(
        "third", Moment("FAILED", told={"error": "x", "cause": "Failed.\nWhy: no such months"})
    )

    listed = runs.list_runs(training.deployment)

    assert [(each.execution, each.reason) for each in listed.others] == [
        ("second", "too little new data"),
        ("third", "no such months"),
    ]
    assert listed.others[0].trigger == "new-data"


def test_only_the_last_of_them_are_listed(training: Training) -> None:
    for number in range(runs.MAX_OTHERS + 5):
        training.machine.add(f"e{number}", skipped("nothing new"))

    listed = runs.list_runs(training.deployment)

    assert [each.execution for each in listed.others] == [
        f"e{number}" for number in range(5, runs.MAX_OTHERS + 5)
    ]


def registered(training: Training) -> None:
    training.evaluate(judged(0.71), judged(0.69))
    training.sagemaker.add_job(
        "TrainingJob",
        JOB,
        TrainingStartTime=BEGAN,
        TrainingEndTime=BEGAN + timedelta(seconds=41),
        FinalMetricDataList=[{"MetricName": "validation:auc", "Value": 0.68, "Timestamp": BEGAN}],
    )
    end = training.ended(Verdict.REGISTER, reasons=["good enough"])
    end.events = [
        entered("Snapshot"), left("Snapshot", {"run": run_of()}), entered("Train"),
        scheduled("TrainingJob", JOB), left("Train"),
    ]  # fmt: skip
    training.add_run(execution_arn=training.machine.add("first", end))


@pytest.mark.parametrize("reference", [RUN_ID, RUN_ID[:9], "latest", "first", ARN])
def test_a_run_is_shown_by_any_of_its_names(training: Training, reference: str) -> None:
    registered(training)

    result = RUNNER.invoke(app, ["runs", "show", reference])

    assert result.exit_code == 0, result.output
    for text in (
        *("Train", JOB, "41", "validation:auc 0.68", "0.7100", "0.6900", "2013-04", "good enough"),
        f"s3://{ARTIFACTS}/runs/{RUN_ID}/evaluation/report.html",
        f"aws logs tail /aws/sagemaker/TrainingJobs --log-stream-name-prefix {JOB}/",
    ):
        assert text in result.stdout


def test_an_execution_without_a_run_is_shown_too(training: Training) -> None:
    training.machine.add("second", skipped("too little new data"))

    result = RUNNER.invoke(app, ["runs", "show", "second"])

    assert result.exit_code == 0, result.output
    assert "too little new data" in result.stdout


def test_a_run_whose_execution_is_forgotten_is_shown_from_the_table(training: Training) -> None:
    training.add_run(status=RunStatus.REFUSED, reason="AUC too low")

    result = RUNNER.invoke(app, ["runs", "show", RUN_ID])

    assert result.exit_code == 0, result.output
    assert "AUC too low" in result.stdout
    assert "forgotten" in result.stdout


def test_a_job_that_sagemaker_has_forgotten_is_left_out(training: Training) -> None:
    registered(training)
    training.sagemaker.jobs.clear()

    assert runs.show(training.deployment, RUN_ID).jobs == {}


def test_a_tuning_tells_how_many_of_its_trainings_are_done(training: Training) -> None:
    training.sagemaker.add_job(
        "HyperParameterTuningJob",
        "hpo",
        "InProgress",
        TrainingJobStatusCounters={"Completed": 2, "InProgress": 1, "NonRetryableError": 1},
        BestTrainingJob={
            "TrainingJobName": "hpo-1",
            "TrainingJobArn": "arn:aws:sagemaker:eu-central-1:123456789012:training-job/hpo-1",
            "CreationTime": BEGAN,
            "TrainingJobStatus": "Completed",
            "TunedHyperParameters": {},
            "FinalHyperParameterTuningJobObjectiveMetric": {
                "MetricName": "validation:auc",
                "Value": 0.66,
            },
        },
    )
    events = [entered("Tune"), scheduled("HyperParameterTuningJob", "hpo")]
    training.machine.add("first", Moment(events=events))

    (job,) = runs.show(training.deployment, "first").jobs.values()

    assert job.progress == "InProgress: 2 of 3 begun trainings done, 1 failed"
    assert job.metrics == {"best validation:auc": 0.66}


def test_the_beginning_of_several_runs_is_ambiguous(training: Training) -> None:
    training.add_run()
    training.add_run(OTHER_RUN)

    with pytest.raises(OpsError, match=f"several runs: {RUN_ID}, {OTHER_RUN}"):
        runs.show(training.deployment, "2013")


def test_an_unknown_run_is_said(training: Training) -> None:
    with pytest.raises(OpsError, match="neither a run nor an execution"):
        runs.show(training.deployment, "201312-0")


def test_the_latest_of_none_is_said(training: Training) -> None:
    with pytest.raises(OpsError, match="has not trained yet"):
        runs.show(training.deployment, "latest")


def test_an_evaluation_that_is_none_is_said(training: Training) -> None:
    registered(training)
    training.put(training.evaluation_uri, "{}")

    result = RUNNER.invoke(app, ["runs", "show", RUN_ID])

    assert result.exit_code == 1
    assert "evaluation.json is no evaluation" in result.stderr


def test_a_role_that_may_not_describe_jobs_is_told_so(training: Training) -> None:
    registered(training)
    refuse(training.sagemaker, "DescribeTrainingJob", "AccessDeniedException")

    result = RUNNER.invoke(app, ["runs", "show", RUN_ID])

    assert result.exit_code == 1
    assert "role that may call DescribeTrainingJob" in result.stderr
