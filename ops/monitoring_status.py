"""Monitoring at a glance."""

from dataclasses import dataclass

from ops import monitoring
from ops.deployment import Deployment
from ops.monitoring import MonitoredRun
from schemas.monitoring import MonitoringStatus as RunStatus
from schemas.names import StackName

_TELLING = frozenset({RunStatus.DONE, RunStatus.FAILED})


@dataclass(frozen=True, kw_only=True, slots=True)
class MonitoringStatus:
    """How the model is watched in one environment.

    Attributes:
        last_run: The newest run that looked at the model or failed to, else the newest; None
            before the first.
    """

    last_run: MonitoredRun | None


def look(deployment: Deployment) -> MonitoringStatus | None:
    """Return the state of monitoring; None when the environment has none."""
    if not deployment.stacks[StackName.MODEL_MONITOR].serves:
        return None
    runs = monitoring.read(deployment)
    telling = [each for each in runs if each.run.status in _TELLING]
    return MonitoringStatus(last_run=next(iter(telling or runs), None))
