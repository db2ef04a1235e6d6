"""One look at an environment."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ops import (
    endpoint_status,
    ledger,
    monitoring_status,
    prediction_status,
    queues,
    training_status,
)
from ops.alarms import in_alarm
from ops.consumers import Consumer
from ops.deployment import Deployment
from ops.endpoint_status import EndpointStatus
from ops.monitoring_status import MonitoringStatus
from ops.prediction_status import PredictionStatus
from ops.queues import QueueDepth
from ops.training_status import TrainingStatus
from schemas.ledger import LedgerEntry, LedgerStatus

UNKNOWN_DATASET = "(unknown)"


@dataclass(frozen=True, kw_only=True, slots=True)
class DatasetStatus:
    """What the ledger holds of one dataset.

    Attributes:
        dataset: Its name.
        files: Ledger status to number of object versions.
        rows_in: Records in the versions in force.
        rows_accepted: Those that were curated.
        rows_quarantined: Those that were refused.
        last_change: Latest change of any version, ISO 8601 in UTC.
    """

    dataset: str
    files: Mapping[str, int]
    rows_in: int
    rows_accepted: int
    rows_quarantined: int
    last_change: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Status:
    """One environment at a glance.

    Attributes:
        environment: Its name.
        place: The local cloud's address, or the region.
        stacks: Stack names to CloudFormation's states.
        queues: What is in the queues.
        dead_letters: Dead-letter status to number.
        datasets: What the ledger holds.
        files: Ledger status to number of object versions, over all datasets.
        under_way: Messages in the ingestion and the dead-letter queue.
        alarms: Names of alarms in ALARM.
        training: Runs and models; None where there is no registry.
        endpoint: What serves; None where nothing can be released.
        monitoring: How the model is watched; None where it is not.
        predictions: The log of predictions; None where there is none.
    """

    environment: str
    place: str
    stacks: Mapping[str, str]
    queues: tuple[QueueDepth, ...]
    dead_letters: Mapping[str, int]
    datasets: tuple[DatasetStatus, ...]
    files: Mapping[str, int]
    under_way: int
    alarms: tuple[str, ...]
    training: TrainingStatus | None
    endpoint: EndpointStatus | None
    monitoring: MonitoringStatus | None
    predictions: PredictionStatus | None

    @property
    def conservation(self) -> str:
        """The law in one line; `ops audit` proves it."""
        counts = ", ".join(f"{self.files[status]:,} {status}" for status in LedgerStatus)
        return f"{sum(self.files.values()):,} versions: {counts}; {self.under_way:,} under way"


def look(deployment: Deployment) -> Status:
    """Return the state of `deployment`."""
    entries = ledger.read(deployment).entries
    depths = queues.depths(deployment)
    return Status(
        environment=deployment.environment.name,
        place=deployment.place,
        stacks={stack.name: stack.status for stack in deployment.stacks.values()},
        queues=tuple(depths),
        dead_letters=prediction_status.count_dead_letters(deployment, Consumer.INGESTION),
        datasets=tuple(_by_dataset(entries)),
        files=_by_status(entries),
        under_way=sum(depth.total for depth in depths if depth.name != "parking"),
        alarms=tuple(in_alarm(deployment)),
        training=training_status.look(deployment),
        endpoint=endpoint_status.look_if_any(deployment),
        monitoring=monitoring_status.look(deployment),
        predictions=prediction_status.look(deployment),
    )


def _by_dataset(entries: Iterable[LedgerEntry]) -> Iterable[DatasetStatus]:
    groups: dict[str, list[LedgerEntry]] = {}
    for entry in entries:
        groups.setdefault(entry.dataset or UNKNOWN_DATASET, []).append(entry)
    for dataset, members in sorted(groups.items()):
        in_force = [entry for entry in members if entry.status is LedgerStatus.CURATED]
        yield DatasetStatus(
            dataset=dataset,
            files=_by_status(members),
            rows_in=sum(entry.rows_in for entry in in_force),
            rows_accepted=sum(entry.rows_accepted for entry in in_force),
            rows_quarantined=sum(entry.rows_quarantined for entry in in_force),
            last_change=max(entry.updated_at for entry in members),
        )


def _by_status(entries: Iterable[LedgerEntry]) -> dict[str, int]:
    counts = Counter(entry.status for entry in entries)
    return {status.value: counts[status] for status in LedgerStatus}
