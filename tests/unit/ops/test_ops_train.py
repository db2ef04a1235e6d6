"""`ops train`: what is started, what people see meanwhile, and how it ends."""

import json
from typing import Any

import pytest
from typer.testing import CliRunner

from ops.app import app
from ops.following import begin
from schemas.training import Verdict
from tests.unit.ops.services import (
    Moment,
    entered,
    failed,
    invocation_failed,
    invoked,
    left,
    refuse,
    scheduled,
)
from tests.unit.ops.trained import RUN_ID, Training, judged, run_of

RUNNER = CliRunner()
JOB = f"local-{RUN_ID}-1-train-0"
TRAINING_LOGS = "/aws/sagemaker/TrainingJobs"


def only_input(training: Training) -> dict[str, Any]:
    (document,) = training.machine.inputs.values()
    return document


def test_an_execution_begins_with_what_was_asked_for(training: Training) -> None:
    result = RUNNER.invoke(
        app,
        ["train", "--window", "2013-01", "2013-03", "2013-04", "--mode", "tune",
         "--set", "seed=7", "--set", "subsample=0.5"],
    )  # fmt: skip

    assert result.exit_code == 0, result.output
    assert only_input(training) == {
        "trigger": "manual",
        "mode": "tune",
        "window": {"train_from": "2013-01", "holdout_from": "2013-03", "holdout_to": "2013-04"},
        "hyperparameters": {"seed": "7", "subsample": "0.5"},
    }
    (name,) = (arn.rpartition(":")[2] for arn in training.machine.executions)
    assert name.startswith("tune-2013-03-")
    assert f"python -m ops runs show {name}" in result.stdout


def test_without_options_the_pipeline_chooses(training: Training) -> None:
    result = RUNNER.invoke(app, ["train", "--json"])

    assert only_input(training) == {"trigger": "manual", "mode": "train"}
    assert json.loads(result.stdout)["execution_arn"] in training.machine.executions


def test_no_two_executions_share_a_name(training: Training) -> None:
    begun = [begin(training.deployment, "train", {}) for _ in range(20)]

    assert len({each.execution for each in begun}) == 20


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--window", "2013-1", "2013-03", "2013-04"], "2013-1"),
        (["--window", "2013-03", "2013-01", "2013-04"], "train_from < holdout_from"),
        (["--set", "max_depth"], "name=value"),
        (["--set", "=4"], "name=value"),
    ],
)
def test_what_makes_no_sense_is_said_before_anything_begins(
    training: Training, options: list[str], message: str
) -> None:
    result = RUNNER.invoke(app, ["train", *options])

    assert result.exit_code == 1
    assert message in result.stderr
    assert training.machine.executions == {}


@pytest.mark.usefixtures("lake")
def test_a_pipeline_that_is_not_deployed_is_said() -> None:
    result = RUNNER.invoke(app, ["train"])

    assert result.exit_code == 1
    assert "mlops-local-model-registry is not deployed" in result.stderr
    assert "deployed there" not in result.stderr
    assert "make deploy ENV=local" in result.stderr


@pytest.mark.parametrize(
    ("code", "remedy"),
    [
        ("AccessDeniedException", "role that may call StartExecution"),
        ("ThrottlingException", "Wait a minute"),
        ("StateMachineDoesNotExist", "deploy again"),
    ],
)
def test_a_refusal_of_the_service_names_its_remedy(
    training: Training, code: str, remedy: str
) -> None:
    refuse(training.machine, "StartExecution", code)

    result = RUNNER.invoke(app, ["train"])

    assert result.exit_code == 1
    assert remedy in result.stderr


def test_a_registered_model_is_shown_with_its_figures(training: Training) -> None:
    training.evaluate(judged(0.71), judged(0.69))
    training.machine.next_moments = [training.ended(Verdict.REGISTER, reasons=["AUC 0.710000"])]

    people = RUNNER.invoke(app, ["train", "--wait"])
    machine = RUNNER.invoke(app, ["train", "--wait", "--json"])

    assert people.exit_code == 0, people.output
    for figure in (f"run {RUN_ID} has registered", "0.7100", "0.6900", "ops models show 1"):
        assert figure in people.stdout
    outcome = json.loads(machine.stdout)
    assert outcome["conclusion"] == "registered"
    assert outcome["scores"]["champion"]["auc"] == 0.69
    assert machine.stderr == ""


def test_a_refused_model_is_shown_with_every_reason(training: Training) -> None:
    training.evaluate(judged(0.55))
    reasons = ["AUC 0.55 is below 0.6", "holdout month 2013-04 has 3 labelled rows"]
    training.machine.next_moments = [training.ended(Verdict.REFUSE, reasons=reasons)]

    result = RUNNER.invoke(app, ["train", "--wait"])

    assert result.exit_code == 3
    for reason in reasons:
        assert reason in result.stdout


def test_nothing_to_do_is_no_failure(training: Training) -> None:
    run = {"decision": "skip", "reason": "run 201303-0 has registered model 4"}
    training.machine.next_moments = [Moment("SUCCEEDED", told={"output": json.dumps({"run": run})})]

    result = RUNNER.invoke(app, ["train", "--wait"])

    assert result.exit_code == 0
    assert "had nothing to do" in result.stdout
    assert "has registered model 4" in result.stdout


def failed_training() -> Moment:
    return Moment(
        "FAILED",
        events=[
            entered("Snapshot"),
            invoked(),
            left("Snapshot", {"run": run_of()}),
            entered("TrainOrTune", "Choice"),
            entered("Train"),
            scheduled("TrainingJob", f"local-{RUN_ID}-1-train-9"),
            failed("SageMaker.ResourceLimitExceededException", "quota"),
            scheduled("TrainingJob", JOB),
            failed("States.TaskFailed", "{}"),
            left("Train"),
            entered("SettleFailure"),
            invoked(),
            left("SettleFailure"),
        ],
        told={
            "error": "Training run failed",
            "cause": "A training failed.\n\nState: Train\nWhy: AlgorithmError: no rows\nLog: there",
        },
    )


def test_a_failure_names_state_job_reason_and_the_end_of_its_log(training: Training) -> None:
    training.machine.next_moments = [failed_training()]
    training.log(TRAINING_LOGS, f"{JOB}/algo-1-1", "reading", "no rows")
    training.log(TRAINING_LOGS, f"{JOB}0/algo-1-1", "somebody else's")

    result = RUNNER.invoke(app, ["train", "--wait"])

    assert result.exit_code == 1
    for text in (f"run {RUN_ID} FAILED", "AlgorithmError: no rows", JOB, "| no rows",
                 f"{TRAINING_LOGS} {JOB}/algo-1-1"):  # fmt: skip
        assert text in result.stdout
    assert "somebody else's" not in result.stdout


def test_a_failure_without_a_log_says_so(training: Training) -> None:
    training.machine.next_moments = [failed_training()]

    result = RUNNER.invoke(app, ["train", "--wait"])

    assert f"logged nothing in {TRAINING_LOGS}" in result.stdout


def test_an_input_that_the_pipeline_refuses_is_said(training: Training) -> None:
    training.machine.next_moments = [
        Moment(
            "FAILED",
            events=[
                entered("Snapshot"),
                invoked(),
                invocation_failed("InvalidInputError", "{}"),
                left("Snapshot"),
                entered("SettleFailure"),
                invoked(),
                left("SettleFailure"),
            ],
            told={"error": "Training failed", "cause": "A training failed.\nWhy: unknown key 'x'"},
        )
    ]

    result = RUNNER.invoke(app, ["train", "--wait", "--set", "x=1"])

    assert result.exit_code == 1
    assert "unknown key 'x'" in result.stdout
    assert "Snapshot" in result.stdout


@pytest.mark.parametrize(
    ("moment", "reason"),
    [
        (Moment("ABORTED", told={"error": "Emptied", "cause": "by ops"}), "somebody stopped it"),
        (Moment("TIMED_OUT"), "longer than the state machine's time limit"),
        (Moment("FAILED", told={"error": "NotSettled", "cause": "not told"}), "NotSettled: not"),
    ],
)
def test_an_execution_that_could_not_tell_its_end_has_a_reason_too(
    training: Training, moment: Moment, reason: str
) -> None:
    moment.events = [entered("Evaluate"), scheduled("ProcessingJob", "local-evaluate-0")]
    training.machine.next_moments = [moment]

    result = RUNNER.invoke(app, ["train", "--wait"])

    assert result.exit_code == 1
    assert reason in result.stdout
    assert "local-evaluate-0" in result.stdout


@pytest.mark.usefixtures("training")
def test_waiting_ends_and_says_that_the_training_goes_on() -> None:
    result = RUNNER.invoke(app, ["train", "--wait", "--timeout", "0"])

    assert result.exit_code == 1
    assert "has not ended within 0 seconds" in result.stderr
    assert "goes on without this command" in result.stderr
