"""Writes down why a run has failed, and words it for people."""

import json
from collections.abc import Mapping
from typing import Any

from lambdas.monitor.claims import Claims, Execution
from lambdas.shared.announcements import as_message, as_subject, cut
from lambdas.shared.clock import Clock, timestamp
from lambdas.shared.explanations import Failure, explain
from lambdas.shared.monitoring import MonitoringTable
from lambdas.shared.telemetry import logger
from schemas.monitoring import MonitoringRun, MonitoringStatus, MonitoringTrigger

_MAX_INPUT_CHARACTERS = 1_000
# Findings that are written down stay so, whatever fails afterwards.
_FINAL = frozenset({MonitoringStatus.DONE, MonitoringStatus.FAILED})


def fail(
    state: Mapping[str, Any],
    execution: Execution,
    *,
    table: MonitoringTable,
    claims: Claims,
    clock: Clock,
) -> dict[str, str]:
    """Write a failure down, once; return `$.settled`: `subject` and `message` to announce.

    Args:
        state: Of the execution: `input`, `error`, and what its states have added.
        execution: The execution.
        table: The runs.
        claims: Lets the claim go.
        clock: Tells the time.

    Raises:
        TransientError: it is to be tried again.
    """
    failure = explain(state.get("error") or {})
    reason = f"{failure.job}: {failure.why}" if failure.job else failure.why
    # One that failed before its claim, such as by its input, is in the table all the same.
    run = table.run(execution.name) or _unclaimed(state, execution, clock)
    if run.status in _FINAL:
        logger.info("no run to settle", monitoring_id=run.monitoring_id, status=run.status)
    else:
        claims.end(execution, run, MonitoringStatus.FAILED, reason)
    return {
        "subject": as_subject(f"Monitoring run {execution.name} failed: {reason}"),
        "message": _message(state, execution, failure, run),
    }


def _unclaimed(state: Mapping[str, Any], execution: Execution, clock: Clock) -> MonitoringRun:
    given = state.get("input")
    is_scheduled = isinstance(given, dict) and given.get("trigger") == MonitoringTrigger.SCHEDULE
    return MonitoringRun(
        monitoring_id=execution.name,
        status=MonitoringStatus.RUNNING,
        trigger=MonitoringTrigger.SCHEDULE if is_scheduled else MonitoringTrigger.MANUAL,
        execution_arn=execution.arn,
        began_at=timestamp(clock()),
    )


def _message(
    state: Mapping[str, Any], execution: Execution, failure: Failure, run: MonitoringRun
) -> str:
    lines = [f"Job: {failure.job}"] if failure.job else []
    lines.append(f"Why: {failure.why}")
    if failure.log_group:
        lines.append(
            f"Log: aws logs tail {failure.log_group} --since 7d --log-stream-name-prefix "
            f"{failure.log_stream_prefix}"
        )
    if run.model_package_arn:
        lines.append(f"Model package: {run.model_package_arn}")
    headline = (
        "What the model monitor found is written down, but CloudWatch was not told of it."
        if run.status is MonitoringStatus.DONE
        else "The model that serves was not looked at; drift and bad quality would go unseen."
    )
    return as_message(
        headline,
        "",
        *lines,
        "What to do: mend the cause, then `python -m ops monitor run`; the next run on schedule "
        "tries again, too",
        f"Input: {cut(json.dumps(state.get('input'), default=str), _MAX_INPUT_CHARACTERS)}",
        f"Execution: {execution.arn}",
    )
