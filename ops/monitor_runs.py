"""Begins monitoring runs, and says what they have come to."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

from ops import executions, following, monitoring
from ops.deployment import Deployment
from ops.errors import OpsError
from ops.executions import Execution, UnknownExecutionError
from ops.following import Started
from ops.monitoring import MonitoredRun, MonitoringReport
from schemas.monitoring import MonitoringRun, MonitoringStatus, MonitoringTrigger
from schemas.names import Output
from schemas.windows import WindowError, month_number

LONGEST_RUN_SECONDS: Final = 4 * 3600
SKIP: Final = "skip"
"""Decision of a plan that found nothing to look at."""


def request(
    *, since: str = "", until: str = "", label_months: Sequence[str] = ()
) -> dict[str, Any]:
    """Return the input of an execution that looks at a span of predictions.

    Args:
        since: First moment of the predictions, ISO 8601, in UTC unless it names a zone; empty for
            the deployment's window.
        until: First moment after them, likewise; empty for now.
        label_months: Months, `YYYY-MM`, whose labels are joined; empty for what has arrived since.

    Raises:
        OpsError: a moment or a month is malformed, or the span is empty.
    """
    document: dict[str, Any] = {"trigger": MonitoringTrigger.MANUAL.value}
    moments = {
        name: _moment(f"--{name}", text)
        for name, text in {"since": since, "until": until}.items()
        if text
    }
    end = moments.get("until", datetime.now(UTC))
    if "since" in moments and moments["since"] >= end:
        raise OpsError(
            f"there is no time between --since {since} and {until or 'now'}",
            "Give an earlier --since, or a later --until",
        )
    document |= {name: moment.isoformat() for name, moment in moments.items()}
    if label_months:
        document["label_months"] = [_month(each) for each in label_months]
    return document


def _moment(option: str, text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise OpsError(
            f"{option} {text!r} is no moment",
            "Write it as ISO 8601, for example 2013-04-01 or 2013-04-01T12:00:00+00:00",
        ) from error
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _month(text: str) -> str:
    try:
        month_number(text)
    except WindowError as error:
        raise OpsError(f"--labels: {error}", "Give months, such as --labels 2013-04") from error
    return text


def begin(deployment: Deployment, document: dict[str, Any]) -> Started:
    """Start a run; `document` is from `request`."""
    return following.begin(
        deployment, "monitor", document, machine=Output.MONITORING_STATE_MACHINE_ARN
    )


def show(deployment: Deployment, reference: str) -> MonitoringReport:
    """Return everything that is known of a run.

    Args:
        deployment: Where to look.
        reference: Its id, the beginning of it, or `latest`.

    Raises:
        OpsError: it names none, or several, or what it found cannot be read.
    """
    try:
        found = monitoring.find(deployment, reference)
    except OpsError:
        # One that has just begun, or failed before it was planned, is in no table.
        if execution := _execution(deployment, reference):
            return conclude(deployment, execution)
        raise
    name = found.run.monitoring_id
    is_running = found.run.status is MonitoringStatus.RUNNING
    # One that was stopped could not say so in the table.
    if is_running and (execution := _execution(deployment, name)):
        return conclude(deployment, execution)
    return monitoring.report_on(deployment, found)


def _execution(deployment: Deployment, name: str) -> Execution | None:
    arn = executions.arn_of(deployment, name, machine=Output.MONITORING_STATE_MACHINE_ARN)
    try:
        return executions.describe(deployment, arn)
    except UnknownExecutionError:
        return None


def conclude(deployment: Deployment, execution: Execution) -> MonitoringReport:
    """Return what a run has come to.

    One that failed before it was planned is in no table; then its execution says what happened.

    Raises:
        OpsError: what it found cannot be read.
    """
    found = monitoring.get(deployment, execution.name)
    known = found.run if found else _unknown(execution)
    status = _status(known, execution)
    if status is not known.status:
        known = replace(known, status=status)
    if not known.reason:
        known = replace(known, reason=_reason(execution))
    decisions = found.decisions if found else ()
    return monitoring.report_on(deployment, MonitoredRun(run=known, decisions=decisions))


def _unknown(execution: Execution) -> MonitoringRun:
    return MonitoringRun(
        monitoring_id=execution.name,
        status=MonitoringStatus.RUNNING,
        trigger=MonitoringTrigger.MANUAL,
        execution_arn=execution.arn,
        began_at=execution.began_at.isoformat(),
        ended_at=execution.ended_at.isoformat() if execution.ended_at else "",
    )


def _status(known: MonitoringRun, execution: Execution) -> MonitoringStatus:
    if known.status is not MonitoringStatus.RUNNING or execution.is_running:
        return known.status
    is_skipped = execution.output.get("run", {}).get("decision") == SKIP
    # An execution that ended without a word about its run did not do it.
    return MonitoringStatus.SKIPPED if is_skipped else MonitoringStatus.FAILED


def _reason(execution: Execution) -> str:
    planned = execution.output.get("run", {}).get("reason", "")
    return str(planned) or execution.cause or execution.error
