"""The model is looked at, and what the platform makes of the findings is awaited."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from demo import releases
from demo.errors import DemoError
from ops import following, monitor_runs
from ops.deployment import Deployment
from ops.following import Look
from ops.monitoring import MonitoringReport
from ops.pacing import Poll
from schemas.findings import Concern, Measure, Summary
from schemas.monitoring import Decision, MonitoringStatus, Reaction
from schemas.registry import version_of

LONGEST_RUN_SECONDS = 600
LONGEST_DECISION_SECONDS = 120
POLL_SECONDS = 0.5


@dataclass(frozen=True, kw_only=True, slots=True)
class Monitored:
    """What a look at a month's predictions has found, and what followed.

    Attributes:
        month: Month of the flights, `YYYY-MM`.
        version: Version of the model that answered.
        predictions: Predictions looked at.
        labelled: Those whose outcome was known.
        auc: With its interval, and its value on the holdout; None with too few labels.
        psi: Column to its population stability index, of those that are compared.
        thresholds: Column to the index above which it has drifted.
        drifted: Columns above their threshold.
        violations: Concern to the number of its violations.
        decisions: What was done about them.
        seconds: Of the run.
    """

    month: str
    version: int
    predictions: int
    labelled: int
    auc: Measure | None
    psi: Mapping[str, float]
    thresholds: Mapping[str, float]
    drifted: tuple[str, ...]
    violations: Mapping[str, int]
    decisions: tuple[Decision, ...] = field(default=())
    seconds: float

    def decision(self, reaction: Reaction) -> Decision | None:
        """Return the decision of a kind, if there is one."""
        return next((each for each in self.decisions if each.reaction is reaction), None)


def look(
    deployment: Deployment,
    month: str,
    since: str,
    *,
    clock: Callable[[], float],
    report: releases.Report,
) -> Monitored:
    """Run the monitor over what was predicted since a moment, with the labels of a month.

    Args:
        deployment: The app.
        month: Month of the flights that were predicted, `YYYY-MM`.
        since: Moment before the first prediction, ISO 8601 in UTC.
        clock: Seconds since the demo began.
        report: Told of the states of the execution.

    Raises:
        DemoError: the run failed, found nothing to look at, or was not decided upon in time.
    """
    began = clock()
    started = monitor_runs.begin(
        deployment, monitor_runs.request(since=since, label_months=[month])
    )

    def show(seen: Look) -> None:
        if seen.execution.visits:
            report(f"monitor, {month}: {seen.execution.visits[-1].state}")

    execution = following.follow(
        deployment,
        started.execution_arn,
        timeout_seconds=LONGEST_RUN_SECONDS,
        report=show,
        poll_seconds=POLL_SECONDS,
    )
    ended = clock()
    found = monitor_runs.conclude(deployment, execution)
    if found.run.status is not MonitoringStatus.DONE or found.summary is None:
        raise DemoError(f"the monitor's look at {month} is {found.run.status}: {found.run.reason}")
    decided = _decided(deployment, started.execution, found, report)
    return _monitored(month, decided, found.summary, seconds=ended - began)


def _decided(
    deployment: Deployment, run: str, found: MonitoringReport, report: releases.Report
) -> MonitoringReport:
    """Wait until the alarms of what was found have been acted upon."""
    for _ in Poll(LONGEST_DECISION_SECONDS, POLL_SECONDS):
        if not found.undecided:
            return found
        report(f"waiting for the alarms: {', '.join(found.undecided)}")
        found = monitor_runs.show(deployment, run)
    raise DemoError(
        f"nothing was decided about {', '.join(found.undecided)} of {run} in time; see the log of "
        "the function `respond`"
    )


def _monitored(
    month: str, found: MonitoringReport, summary: Summary, *, seconds: float
) -> Monitored:
    thresholds = {
        name: each.threshold for name, each in summary.drift.items() if each.threshold is not None
    }
    return Monitored(
        month=month,
        version=version_of(summary.model_package_arn),
        predictions=summary.predictions,
        labelled=summary.labelled,
        auc=summary.quality.get("auc"),
        psi={name: summary.drift[name].psi for name in thresholds},
        thresholds=thresholds,
        drifted=tuple(name for name, each in summary.drift.items() if each.is_drifted),
        violations={concern.value: len(summary.of(concern)) for concern in Concern},
        decisions=found.decisions,
        seconds=seconds,
    )
