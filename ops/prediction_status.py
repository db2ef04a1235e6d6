"""The log of predictions at a glance."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from ops import queues
from ops.consumers import Consumer
from ops.dead_letters import list_dead_letters
from ops.deployment import Deployment
from ops.queues import QueueDepth
from schemas.dead_letters import DeadLetterStatus


@dataclass(frozen=True, kw_only=True, slots=True)
class PredictionStatus:
    """The log of predictions in one environment.

    Attributes:
        queues: What is in its queues.
        dead_letters: Dead-letter status to number.
    """

    queues: tuple[QueueDepth, ...]
    dead_letters: Mapping[str, int]


def look(deployment: Deployment) -> PredictionStatus | None:
    """Return the state of the log of predictions; None when the environment has none."""
    if not deployment.stacks[Consumer.PREDICTIONS.outputs.stack].serves:
        return None
    return PredictionStatus(
        queues=tuple(queues.depths(deployment, Consumer.PREDICTIONS)),
        dead_letters=count_dead_letters(deployment, Consumer.PREDICTIONS),
    )


def count_dead_letters(deployment: Deployment, consumer: Consumer) -> dict[str, int]:
    """Return how many dead letters of a consumer have each status."""
    letters = Counter(each.status for each in list_dead_letters(deployment, consumer))
    return {status.value: letters[status] for status in DeadLetterStatus}
