"""Executions of state machines as lines and tables for people."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from rich.console import RenderableType

from ops.executions import Execution
from ops.following import Look
from ops.output import facts, short_time, table


def at(execution: Execution, line: str) -> str:
    """Return a line of progress with the time since the execution began."""
    seconds = (datetime.now(execution.began_at.tzinfo) - execution.began_at).total_seconds()
    return f"{clock(seconds):>8}  {line}"


def activity(look: Look) -> str:
    """Return what an execution does now."""
    visits = look.execution.visits
    return f"{visits[-1].state}{f': {look.job.progress}' if look.job else ''}" if visits else ""


def execution(result: Execution) -> Iterator[RenderableType]:
    """Show an execution and the states that it went through."""
    yield facts(f"Execution {result.name}", {"status": result.status, "address": result.arn})
    yield table(
        "States",
        ("state", "began (UTC)", "took", "attempts", "job", "last error"),
        (
            (
                visit.state,
                short_time(visit.entered_at.isoformat()),
                clock((visit.left_at - visit.entered_at).total_seconds()) if visit.left_at else "",
                visit.attempts,
                visit.job.name if visit.job else "",
                visit.error,
            )
            for visit in result.visits
        ),
    )


def clock(seconds: float) -> str:
    """Return a duration as hours, minutes and seconds."""
    return str(timedelta(seconds=int(seconds)))
