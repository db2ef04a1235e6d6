"""Seam: Step Functions. What the states language promises, and SageMaker's integrations."""

from local.adapter.workflows import (
    errors,
    executions,
    history,
    integrations,
    paths,
    sdk,
    tasks,
)


def install(time_scale: float) -> None:
    """Put the seam in place.

    Args:
        time_scale: Divisor of Wait states and of the waits between retries.
    """
    executions.install(time_scale)
    for seam in (errors, paths, history, tasks, sdk, integrations):
        seam.install()
