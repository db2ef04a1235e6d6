"""Starts executions of state machines, and follows them to their end."""

import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ops import executions, jobs
from ops.deployment import Deployment
from ops.errors import OpsError
from ops.executions import Execution, StateVisit, UnknownExecutionError
from ops.jobs import Job
from ops.pacing import Poll
from schemas.names import Output

POLL_SECONDS = 2
SHOW_RUN = "python -m ops runs show {name}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Started:
    """An execution that was started.

    Attributes:
        execution: Its name; the command that shows such executions takes it.
        execution_arn: Its address.
    """

    execution: str
    execution_arn: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Look:
    """How far an execution is at one moment.

    Attributes:
        execution: It, with the states that it went through.
        job: The job that it waits for now; None when it waits for none.
    """

    execution: Execution
    job: Job | None = None


Report = Callable[[Look], None]
"""Called with every look at an execution."""


def begin(
    deployment: Deployment,
    label: str,
    document: Mapping[str, Any],
    *,
    machine: Output = Output.TRAINING_STATE_MACHINE_ARN,
) -> Started:
    """Start an execution.

    Args:
        deployment: Where.
        label: What its name begins with, such as `train-2013-03`.
        document: Its input.
        machine: Output with the ARN of its state machine.
    """
    moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    # Two operators may start one in the same second.
    name = f"{label}-{moment}-{secrets.token_hex(2)}"
    arn = executions.start(deployment, name, document, machine=machine)
    return Started(execution=name, execution_arn=arn)


def follow(
    deployment: Deployment,
    execution_arn: str,
    *,
    timeout_seconds: float,
    report: Report,
    poll_seconds: float = POLL_SECONDS,
    shown_by: str = "",
) -> Execution:
    """Wait until an execution has ended; return it.

    Args:
        deployment: Where it runs.
        execution_arn: The execution.
        timeout_seconds: Longest time to wait.
        report: Called with every look at it, the last one included.
        poll_seconds: Time between two looks.
        shown_by: Command that shows it later; by default that of trainings.

    Raises:
        OpsError: it has not ended in time; it goes on.
    """
    for _ in Poll(timeout_seconds, poll_seconds):
        try:
            now = look(deployment, execution_arn)
        except UnknownExecutionError:
            continue  # it may take a moment to be seen
        report(now)
        if not now.execution.is_running:
            return now.execution
    name = execution_arn.rpartition(":")[2]
    see = shown_by or SHOW_RUN.format(name=name)
    raise OpsError(
        f"the execution {name} has not ended within {timeout_seconds:g} seconds",
        f"It goes on without this command: see `{see}`",
    )


def look(deployment: Deployment, execution_arn: str) -> Look:
    """Return how far an execution is now.

    Raises:
        UnknownExecutionError: there is none.
    """
    execution = executions.read(deployment, execution_arn)
    return Look(execution=execution, job=_current_job(deployment, execution))


def _current_job(deployment: Deployment, execution: Execution) -> Job | None:
    if not execution.is_running or not execution.visits:
        return None
    visit = execution.visits[-1]
    if visit.job is None or visit.left_at is not None:
        return None
    return jobs.describe(deployment, visit.job)


def news(before: Look | None, now: Look) -> Iterator[str]:
    """Yield, one line each, what has happened from one look at an execution to the next."""
    known = before.execution.visits if before else ()
    for number, visit in enumerate(now.execution.visits):
        yield from _news_of_visit(known[number] if number < len(known) else None, visit)
    if now.job is not None and (before is None or _told(before.job) != _told(now.job)):
        yield f"  {_told(now.job)}"


def _news_of_visit(before: StateVisit | None, now: StateVisit) -> Iterator[str]:
    if before is None:
        yield now.state
    if now.job is not None and (before is None or before.job != now.job):
        yield f"  {now.job}"
    if now.error and (before is None or not before.error):
        yield f"  failed ({now.error}), attempt {now.attempts}"


def _told(job: Job | None) -> str:
    if job is None:
        return ""
    figures = ", ".join(f"{name} {value:g}" for name, value in job.metrics.items())
    return f"{job.progress}{f'; {figures}' if figures else ''}"
