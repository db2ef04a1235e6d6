"""Which alarms fired, and whether they had to."""

from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

from chaos.book import Difference
from chaos.steps import Function, Restart, Starve, Step
from ops.alarms import state_changes
from ops.deployment import Deployment
from ops.pacing import Poll

DEAD_LETTERS = "Ingestion-DeadLettersAlarm"
PARKING = "Ingestion-ParkingAlarm"
THROTTLES = "Ingestion-ThrottlesAlarm"
ERRORS = "Ingestion-ErrorsAlarm"
ARCHIVER_THROTTLES = "Ingestion-ArchiverThrottlesAlarm"
ARCHIVER_ERRORS = "Ingestion-ArchiverErrorsAlarm"

OF_FUNCTIONS = MappingProxyType(
    {
        THROTTLES: (Function.INGEST, "Throttles"),
        ERRORS: (Function.INGEST, "Errors"),
        ARCHIVER_THROTTLES: (Function.ARCHIVE, "Throttles"),
        ARCHIVER_ERRORS: (Function.ARCHIVE, "Errors"),
    }
)
"""Alarms that must go off when a metric of a function rises, and only then."""

WATCHED = (DEAD_LETTERS, PARKING, *OF_FUNCTIONS)

# Periods are scaled; an alarm is judged within two of them.
PATIENCE_SECONDS = 30.0
_SETTLE_SECONDS = 3.0


def fired_since(deployment: Deployment, moment: datetime) -> set[str]:
    """Return the construct ids of the watched alarms that went into ALARM since `moment`."""
    return {
        alarm
        for change in state_changes(deployment, moment)
        if change.state == "ALARM"
        for alarm in WATCHED
        if f"-{alarm}" in change.alarm
    }


def rose_since(
    deployment: Deployment, moment: datetime, functions: Mapping[Function, str]
) -> set[str]:
    """Return the alarms of functions whose metric has risen since `moment`.

    Args:
        deployment: Whose alarms.
        moment: When.
        functions: The functions' names on the cloud.
    """
    return {
        alarm
        for alarm, (function, metric) in OF_FUNCTIONS.items()
        if _sum_since(deployment, moment, functions[function], metric)
    }


def _sum_since(deployment: Deployment, moment: datetime, function: str, metric: str) -> float:
    points = deployment.connection.cloudwatch.get_metric_statistics(
        Namespace="AWS/Lambda",
        MetricName=metric,
        Dimensions=[{"Name": "FunctionName", "Value": function}],
        StartTime=moment,
        EndTime=datetime.now(UTC) + timedelta(minutes=1),
        Period=60,
        Statistics=["Sum"],
    )["Datapoints"]
    return sum(point["Sum"] for point in points)


def wait_until_quiet(deployment: Deployment) -> set[str]:
    """Wait until none of the watched alarms is in ALARM; return those that still are."""
    for _ in Poll(PATIENCE_SECONDS, 1):
        pages = deployment.connection.cloudwatch.get_paginator("describe_alarms").paginate(
            StateValue="ALARM"
        )
        names = [alarm["AlarmName"] for page in pages for alarm in page["MetricAlarms"]]
        loud = {alarm for alarm in WATCHED for name in names if f"-{alarm}" in name}
        if not loud:
            break
    return loud


def wait_for_alarms(
    deployment: Deployment, since: datetime, *, expected: Collection[str]
) -> set[str]:
    """Return the alarms that fired since a moment, once the last of them can have done so."""
    for _ in Poll(PATIENCE_SECONDS if expected else _SETTLE_SECONDS, 1):
        fired = fired_since(deployment, since)
        if expected and fired.issuperset(expected):
            break
    return fired


def expected_alarms(steps: list[Step], *, died: bool, rose: Collection[str]) -> set[str]:
    """Return the alarms that must go off in a phase.

    Starvation need not set off the alarm on throttles: a function that nothing is sent to
    meanwhile is refused nothing. So it is the metric that decides, not the steps.

    Args:
        steps: What happened in the phase.
        died: Whether a message was dead-lettered.
        rose: Alarms of functions whose metric rose.
    """
    # The emulator's metrics of the current minute do not outlive it; CloudWatch's do.
    if any(isinstance(step, Restart) for step in steps):
        return set()
    return {*rose, DEAD_LETTERS} if died else set(rose)


def judge_alarms(
    fired: Collection[str],
    steps: list[Step],
    *,
    died: bool,
    rose: Collection[str],
    loud: Collection[str] = (),
) -> Iterator[Difference]:
    """Yield what is wrong with the alarms of a phase.

    Args:
        fired: Which did.
        steps: What happened in the phase.
        died: Whether a message was dead-lettered.
        rose: Alarms of functions whose metric rose.
        loud: Alarms that were in ALARM when it began, which can not go off once more.
    """
    for alarm in sorted(loud):
        detail = f"it was still in ALARM {PATIENCE_SECONDS:.0f} s after things had come to rest"
        yield Difference(subject=alarm, detail=detail)
    if loud:
        return
    missing = expected_alarms(steps, died=died, rose=rose).difference(fired)
    for alarm in sorted(missing):
        why = "messages have died" if alarm == DEAD_LETTERS else "its metric has risen"
        yield Difference(subject=alarm, detail=f"it did not fire; {why}")
    if not died and DEAD_LETTERS in fired:
        yield Difference(subject=DEAD_LETTERS, detail="it fired; no message has died")
    if PARKING in fired:
        yield Difference(subject=PARKING, detail="it fired: a dead letter could not be archived")
    yield from _without_cause(fired, steps, rose)


def _without_cause(
    fired: Collection[str], steps: list[Step], rose: Collection[str]
) -> Iterator[Difference]:
    has_lost_metrics = any(isinstance(step, Restart) for step in steps)
    starved = {step.function for step in steps if isinstance(step, Starve)}
    for alarm, (function, metric) in OF_FUNCTIONS.items():
        if alarm in fired and alarm not in rose and not has_lost_metrics:
            yield Difference(subject=alarm, detail="it fired; its metric has not risen")
        elif metric == "Throttles" and function not in starved and alarm in {*fired, *rose}:
            detail = "the function was throttled although nothing starved it"
            yield Difference(subject=alarm, detail=detail)
