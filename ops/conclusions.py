"""What an execution of the training pipeline has come to."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from ops import artifacts, executions, jobs
from ops.deployment import Deployment
from ops.executions import Execution, StateVisit
from ops.jobs import LogTail
from schemas.evaluations import Scores
from schemas.training import Decision, GateResult, Verdict

_REASON = "Why: "
"""How the announcement of an outcome marks a reason."""


class Conclusion(StrEnum):
    """What became of an execution."""

    RUNNING = "running"
    REGISTERED = "registered"
    REFUSED = "refused"
    SKIPPED = "skipped"
    REPRODUCED = "reproduced"
    DIFFERS = "differs"
    FAILED = "failed"


_OF_VERDICT = {
    Verdict.REGISTER: Conclusion.REGISTERED,
    Verdict.REFUSE: Conclusion.REFUSED,
    Verdict.REPRODUCED: Conclusion.REPRODUCED,
    Verdict.DIFFERS: Conclusion.DIFFERS,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Failure:
    """Where an execution failed.

    Attributes:
        state: The state; empty when it failed in none.
        job: The job that the state ran; empty when it ran none.
        log: The end of the job's log; None without a job.
    """

    state: str = ""
    job: str = ""
    log: LogTail | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """What an execution has come to.

    Attributes:
        execution: Its name.
        execution_arn: Its address.
        conclusion: What became of it.
        reasons: Why, for people.
        run_id: The run that it began; empty when it began none.
        model_package_arn: What it registered, or what it was compared with.
        evaluation_uri: What the decision rests on; empty without one.
        scores: Model to its figures on the holdout: `challenger`, and `champion` where there is
            one.
        max_difference: Of a reproduction: largest difference from the original's scores.
        failure: Where it failed; None when it did not.
    """

    execution: str
    execution_arn: str
    conclusion: Conclusion
    reasons: tuple[str, ...] = ()
    run_id: str = ""
    model_package_arn: str = ""
    evaluation_uri: str = ""
    scores: Mapping[str, Scores] = field(default_factory=dict)
    max_difference: float | None = None
    failure: Failure | None = None


def conclude(deployment: Deployment, execution: Execution) -> Outcome:
    """Return what an execution has come to; of a failed one also the end of its job's log."""
    output = execution.output
    run = output.get("run") or execution.run
    if execution.status != executions.SUCCEEDED:
        is_running = execution.is_running
        return Outcome(
            execution=execution.name,
            execution_arn=execution.arn,
            conclusion=Conclusion.RUNNING if is_running else Conclusion.FAILED,
            reasons=() if is_running else tuple(_reasons(execution)),
            run_id=run.get("run_id", ""),
            failure=None if is_running else _failure(deployment, execution.failed_visit),
        )
    if run.get("decision") == Decision.SKIP:
        return Outcome(
            execution=execution.name,
            execution_arn=execution.arn,
            conclusion=Conclusion.SKIPPED,
            reasons=(run.get("reason", ""),),
        )
    gate = GateResult.from_json(output["gate"])
    evaluation = artifacts.read_evaluation(deployment, gate.evaluation_uri)
    registered = (output.get("registration") or {}).get("model_package_arn", "")
    return Outcome(
        execution=execution.name,
        execution_arn=execution.arn,
        conclusion=_OF_VERDICT[gate.decision],
        reasons=gate.reasons,
        run_id=run["run_id"],
        model_package_arn=registered or run.get("reproduces", ""),
        evaluation_uri=gate.evaluation_uri,
        scores={name: each.overall for name, each in evaluation.models.items()}
        if evaluation
        else {},
        max_difference=gate.max_difference,
    )


def _reasons(execution: Execution) -> list[str]:
    if execution.status == executions.TIMED_OUT:
        return ["it ran longer than the state machine's time limit"]
    if execution.status == executions.ABORTED:
        told = ": ".join(filter(None, (execution.error, execution.cause)))
        return [f"somebody stopped it{f' ({told})' if told else ''}"]
    announced = [
        line.removeprefix(_REASON)
        for line in execution.cause.splitlines()
        if line.startswith(_REASON)
    ]
    return announced or [": ".join(filter(None, (execution.error, execution.cause)))]


def _failure(deployment: Deployment, visit: StateVisit | None) -> Failure:
    if visit is None:
        return Failure()
    if visit.job is None:
        return Failure(state=visit.state)
    return Failure(state=visit.state, job=str(visit.job), log=jobs.log_tail(deployment, visit.job))
