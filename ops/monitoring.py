"""Monitoring runs as operators read them: the table, what each found, and what was decided."""

from collections.abc import Sequence
from dataclasses import dataclass

from ops import artifacts, dynamo
from ops.deployment import Deployment
from ops.errors import OpsError
from schemas.findings import Concern, Summary
from schemas.monitoring import (
    MONITORING_ID,
    Decision,
    MonitoringRun,
    MonitoringStatus,
    decision_key,
    decisions_of,
    runs_of,
)
from schemas.names import Output
from schemas.registry import version_of

LATEST = "latest"


@dataclass(frozen=True, kw_only=True, slots=True)
class MonitoredRun:
    """One run, and what was decided about what it found.

    Attributes:
        run: As the table has it.
        decisions: One per concern at most, the newest first. They follow when alarms go off, so
            shortly after the run's end there may be none yet.
    """

    run: MonitoringRun
    decisions: tuple[Decision, ...] = ()

    @property
    def version(self) -> int | None:
        """Version of the model that it judged; None when nothing served."""
        return version_of(self.run.model_package_arn) if self.run.model_package_arn else None


@dataclass(frozen=True, kw_only=True, slots=True)
class MonitoringReport:
    """Everything that is known of one run.

    Attributes:
        run: As the table has it.
        decisions: What was decided about what it found, the newest first.
        summary: What it found; None before its end, and when that is gone.
    """

    run: MonitoringRun
    decisions: tuple[Decision, ...] = ()
    summary: Summary | None = None

    @property
    def is_told(self) -> bool:
        """Whether alarms have heard of what it found, or there is nothing to hear of."""
        return self.run.status is not MonitoringStatus.DONE or bool(self.run.published_at)

    @property
    def is_ok(self) -> bool:
        """Whether the run did what it is for; violations are a finding, and no failure."""
        return self.run.status is not MonitoringStatus.FAILED and self.is_told

    @property
    def undecided(self) -> tuple[Concern, ...]:
        """Concerns with violations about which nothing is decided yet."""
        decided = {each.concern for each in self.decisions}
        found = (each for each in Concern if self.run.violations.get(each))
        return tuple(each for each in found if each not in decided)


def read(deployment: Deployment) -> list[MonitoredRun]:
    """Return all runs, the newest first."""
    items = list(dynamo.scan(dynamo.table(deployment, Output.MONITORING_TABLE_NAME)))
    decisions = decisions_of(items)
    return [
        MonitoredRun(
            run=run,
            decisions=tuple(each for each in decisions if each.monitoring_id == run.monitoring_id),
        )
        for run in runs_of(items)
    ]


def get(deployment: Deployment, monitoring_id: str) -> MonitoredRun | None:
    """Return a run by its whole id; None when there is none."""
    item = _item(deployment, monitoring_id)
    if item is None:
        return None
    keys = (decision_key(monitoring_id, concern) for concern in Concern)
    decided = [found for key in keys if (found := _item(deployment, key))]
    return MonitoredRun(run=MonitoringRun.from_item(item), decisions=tuple(decisions_of(decided)))


def _item(deployment: Deployment, key: str) -> dynamo.Item | None:
    table = dynamo.table(deployment, Output.MONITORING_TABLE_NAME)
    return table.get_item(Key={MONITORING_ID: key}, ConsistentRead=True).get("Item")


def find(deployment: Deployment, reference: str) -> MonitoredRun:
    """Return one run.

    Args:
        deployment: Where to look.
        reference: Its id, the beginning of it, or `latest`.

    Raises:
        OpsError: it names none, or several.
    """
    return _fitting(deployment, read(deployment), reference)


def find_reported(deployment: Deployment, reference: str) -> MonitoredRun:
    """Like `find`, of the runs that have left a page for people.

    Raises:
        OpsError: it names none, or several, or the one that it names has left no page.
    """
    runs = read(deployment)
    reported = [each for each in runs if each.run.report_uri]
    if reference == LATEST and runs and not reported:
        raise OpsError(
            "no run has a report yet", "See `python -m ops monitor list` for what became of them"
        )
    found = _fitting(deployment, reported if reference == LATEST else runs, reference)
    if not found.run.report_uri:
        raise OpsError(
            f"{found.run.monitoring_id} has no report: it is {found.run.status}",
            f"See `python -m ops monitor show {found.run.monitoring_id}`",
        )
    return found


def _fitting(deployment: Deployment, runs: Sequence[MonitoredRun], reference: str) -> MonitoredRun:
    if not runs:
        raise OpsError(
            f"the model of environment {deployment.environment.name} was never looked at",
            "Begin with `python -m ops monitor run --wait`",
        )
    if reference == LATEST:
        return runs[0]
    fitting = [each for each in runs if each.run.monitoring_id.startswith(reference)]
    exact = [each for each in fitting if each.run.monitoring_id == reference]
    if len(fitting) > 1 and not exact:
        names = ", ".join(each.run.monitoring_id for each in fitting)
        raise OpsError(f"{reference!r} is the beginning of several runs: {names}", "Give more")
    if not fitting:
        raise OpsError(f"{reference!r} names no run", "See `python -m ops monitor list`")
    return (exact or fitting)[0]


def report_on(deployment: Deployment, found: MonitoredRun) -> MonitoringReport:
    """Return everything that is known of a run.

    Raises:
        OpsError: what lies where its findings should is something else.
    """
    return MonitoringReport(
        run=found.run, decisions=found.decisions, summary=_summary(deployment, found.run)
    )


def _summary(deployment: Deployment, run: MonitoringRun) -> Summary | None:
    is_done = run.status is MonitoringStatus.DONE and run.summary_uri
    text = artifacts.read_text(deployment, run.summary_uri) if is_done else None
    if text is None:
        return None
    try:
        return Summary.from_text(text)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise OpsError(
            f"{run.summary_uri} holds no findings: {error!r}",
            "Bring its older version back, or look again: `python -m ops monitor run --wait`",
        ) from error
