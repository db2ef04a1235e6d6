"""Structured logs and metrics."""

from collections.abc import Mapping

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

from schemas.names import DATASET_DIMENSION

logger = Logger(serialize_stacktrace=False)


def count(
    of: str,
    values: Mapping[str, int],
    *,
    dimension: str = DATASET_DIMENSION,
    namespace: str | None = None,
) -> None:
    """Log one set of counts in embedded metric format, with one dimension alone.

    Args:
        of: Value of the dimension; it must come from a bounded set.
        values: Metric's name to count.
        dimension: Its name.
        namespace: Of the metrics; None for that of the environment.
    """
    metrics = EphemeralMetrics(namespace=namespace)
    # Powertools adds its service name as a second dimension, which no alarm on the first matches.
    metrics.service = ""
    metrics.add_dimension(dimension, of)
    for name, value in values.items():
        metrics.add_metric(name, MetricUnit.Count, value)
    metrics.flush_metrics()
