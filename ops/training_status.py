"""Training at a glance."""

from dataclasses import dataclass

from ops import models, runs
from ops.deployment import Deployment
from schemas.names import StackName
from schemas.runs import TrainingRun


@dataclass(frozen=True, kw_only=True, slots=True)
class TrainingStatus:
    """Training in one environment.

    Attributes:
        last_run: The run that was begun last; None before the first.
        champion: Version of the model in force; None without one.
        champion_auc: Its AUC on its holdout, as registered.
        pending: Versions that wait for approval.
    """

    last_run: TrainingRun | None
    champion: int | None
    champion_auc: str
    pending: tuple[int, ...]


def look(deployment: Deployment) -> TrainingStatus | None:
    """Return the state of training; None when the environment has none."""
    if not deployment.stacks[StackName.MODEL_REGISTRY].serves:
        return None
    found = runs.read(deployment)
    champion = models.champion(deployment)
    return TrainingStatus(
        last_run=found[-1] if found else None,
        champion=champion.version if champion else None,
        champion_auc=champion.metadata.auc if champion and champion.metadata else "",
        pending=tuple(models.waiting(deployment)),
    )
