"""Writes down what a run has found, then tells CloudWatch, whose alarms begin what follows."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from lambdas.monitor.claims import Claims, Execution
from lambdas.shared.clock import Clock, timestamp
from lambdas.shared.errors import PermanentError
from lambdas.shared.monitoring import MonitoringTable, read_summary
from lambdas.shared.objects import Objects
from schemas.findings import VIOLATION_METRICS, Concern, MonitoringMetric, Summary
from schemas.monitoring import (
    REPORT_FILE,
    SUMMARY_FILE,
    MonitoringRun,
    MonitoringStatus,
    output_prefix,
)
from schemas.names import MODEL_DIMENSION, MONITORING_METRICS_NAMESPACE

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient

_COUNTS: Final = frozenset(
    {
        *(MonitoringMetric.PREDICTIONS, MonitoringMetric.LABELLED),
        *(MonitoringMetric.DRIFT_VIOLATIONS, MonitoringMetric.QUALITY_VIOLATIONS),
        MonitoringMetric.FLOOR_VIOLATIONS,
    }
)


class Publication:
    """Publishes what runs have found.

    Args:
        table: The runs.
        claims: Lets the claim go.
        artifacts: Where findings lie.
        cloudwatch: Told of them.
        group_name: Group of the models; dimension of the metrics.
        clock: Tells the time.
    """

    def __init__(
        self,
        *,
        table: MonitoringTable,
        claims: Claims,
        artifacts: Objects,
        cloudwatch: "CloudWatchClient",
        group_name: str,
        clock: Clock,
    ) -> None:
        self._table = table
        self._claims = claims
        self._artifacts = artifacts
        self._cloudwatch = cloudwatch
        self._group_name = group_name
        self._clock = clock

    def publish(self, execution: Execution) -> dict[str, Any]:
        """Publish what the run of an execution has found; return that in short.

        The item comes first: whoever hears an alarm finds there what it is about. Metrics are told
        at least once: again only when their call failed, or was cut off before it was written down.

        Raises:
            PermanentError: `run-missing`, `summary-missing`, `summary-unusable`.
            TransientError: it is to be tried again.
        """
        run = self._table.run(execution.name)
        if run is None:
            raise PermanentError(
                "run-missing",
                f"run {execution.name} is not in the table of monitoring, which somebody has "
                "changed by hand; look again with `python -m ops monitor run`",
                execution.name,
            )
        summary = read_summary(execution.name, self._artifacts)
        if run.status is not MonitoringStatus.DONE:
            found = self._found(run, summary)
            run = self._claims.end(execution, found, MonitoringStatus.DONE, in_short(summary))
        if not run.published_at:
            self._tell(summary)
            self._table.record(replace(run, published_at=timestamp(self._clock())))
        return {
            "monitoring_id": run.monitoring_id,
            "reason": run.reason,
            "violations": dict(run.violations),
        }

    def _found(self, run: MonitoringRun, summary: Summary) -> MonitoringRun:
        folder = self._artifacts.uri(output_prefix(run.monitoring_id))
        auc, metrics = summary.quality.get("auc"), summary.metrics()
        return replace(
            run,
            summary_uri=f"{folder}{SUMMARY_FILE}",
            report_uri=f"{folder}{REPORT_FILE}",
            predictions=summary.predictions,
            labelled=summary.labelled,
            auc=f"{auc.value:.4f}" if auc else "",
            violations={
                concern.value: int(metrics[metric])
                for concern, metric in VIOLATION_METRICS.items()
                if metric in metrics
            },
        )

    def _tell(self, summary: Summary) -> None:
        moment = self._clock()
        self._cloudwatch.put_metric_data(
            Namespace=MONITORING_METRICS_NAMESPACE,
            MetricData=[
                {
                    "MetricName": metric,
                    "Dimensions": [{"Name": MODEL_DIMENSION, "Value": self._group_name}],
                    "Timestamp": moment,
                    "Value": value,
                    "Unit": "Count" if metric in _COUNTS else "None",
                }
                for metric, value in summary.metrics().items()
            ],
        )


def in_short(summary: Summary) -> str:
    """Return what was found, in one sentence."""
    counts = {each: len(summary.of(each)) for each in Concern}
    told = ", ".join(f"{count} of {concern}" for concern, count in counts.items() if count)
    return f"{_quality(summary)}; violations: {told or 'none'}"


def _quality(summary: Summary) -> str:
    labelled = f"{summary.labelled:,} labelled predictions"
    auc = summary.quality.get("auc")
    if auc is None:
        return (
            f"quality is not known, by {labelled} of at least {summary.min_labels:,}"
            if summary.labelled < summary.min_labels
            else f"AUC is not known, by {labelled}"
        )
    holdout = "" if auc.baseline is None else f", {auc.baseline:.4f} on the holdout"
    return f"AUC {auc.value:.4f} of {labelled}{holdout}"
