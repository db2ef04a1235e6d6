"""What the monitor has come to, run by run, with the thresholds that were in force."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ops import artifacts, monitoring
from ops.deployment import Deployment
from ops.monitoring import MonitoringReport
from schemas.constraints import FLOOR, QUALITY
from schemas.findings import Summary
from schemas.keys import uri_of
from schemas.monitoring import CONSTRAINTS_FILE, MonitoringStatus, input_prefix
from schemas.names import Output, StackName

MOST_LOOKS = 12
"""Last runs of which the findings are read."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Look:
    """One run of the monitor.

    Attributes:
        report: What is known of it; with its findings when it is one of the last that are done.
        retrain_below: AUC below which another model is trained; None when that is not known.
        roll_back_below: AUC below which the last good model comes back; likewise.
    """

    report: MonitoringReport
    retrain_below: float | None = None
    roll_back_below: float | None = None

    @property
    def summary(self) -> Summary | None:
        """What it found."""
        return self.report.summary


def read(deployment: Deployment) -> list[Look] | None:
    """Return all runs, the newest first; None when nothing is monitored.

    Raises:
        OpsError: what lies where findings should is something else.
    """
    if not deployment.stacks[StackName.MODEL_MONITOR].serves:
        return None
    looks: list[Look] = []
    left = MOST_LOOKS
    for each in monitoring.read(deployment):
        if left and each.run.status is MonitoringStatus.DONE:
            left -= 1
            looks.append(_with_findings(deployment, monitoring.report_on(deployment, each)))
        else:
            looks.append(Look(report=MonitoringReport(run=each.run, decisions=each.decisions)))
    return looks


def _with_findings(deployment: Deployment, report: MonitoringReport) -> Look:
    prefix = input_prefix(report.run.monitoring_id)
    uri = uri_of(deployment[Output.ARTIFACTS_BUCKET_NAME], f"{prefix}{CONSTRAINTS_FILE}")
    constraints = json.loads(artifacts.read_text(deployment, uri) or "{}")
    return Look(
        report=report,
        retrain_below=_threshold(constraints, QUALITY),
        roll_back_below=_threshold(constraints, FLOOR),
    )


def _threshold(constraints: Mapping[str, Any], of: str) -> float | None:
    bound = constraints.get(of, {}).get("auc")
    return float(bound["threshold"]) if bound else None
