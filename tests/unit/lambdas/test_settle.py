import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from lambdas.settle import handler
from lambdas.shared.errors import TransientError
from schemas.runs import RunStatus, TrainingRun, Trigger
from schemas.training import GateResult, PlannedRun, Verdict, skipped
from tests.unit.lambdas.interference import Killed, StopAt, intercepted, unavailable
from tests.unit.lambdas.models import CHAMPION_ARN, REPRODUCTION, RUN
from tests.unit.lambdas.pipeline import RUNS, Pipeline, execution, new_pipeline
from tests.unit.lambdas.test_settle_failures import TRAINING, entered, scheduled
from tests.unit.lambdas.world import FakeContext

PACKAGE = "arn:aws:sagemaker:eu-west-1:123456789012:model-package/models/2"
ERROR = {"Error": "States.TaskFailed", "Cause": json.dumps(TRAINING)}
CLAIM = TrainingRun(
    run_id=RUN.run_id,
    status=RunStatus.RUNNING,
    trigger=Trigger.MANUAL,
    execution_arn=execution("e1"),
    began_at="2026-01-01",
)


def claim(pipeline: Pipeline, **values: Any) -> None:
    pipeline.tables.Table(RUNS).put_item(Item=replace(CLAIM, **values).to_item())


def settle(name: str = "e1", *, run: PlannedRun | None = RUN, **event: Any) -> dict[str, str]:
    """Settle an execution; return what is announced."""
    if run is not None:
        event["run"] = run.to_json()
    return announced(name, event)


def announced(name: str, event: dict[str, Any]) -> dict[str, str]:
    """What is announced of an execution with a state."""
    event |= {"execution_arn": execution(name), "input": {"mode": "train"}}
    result: dict[str, str] = handler.lambda_handler(
        json.loads(json.dumps(event)),
        FakeContext(),  # type: ignore[arg-type]
    )
    assert json.loads(json.dumps(result)) == result
    assert set(result) == {"subject", "message", "status"}
    assert len(result["subject"]) < 100
    assert result["subject"].isascii()
    assert result["subject"].isprintable()
    return result


def gate(decision: Verdict, *reasons: str) -> dict[str, Any]:
    return GateResult(
        decision=decision, reasons=reasons or ("AUC 0.7",), evaluation_uri="s3://a/evaluation.json"
    ).to_json()


def test_a_registered_model_is_recorded_and_told(pipeline: Pipeline) -> None:
    claim(pipeline)

    told = settle(
        gate=gate(Verdict.REGISTER, "AUC 0.71 on 2013-03", "the champion's AUC is 0.70"),
        registration={"model_package_arn": PACKAGE},
    )

    run = pipeline.run(RUN.run_id)
    assert (run.status, run.model_package_arn) == (RunStatus.REGISTERED, PACKAGE)
    assert run.evaluation_uri == "s3://a/evaluation.json"
    assert run.reason == "AUC 0.71 on 2013-03; the champion's AUC is 0.70"
    assert run.ended_at > "2026-01-01"
    assert told["status"] == "registered"
    assert told["subject"].startswith("Training run 201303-0 registered: AUC 0.71 on 2013-03")
    assert f"Model package: {PACKAGE}" in told["message"]
    assert "waits for approval" in told["message"]
    assert "judged on 2013-03 to 2013-05 (exclusive)" in told["message"]


def test_a_refusal_tells_every_reason(pipeline: Pipeline) -> None:
    claim(pipeline)

    told = settle(gate=gate(Verdict.REFUSE, "AUC is low", "Brier score is high"))

    assert pipeline.run(RUN.run_id).status is RunStatus.REFUSED
    assert "Why: AUC is low\nWhy: Brier score is high\n" in told["message"]


@pytest.mark.parametrize("verdict", [Verdict.REPRODUCED, Verdict.DIFFERS])
def test_a_reproduction_keeps_what_it_was_compared_with(
    pipeline: Pipeline, verdict: Verdict
) -> None:
    claim(pipeline, trigger=Trigger.REPRODUCTION, model_package_arn=CHAMPION_ARN)

    told = settle(run=REPRODUCTION, gate=gate(verdict))

    run = pipeline.run(RUN.run_id)
    assert (run.status.value, run.model_package_arn) == (verdict.value, CHAMPION_ARN)
    assert told["status"] == verdict.value
    assert f"Reproduces: {CHAMPION_ARN}" in told["message"]


def test_a_failure_names_job_reason_and_log(pipeline: Pipeline) -> None:
    claim(pipeline)
    pipeline.executions.histories[execution("e1")] = [entered("Train"), {"type": "TaskFailed"}]

    told = settle(error=ERROR)

    assert told["status"] == "failed"
    assert told["subject"] == (
        "Training run 201303-0 failed: training job test-1-train-0: AlgorithmError: no labelled "
        "rows, exi..."
    )
    lines = told["message"].splitlines()
    assert lines[2:7] == [
        "State: Train",
        "Job: training job test-1-train-0",
        "Why: AlgorithmError: no labelled rows, exit code: 1",
        "Log: group /aws/sagemaker/TrainingJobs, streams that begin with test-1-train-0",
        "     aws logs tail /aws/sagemaker/TrainingJobs --since 7d "
        "--log-stream-name-prefix test-1-train-0",
    ]
    assert lines[-2:] == ['Input: {"mode": "train"}', f"Execution: {execution('e1')}"]
    run = pipeline.run(RUN.run_id)
    assert run.status is RunStatus.FAILED
    assert run.reason.startswith("training job test-1-train-0: AlgorithmError")


def test_a_failed_function_is_named(pipeline: Pipeline) -> None:
    claim(pipeline)
    pipeline.executions.histories[execution("e1")] = [
        entered("Gate"), scheduled("the-gate"), {"type": "LambdaFunctionFailed"}
    ]  # fmt: skip

    told = settle(error={"Error": "PermanentError", "Cause": "no"})

    assert (
        "State: Gate\nWhy: PermanentError: no\nLog: of the function the-gate\n" in told["message"]
    )


def test_a_history_that_cannot_be_read_does_not_stand_in_the_way(pipeline: Pipeline) -> None:
    claim(pipeline)

    told = settle(error={"Error": "States.Timeout", "Cause": ""})

    assert "Why: it took longer than its time limit." in told["message"]
    assert pipeline.run(RUN.run_id).status is RunStatus.FAILED


def test_a_failure_after_the_gate_tells_what_the_gate_said(pipeline: Pipeline) -> None:
    claim(pipeline)

    told = settle(gate=gate(Verdict.REGISTER), error={"Error": "PermanentError", "Cause": "no"})

    assert told["status"] == "failed"
    assert "Evaluation: s3://a/evaluation.json" in told["message"]
    assert pipeline.run(RUN.run_id).evaluation_uri == "s3://a/evaluation.json"


def test_an_execution_that_failed_before_it_had_a_run_is_told(pipeline: Pipeline) -> None:
    told = settle(run=None, error={"Error": "InvalidInputError", "Cause": "mode"})

    assert told["subject"] == "Training execution failed: InvalidInputError: mode"
    assert pipeline.tables.Table(RUNS).scan()["Count"] == 0


def test_who_was_told_of_a_training_is_told_that_it_had_nothing_to_do(pipeline: Pipeline) -> None:
    told = announced("e1", {"run": skipped("run 1 has registered it", Trigger.QUALITY)})

    assert told["status"] == "skipped"
    assert told["subject"] == "Training begun by bad quality skipped: run 1 has registered it"
    assert "\nWhy: run 1 has registered it\nWhat to do: `python -m ops train`" in told["message"]
    assert told["message"].endswith(f"Execution: {execution('e1')}")
    assert pipeline.tables.Table(RUNS).scan()["Count"] == 0


def test_a_run_claimed_by_an_execution_that_failed_to_say_so_is_settled(
    pipeline: Pipeline,
) -> None:
    claim(pipeline)
    claim(pipeline, run_id="201303-1", execution_arn=execution("e2"), began_at="2026-01-02")

    settle("e1", run=None, error={"Error": "PermanentError", "Cause": "champion-missing"})

    assert pipeline.run(RUN.run_id).status is RunStatus.FAILED
    assert pipeline.run("201303-1").status is RunStatus.RUNNING


def test_a_claim_that_was_taken_over_is_left_alone(pipeline: Pipeline) -> None:
    claim(pipeline, execution_arn=execution("e2"), attempt=2)

    assert settle("e1", error=ERROR)["status"] == "failed"

    assert pipeline.run(RUN.run_id).status is RunStatus.RUNNING


def test_what_is_registered_stays_registered(pipeline: Pipeline) -> None:
    claim(pipeline, status=RunStatus.REGISTERED, model_package_arn=PACKAGE)

    settle(error=ERROR)

    assert pipeline.run(RUN.run_id).status is RunStatus.REGISTERED


def test_a_redriven_execution_may_succeed_after_all(pipeline: Pipeline) -> None:
    claim(pipeline)
    settle(error=ERROR)

    settle(gate=gate(Verdict.REGISTER), registration={"model_package_arn": PACKAGE})

    assert pipeline.run(RUN.run_id).status is RunStatus.REGISTERED


def test_settling_twice_changes_nothing(pipeline: Pipeline) -> None:
    claim(pipeline)
    first = settle(error=ERROR)
    run = pipeline.run(RUN.run_id)

    assert settle(error=ERROR) == first
    assert pipeline.run(RUN.run_id) == run


@pytest.mark.usefixtures("pipeline")
@pytest.mark.parametrize(
    ("error", "after"), [(unavailable, False), (lambda _: Killed(), True)], ids=["error", "kill"]
)
def test_a_settlement_that_is_cut_off_anywhere_is_completed_by_the_next(
    monkeypatch: pytest.MonkeyPatch, error: Callable[[str], BaseException], *, after: bool
) -> None:
    for number in range(1, 10):
        pipeline = new_pipeline()
        claim(pipeline)
        stop = StopAt(number, error, after=after)
        with intercepted(stop, monkeypatch):
            try:
                settle(error=ERROR)
            except (Killed, TransientError):
                assert stop.was_reached
            else:
                if not stop.was_reached:
                    return
        assert settle(error=ERROR)["status"] == "failed"
        assert pipeline.run(RUN.run_id).status is RunStatus.FAILED
    pytest.fail("the settlement never ended")


@pytest.mark.parametrize(
    "reason", ["zu wenig Daten: ümläut \N{SNOWMAN}", "two\nlines\tand \x07", "x" * 100_000]
)
def test_any_reason_can_be_announced(pipeline: Pipeline, reason: str) -> None:
    claim(pipeline)

    told = settle(error={"Error": "PermanentError", "Cause": reason})

    assert len(told["message"]) <= 16_000
    assert pipeline.run(RUN.run_id).reason
