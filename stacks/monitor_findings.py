"""What the model monitor may find, and what that means for whoever is woken by it."""

from aws_cdk import aws_cloudwatch as cloudwatch

from mlops_constructs.model_monitor import FINDING_PERIOD, Finding
from schemas.findings import VIOLATION_METRICS, Concern
from schemas.names import MODEL_DIMENSION, MONITORING_METRICS_NAMESPACE

MEANINGS = {
    Concern.DRIFT: "What the model is asked, or answers, is not what it was trained on: "
    "`ops monitor show` says which columns. People are told; nothing else happens.",
    Concern.QUALITY: "The model is worse than on its holdout, more than chance explains: another "
    "one is trained, unless one was a short while ago; `ops monitor show` says what was decided.",
    Concern.FLOOR: "The model is worse than what may serve at all: the last good one comes back; "
    "`ops monitor show` says what was decided.",
}


def findings(group_name: str) -> list[Finding]:
    """Return what has an alarm, for the models of a group."""
    return [_finding(concern, group_name) for concern in Concern]


def _finding(concern: Concern, group_name: str) -> Finding:
    return Finding(
        concern=concern.value,
        metric=cloudwatch.Metric(
            namespace=MONITORING_METRICS_NAMESPACE,
            metric_name=VIOLATION_METRICS[concern].value,
            dimensions_map={MODEL_DIMENSION: group_name},
            statistic="Maximum",
            period=FINDING_PERIOD,
        ),
        description=MEANINGS[concern],
    )
