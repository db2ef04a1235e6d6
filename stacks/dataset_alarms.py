"""Alarms about data, per dataset: too old, or too much of it refused."""

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_sns as sns
from constructs import Construct

from mlops_constructs.alarms import Runbook, alarm_when_any, alarm_when_none
from schemas.datasets import DatasetContract
from schemas.names import DATASET_DIMENSION, METRICS_NAMESPACE, Metric

HOUR = cdk.Duration.hours(1)
PERCENT = 100


def dataset_metric(
    metric: Metric, dataset: str, *, period: cdk.Duration = HOUR
) -> cloudwatch.Metric:
    """Return the sum of one of the ingest function's metrics for `dataset`."""
    return cloudwatch.Metric(
        namespace=METRICS_NAMESPACE,
        metric_name=metric.value,
        dimensions_map={DATASET_DIMENSION: dataset},
        statistic="Sum",
        period=period,
    )


def quarantined_percent(dataset: str, *, period: cdk.Duration = HOUR) -> cloudwatch.MathExpression:
    """Return the share of `dataset`'s rows that were refused; no data while nothing arrives."""
    # Ids are unique within a graph, which may show several datasets.
    quarantined, rows = f"{dataset}_quarantined", f"{dataset}_rows"
    return cloudwatch.MathExpression(
        expression=f"{PERCENT} * {quarantined} / {rows}",
        label=f"{dataset}: quarantined rows, percent",
        using_metrics={
            quarantined: dataset_metric(Metric.ROWS_QUARANTINED, dataset, period=period),
            rows: dataset_metric(Metric.ROWS_IN, dataset, period=period),
        },
        period=period,
    )


def add_dataset_alarms(scope: Construct, contract: DatasetContract, *, topic: sns.ITopic) -> None:
    """Watch the freshness of a dataset, and the share of its rows that is refused."""
    name = "".join(word.capitalize() for word in contract.name.split("_"))
    alarm_when_none(
        scope,
        f"{name}FreshnessAlarm",
        metric=dataset_metric(Metric.FILES_CURATED, contract.name),
        periods=contract.freshness_hours,
        description=f"No file of {contract.name} was curated for {contract.freshness_hours} hours: "
        "ask its source, or look for rejected files with `ops ledger`.",
        runbook=Runbook.FRESHNESS,
        topic=topic,
    )
    # Half of what rejects a whole file: a warning, while files still pass.
    threshold = PERCENT * contract.max_rejected_share / 2
    alarm_when_any(
        scope,
        f"{name}QuarantineAlarm",
        metric=quarantined_percent(contract.name),
        threshold=threshold,
        description=f"{threshold:g} % or more of an hour's rows of {contract.name} were refused: "
        "`ops quarantine show` says why.",
        runbook=Runbook.QUARANTINE_SHARE,
        topic=topic,
    )
