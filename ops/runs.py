"""Training runs as operators read them: the table, the executions and their jobs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

from boto3.dynamodb.conditions import Key

from ops import artifacts, dynamo, executions, jobs
from ops.conclusions import Conclusion, Outcome, conclude
from ops.deployment import Deployment
from ops.errors import OpsError
from ops.executions import Execution, UnknownExecutionError
from ops.jobs import Job
from schemas.evaluations import Evaluation
from schemas.keys import uri_of
from schemas.names import Output
from schemas.runs import STATUS_INDEX, RunStatus, TrainingRun, run_prefix
from schemas.training import BASELINE_PREFIX, EVALUATION_FILE, PARAMETERS_FILE

LATEST = "latest"
MAX_OTHERS = 10
"""Executions that hold no run, of which people see the last ones."""
_SEEN = 100


@dataclass(frozen=True, kw_only=True, slots=True)
class OtherExecution:
    """An execution that holds no run: it had nothing to do, or failed before it had one.

    Attributes:
        execution: Its name.
        trigger: Why it was begun, as its input says.
        began_at: When, ISO 8601.
        conclusion: What became of it.
        reason: Why.
    """

    execution: str
    trigger: str
    began_at: str
    conclusion: Conclusion
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Runs:
    """Runs, and what was begun beside them.

    Attributes:
        runs: Runs of the table, the latest last.
        others: The last executions that hold no run, the latest last.
    """

    runs: tuple[TrainingRun, ...]
    others: tuple[OtherExecution, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class RunReport:
    """Everything that is known of one run, or of an execution without one.

    Attributes:
        run: The run as the table has it; None when the execution began none.
        execution: Its last execution; None when Step Functions has forgotten it.
        outcome: What the execution came to; None without it.
        jobs: State to the job of its last attempt.
        evaluation: How good its model is; None without one.
        uris: What to look at: name to address.
    """

    run: TrainingRun | None
    execution: Execution | None
    outcome: Outcome | None
    jobs: Mapping[str, Job] = field(default_factory=dict)
    evaluation: Evaluation | None = None
    uris: Mapping[str, str] = field(default_factory=dict)


def read(deployment: Deployment, *, status: RunStatus | None = None) -> list[TrainingRun]:
    """Return the runs, or those with a status, the latest last."""
    table = dynamo.table(deployment, Output.TRAINING_RUNS_TABLE_NAME)
    if status is None:
        items = dynamo.scan(table)
    else:
        condition = Key("status").eq(status.value)
        items = dynamo.query(table, IndexName=STATUS_INDEX, KeyConditionExpression=condition)
    return sorted(map(TrainingRun.from_item, items), key=lambda run: (run.began_at, run.run_id))


def list_runs(deployment: Deployment) -> Runs:
    """Return all runs, and the last executions that hold none."""
    runs = read(deployment)
    return Runs(runs=tuple(runs), others=tuple(_others(deployment, runs)))


def _others(deployment: Deployment, runs: Sequence[TrainingRun]) -> list[OtherExecution]:
    held = {run.execution_arn for run in runs}
    machine = deployment[Output.TRAINING_STATE_MACHINE_ARN]
    seen = islice(executions.listed(deployment, machine), _SEEN)
    free = (each["executionArn"] for each in seen if each["executionArn"] not in held)
    return [_other(deployment, arn) for arn in islice(free, MAX_OTHERS)][::-1]


def _other(deployment: Deployment, arn: str) -> OtherExecution:
    execution = executions.describe(deployment, arn)
    outcome = conclude(deployment, execution)
    return OtherExecution(
        execution=execution.name,
        trigger=str(execution.input.get("trigger", "")),
        began_at=execution.began_at.isoformat(),
        conclusion=outcome.conclusion,
        reason="; ".join(outcome.reasons),
    )


def show(deployment: Deployment, reference: str) -> RunReport:
    """Return everything that is known of a run.

    Args:
        deployment: Where to look.
        reference: The run's id or the beginning of it, `latest`, or name or ARN of an execution.

    Raises:
        OpsError: it names none, or several.
    """
    runs = read(deployment)
    if reference == LATEST and not runs:
        raise OpsError(
            f"environment {deployment.environment.name} has not trained yet",
            "Begin with `python -m ops train --wait`",
        )
    if reference == LATEST:
        return report_on(deployment, runs[-1])
    found = [run for run in runs if run.run_id.startswith(reference)]
    exact = [run for run in found if run.run_id == reference]
    if len(found) > 1 and not exact:
        names = ", ".join(run.run_id for run in found)
        raise OpsError(f"{reference!r} is the beginning of several runs: {names}", "Give more")
    if found:
        return report_on(deployment, (exact or found)[0])
    return _report_on_execution(deployment, reference, runs)


def _report_on_execution(
    deployment: Deployment, reference: str, runs: Sequence[TrainingRun]
) -> RunReport:
    is_arn = reference.startswith("arn:")
    arn = reference if is_arn else executions.arn_of(deployment, reference)
    for run in runs:
        if run.execution_arn == arn:
            return report_on(deployment, run)
    try:
        execution = executions.read(deployment, arn)
    except UnknownExecutionError as error:
        raise OpsError(
            f"{reference!r} is neither a run nor an execution",
            "See `python -m ops runs list`",
        ) from error
    return _report(deployment, None, execution)


def report_on(deployment: Deployment, run: TrainingRun) -> RunReport:
    """Return everything that is known of a run of the table."""
    try:
        execution = executions.read(deployment, run.execution_arn)
    except UnknownExecutionError:
        execution = None
    return _report(deployment, run, execution)


def _report(
    deployment: Deployment, run: TrainingRun | None, execution: Execution | None
) -> RunReport:
    outcome = conclude(deployment, execution) if execution else None
    run_id = run.run_id if run else outcome.run_id if outcome else ""
    uris = _uris(deployment, run_id) if run_id else {}
    return RunReport(
        run=run,
        execution=execution,
        outcome=outcome,
        jobs=_jobs(deployment, execution) if execution else {},
        evaluation=artifacts.read_evaluation(deployment, uris.get("evaluation", "")),
        uris=uris | ({"manifest": run.manifest_uri} if run and run.manifest_uri else {}),
    )


def _jobs(deployment: Deployment, execution: Execution) -> dict[str, Job]:
    described = {
        visit.state: jobs.describe(deployment, visit.job) for visit in execution.visits if visit.job
    }
    return {state: job for state, job in described.items() if job is not None}


def _uris(deployment: Deployment, run_id: str) -> dict[str, str]:
    bucket, prefix = deployment[Output.ARTIFACTS_BUCKET_NAME], run_prefix(run_id)
    files = {
        "folder": "",
        "parameters": PARAMETERS_FILE,
        "baseline": BASELINE_PREFIX,
        "evaluation": EVALUATION_FILE,
        "report": f"{EVALUATION_FILE.rpartition('/')[0]}/report.html",
    }
    return {name: uri_of(bucket, f"{prefix}{file}") for name, file in files.items()}
