"""Trainings and runs as tables for people."""

from collections.abc import Iterator, Mapping

from rich.console import RenderableType

from ops.commands.render_executions import execution
from ops.commands.render_scores import by_month, scores
from ops.conclusions import Conclusion, Failure, Outcome
from ops.following import Started
from ops.jobs import Job, LogTail
from ops.output import facts, object_key, short_time, table
from ops.reproduction import Reproduction
from ops.runs import RunReport, Runs
from schemas.registry import version_of
from schemas.runs import TrainingRun

_HEADLINES = {
    Conclusion.RUNNING: "is still running",
    Conclusion.REGISTERED: "has registered a model",
    Conclusion.REFUSED: "was refused by the gate: the champion stays, nothing was registered",
    Conclusion.SKIPPED: "had nothing to do",
    Conclusion.REPRODUCED: "has reproduced the model",
    Conclusion.DIFFERS: "has made another model",
    Conclusion.FAILED: "FAILED",
}


def started(begun: Started) -> Iterator[RenderableType]:
    """Show what was begun."""
    yield f"{begun.execution} began: {begun.execution_arn}"
    yield f"How far it is: python -m ops runs show {begun.execution}"


def outcome(result: Outcome) -> Iterator[RenderableType]:
    """Show what a training has come to, and what to do next."""
    yield from _conclusion(result)
    if result.scores:
        yield scores("On the holdout", "model", result.scores)
    if result.conclusion not in {Conclusion.REGISTERED, Conclusion.SKIPPED}:
        name = result.run_id or result.execution
        yield f"Everything about it: python -m ops runs show {name}"


def _conclusion(result: Outcome) -> Iterator[RenderableType]:
    what = f"run {result.run_id}" if result.run_id else result.execution
    yield f"{what} {_HEADLINES[result.conclusion]}"
    for reason in result.reasons:
        yield f"  {reason}"
    if result.failure:
        yield from _failure(result.failure)
    if result.conclusion is Conclusion.REGISTERED:
        version = version_of(result.model_package_arn)
        yield f"Registered as model {version}: python -m ops models show {version}"


def _failure(failure: Failure) -> Iterator[RenderableType]:
    yield facts("Where it failed", {"state": failure.state, "job": failure.job})
    if failure.log:
        yield from _log(failure.log)


def _log(log: LogTail) -> Iterator[RenderableType]:
    if not log.stream:
        yield f"It has logged nothing in {log.group}."
        return
    yield f"The end of its log, {log.group} {log.stream}:"
    for line in log.lines:
        yield f"  | {line}"


def runs(result: Runs) -> Iterator[RenderableType]:
    """Show runs, one line each, and executions without one."""
    yield table(
        f"{len(result.runs):,} runs",
        ("run", "status", "trigger", "trained on", "judged on", "began (UTC)", "what or why"),
        (
            (
                run.run_id,
                run.status,
                run.trigger,
                *_months(run),
                short_time(run.began_at),
                _what(run),
            )
            for run in result.runs
        ),
    )
    if result.others:
        yield table(
            "Executions that hold no run",
            ("execution", "trigger", "began (UTC)", "outcome", "why"),
            (
                (
                    each.execution,
                    each.trigger,
                    short_time(each.began_at),
                    each.conclusion,
                    each.reason,
                )
                for each in result.others
            ),
        )


def _what(run: TrainingRun) -> str:
    arn = run.model_package_arn
    return ": ".join(filter(None, (f"model {version_of(arn)}" if arn else "", run.reason)))


def _months(run: TrainingRun) -> tuple[str, str]:
    """Return the months of training and of the holdout, the ends exclusive."""
    if not run.train_from:
        return "", ""
    return f"{run.train_from} to {run.holdout_from}", f"{run.holdout_from} to {run.holdout_to}"


def run(result: RunReport) -> Iterator[RenderableType]:
    """Show one run in full."""
    if result.run:
        yield facts(f"Run {result.run.run_id}", _about(result.run))
    if result.execution:
        yield from execution(result.execution)
    else:
        yield "Step Functions has forgotten its execution: that is more than 90 days old."
    if result.jobs:
        yield from _jobs(result.jobs)
    yield from by_month(result.evaluation)
    if result.outcome:
        yield from _conclusion(result.outcome)
    if result.uris:
        yield facts("Files", result.uris)


def _about(run: TrainingRun) -> dict[str, object]:
    trained, judged = _months(run)
    return {
        "status": run.status,
        "why": run.reason,
        "trigger": run.trigger,
        "attempt": run.attempt,
        "trained on (end exclusive)": trained,
        "judged on (end exclusive)": judged,
        "rows of the snapshot's files": run.rows,
        "model": run.model_package_arn,
        "began (UTC)": short_time(run.began_at),
        "ended (UTC)": short_time(run.ended_at),
    }


def _jobs(jobs: Mapping[str, Job]) -> Iterator[RenderableType]:
    yield table(
        "Jobs",
        ("job", "status", "seconds", "figures", "why it failed"),
        (
            (
                job.ref.name,
                job.progress,
                None if job.seconds is None else round(job.seconds),
                ", ".join(f"{name} {value:g}" for name, value in job.metrics.items()),
                job.failure,
            )
            for job in jobs.values()
        ),
    )
    for state, job in jobs.items():
        yield (
            f"Log of {state}: aws logs tail {job.ref.kind.log_group} "
            f"--log-stream-name-prefix {job.ref.stream_prefix}"
        )


def reproduction(result: Reproduction) -> Iterator[RenderableType]:
    """Show a model beside its repetition."""
    if result.outcome.conclusion in {Conclusion.FAILED, Conclusion.SKIPPED}:
        yield from outcome(result.outcome)
    yield facts(
        f"Model {result.version} and its repetition",
        {
            "registered model file": result.registered_sha256,
            "new model file": result.new_sha256,
            "registered on": result.registered_platform,
            "trained again on": result.new_platform,
            "largest difference of scores": None
            if result.max_difference is None
            else f"{result.max_difference:.3g}",
            "run": result.outcome.run_id,
            "evaluation": object_key(result.outcome.evaluation_uri),
        },
    )
    yield f"Model {result.version} is {result.verdict}"
