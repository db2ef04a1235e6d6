"""What is going on in an environment right now: cheap enough to look at again and again.

`ops.status` counts files and rows as well, and reads the whole ledger for it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from ops import (
    alarms,
    endpoint_status,
    executions,
    following,
    monitoring_status,
    prediction_status,
    queues,
    training_status,
)
from ops.alarms import Alarm
from ops.consumers import Consumer
from ops.deployment import Deployment
from ops.endpoint_status import EndpointStatus
from ops.following import Look
from ops.monitoring_status import MonitoringStatus
from ops.prediction_status import PredictionStatus
from ops.queues import QueueDepth
from ops.training_status import TrainingStatus
from schemas.names import Output, StackName

MACHINES = {
    "training": (StackName.TRAINING_PIPELINE, Output.TRAINING_STATE_MACHINE_ARN),
    "release": (StackName.RELEASE, Output.RELEASE_STATE_MACHINE_ARN),
    "monitoring": (StackName.MODEL_MONITOR, Output.MONITORING_STATE_MACHINE_ARN),
    "scoring": (StackName.PREDICTION, Output.SCORING_STATE_MACHINE_ARN),
}
"""What people call an execution, to the stack and the output of its state machine."""
MOST_OF_A_KIND = 5
"""Executions of one state machine that are looked at, each with a few calls."""


@dataclass(frozen=True, kw_only=True, slots=True)
class UnderWay:
    """An execution that runs.

    Attributes:
        kind: What people call it, such as `training`.
        look: How far it is.
    """

    kind: str
    look: Look


@dataclass(frozen=True, kw_only=True, slots=True)
class Live:
    """One environment at one moment.

    Attributes:
        environment: Its name.
        place: The local cloud's address, or the region.
        unsettled: Stacks that are changing or incomplete, to CloudFormation's states.
        alarms: All alarms, those in ALARM first.
        queues: What is in the queues of ingestion.
        dead_letters: Of ingestion: status to number.
        under_way: Executions that run.
        training: Runs and models; None where there is no registry.
        endpoint: What serves; None where nothing can be released.
        monitoring: How the model is watched; None where it is not.
        predictions: The log of predictions; None where there is none.
    """

    environment: str
    place: str
    unsettled: dict[str, str]
    alarms: tuple[Alarm, ...]
    queues: tuple[QueueDepth, ...]
    dead_letters: dict[str, int]
    under_way: tuple[UnderWay, ...]
    training: TrainingStatus | None
    endpoint: EndpointStatus | None
    monitoring: MonitoringStatus | None
    predictions: PredictionStatus | None


def look(deployment: Deployment) -> Live:
    """Return what is going on in `deployment`."""
    return Live(
        environment=deployment.environment.name,
        place=deployment.place,
        unsettled={
            stack.name: stack.status for stack in deployment.stacks.values() if stack.is_unsettled
        },
        alarms=tuple(alarms.read(deployment)),
        queues=tuple(queues.depths(deployment)),
        dead_letters=prediction_status.count_dead_letters(deployment, Consumer.INGESTION),
        under_way=tuple(_under_way(deployment)),
        training=training_status.look(deployment),
        endpoint=endpoint_status.look_if_any(deployment),
        monitoring=monitoring_status.look(deployment),
        predictions=prediction_status.look(deployment),
    )


def _under_way(deployment: Deployment) -> Iterator[UnderWay]:
    for kind, (stack, machine) in MACHINES.items():
        if not deployment.stacks[stack].serves:
            continue
        running = executions.listed(deployment, deployment[machine], status=executions.RUNNING)
        for each in islice(running, MOST_OF_A_KIND):
            found = following.look(deployment, each["executionArn"])
            # It may have ended since it was listed.
            if found.execution.is_running:
                yield UnderWay(kind=kind, look=found)
