"""Waiting for an execution's end, with what happens until then on the screen."""

from collections.abc import Callable, Iterable

from ops import following
from ops.commands import render_executions as render
from ops.deployment import Deployment
from ops.executions import Execution
from ops.following import Look, Started
from ops.output import Screen

News = Callable[[Look | None, Look], Iterable[str]]
"""Returns, one line each, what has happened from one look at an execution to the next."""


def watch(
    deployment: Deployment,
    screen: Screen,
    started: Started,
    *,
    timeout_seconds: float,
    news: News = following.news,
    shown_by: str = "",
) -> Execution:
    """Wait for an execution's end, and tell people what happens until then.

    Args:
        deployment: Where it runs.
        screen: Where people look.
        started: The execution.
        timeout_seconds: Longest time to wait.
        news: What to tell.
        shown_by: Command that shows it later; by default that of trainings.

    Raises:
        OpsError: it has not ended in time; it goes on.
    """
    last: Look | None = None
    screen.note(f"{started.execution} began; it goes on without this command.")
    with screen.activity("waiting for the first state") as doing:

        def report(look: Look) -> None:
            nonlocal last
            for line in news(last, look):
                screen.note(render.at(look.execution, line))
            doing(render.activity(look))
            last = look

        return following.follow(
            deployment,
            started.execution_arn,
            timeout_seconds=timeout_seconds,
            report=report,
            shown_by=shown_by,
        )
