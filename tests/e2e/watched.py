"""Trainings that the watchdog looks at: one that it must stop, and one that it must leave alone."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from demo.trainings import LEARNING_BY_HEART
from lambdas.watchdog.lines import Line, parsed
from ops.executions import Execution, describe
from ops.jobs import JobKind
from schemas.names import STACK_PREFIX, Output
from tests.cloud import eventually
from tests.e2e import months
from tests.e2e.lake import PATIENCE_SECONDS, Lake
from tests.e2e.training_phases import Trained
from tests.e2e.trainings import Training, trainer

OVERFITTING: Mapping[str, Any] = {
    "window": months.WINDOW.to_json(), "hyperparameters": LEARNING_BY_HEART,
}  # fmt: skip
# All as configured. What it makes is refused for its holdout, and so changes nothing for others.
SOUND: Mapping[str, Any] = {"window": months.WINDOW_WITH_THIN_MONTH.to_json()}


@dataclass(frozen=True, slots=True)
class Watched:
    """Two trainings, begun at once.

    Attributes:
        stopped: The one that overfits.
        sound: The other.
    """

    stopped: Training
    sound: Training


@pytest.fixture(scope="session")
def watched(lake: Lake, trained: Trained) -> Watched:
    del trained  # whose data they are
    with trainer(lake) as begun:
        first, second = begun.begin(OVERFITTING), begun.begin(SOUND)
        return Watched(begun.await_end(first), begun.await_end(second))


def job_of(training: Training) -> str:
    """Return the name of the job that trained."""
    (visit,) = (each for each in training.execution.visits if each.state == "Train")
    assert visit.job
    assert visit.attempts == 1
    return visit.job.name


def watch_of(lake: Lake, job: str) -> Execution:
    """Return the execution that watched a job, when it has ended."""
    name = lake.deployment.environment.name
    machine = lake.deployment[Output.TRAINING_STATE_MACHINE_ARN]
    executions = machine.replace(":stateMachine:", ":execution:").replace(
        f"{STACK_PREFIX}-{name}-training", f"{STACK_PREFIX}-{name}-watchdog"
    )
    found = eventually(
        lambda: (
            None if (each := describe(lake.deployment, f"{executions}:{job}")).is_running else each
        ),
        f"the watch of {job} has ended",
        seconds=PATIENCE_SECONDS,
    )
    assert isinstance(found, Execution)
    return found


def lines_of(lake: Lake, job: str) -> list[Line]:
    """Return the metrics that a job has logged."""
    pages = lake.cloud.client("logs").get_paginator("filter_log_events")
    found = pages.paginate(logGroupName=JobKind.TRAINING.log_group, logStreamNamePrefix=f"{job}/")
    return list(parsed(event["message"] for page in found for event in page["events"]))
