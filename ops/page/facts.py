"""Everything that the platform's page tells, read once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from ops import alarms, endpoint_status, models, releases, runs
from ops.alarms import Alarm, StateChange
from ops.conservation import Conservation, judge
from ops.consumers import Consumer
from ops.deployment import Deployment, StackState
from ops.endpoint_status import EndpointStatus
from ops.evidence import Evidence, collect
from ops.models import Models
from ops.page import looks
from ops.page.looks import Look
from ops.page.templates import Templates, deployed
from ops.prediction_status import count_dead_letters
from schemas.dead_letters import DeadLetterStatus
from schemas.names import (
    NEWS_ALARM,
    VARIANT_DIMENSION,
    PredictionMetric,
    StackName,
    prediction_namespace,
)
from schemas.releases import CHALLENGER, CHAMPION, Release
from schemas.runs import TrainingRun

DAYS = 30
"""A month, as far back as use is counted."""
_DAY_SECONDS = 24 * 60 * 60


@dataclass(frozen=True, kw_only=True, slots=True)
class Serving:
    """How predictions are logged.

    Attributes:
        logged: Predictions of the last `DAYS`.
        flawed: Those of them with something wrong.
        dead_letters: Records that could not be logged and wait for somebody.
    """

    logged: int
    flawed: int
    dead_letters: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Facts:
    """One environment at one moment.

    Attributes:
        environment: Its name.
        place: The local cloud's address, or the region.
        now: When it was looked at, in UTC.
        unsettled: Stacks that are changing or incomplete.
        evidence: What lies in the lake; rows are not counted in files.
        conservation: What becomes of it.
        alarms: All alarms, those in ALARM first.
        changes: What single alarms of these did in the last `DAYS`, in order.
        runs: Trainings, the latest last; None where nothing is trained.
        models: What is registered; likewise.
        releases: Changes of what serves, the latest last; None where nothing is released.
        endpoint: What serves; likewise.
        looks: Runs of the monitor, the newest first; None where nothing is monitored.
        serving: How predictions are logged; None where there are none.
        templates: What is deployed.
        instance: Of jobs.
        file_seconds: Expected time of a file.
    """

    environment: str
    place: str
    now: datetime
    unsettled: Sequence[StackState]
    evidence: Evidence
    conservation: Conservation
    alarms: Sequence[Alarm]
    changes: Sequence[StateChange]
    runs: Sequence[TrainingRun] | None
    models: Models | None
    releases: Sequence[Release] | None
    endpoint: EndpointStatus | None
    looks: Sequence[Look] | None
    serving: Serving | None
    templates: Templates
    instance: str
    file_seconds: float

    @property
    def on(self) -> list[Alarm]:
        """Alarms that are on, composite ones left out: they repeat others."""
        return [each for each in self.alarms if each.is_on and not each.is_composite]

    @property
    def illnesses(self) -> list[Alarm]:
        """Those of them that say that the platform is not well, as `UnhealthyAlarm` has it."""
        return [each for each in self.on if not is_news(each.name)]

    @property
    def news(self) -> list[Alarm]:
        """The others, which tell something about the data."""
        return [each for each in self.on if is_news(each.name)]

    @property
    def since(self) -> datetime:
        """From when on use is counted."""
        return self.now - timedelta(days=DAYS)


def is_news(alarm: str) -> bool:
    """Return whether the alarm of this name tells of the data, whatever the platform does."""
    return alarm.endswith(NEWS_ALARM)


def read(deployment: Deployment) -> Facts:
    """Read everything; what is not deployed is None.

    Raises:
        OpsError: what lies in the place of a file of the platform is something else.
    """
    now = datetime.now(UTC)
    evidence = collect(deployment, count_rows=False)
    known = alarms.read(deployment)
    has_registry = deployment.stacks[StackName.MODEL_REGISTRY].serves
    return Facts(
        environment=deployment.environment.name,
        place=deployment.place,
        now=now,
        unsettled=[each for each in deployment.stacks.values() if each.is_unsettled],
        evidence=evidence,
        conservation=judge(evidence),
        alarms=known,
        changes=_changes(deployment, known, now),
        runs=runs.read(deployment) if has_registry else None,
        models=models.list_models(deployment) if has_registry else None,
        releases=releases.read(deployment) if has_registry else None,
        endpoint=endpoint_status.look_if_any(deployment),
        looks=looks.read(deployment),
        serving=_serving(deployment, now),
        templates=deployed(deployment),
        instance=deployment.environment.training.instance_type,
        file_seconds=deployment.environment.ingestion.seconds_per_file,
    )


def _changes(deployment: Deployment, known: Sequence[Alarm], now: datetime) -> list[StateChange]:
    """Return what alarms did; composite ones only repeat others, and other people's are theirs."""
    names = {each.name for each in known if not each.is_composite}
    changes = alarms.state_changes(deployment, now - timedelta(days=DAYS)) if names else []
    return [each for each in changes if each.alarm in names]


def _serving(deployment: Deployment, now: datetime) -> Serving | None:
    if not deployment.stacks[StackName.PREDICTION].serves:
        return None
    letters = count_dead_letters(deployment, Consumer.PREDICTIONS)
    return Serving(
        logged=_total(deployment, PredictionMetric.PREDICTIONS_LOGGED, now),
        flawed=_total(deployment, PredictionMetric.PREDICTIONS_FLAWED, now),
        dead_letters=letters[DeadLetterStatus.OPEN],
    )


def _total(deployment: Deployment, metric: PredictionMetric, now: datetime) -> int:
    """Return the sum of a metric over the last `DAYS`: files of the log are too many to read."""
    points = [
        point
        for variant in (CHAMPION, CHALLENGER)
        for point in deployment.connection.cloudwatch.get_metric_statistics(
            # As `stacks.serving_names` has it: an account may hold several environments.
            Namespace=prediction_namespace(deployment.environment.name),
            MetricName=metric,
            Dimensions=[{"Name": VARIANT_DIMENSION, "Value": variant}],
            StartTime=now - timedelta(days=DAYS),
            EndTime=now + timedelta(minutes=1),
            Period=_DAY_SECONDS,
            Statistics=["Sum"],
        )["Datapoints"]
    ]
    return round(sum(point["Sum"] for point in points))
