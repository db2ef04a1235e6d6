"""Metrics for tests, asked for as any client would."""

from datetime import UTC, datetime, timedelta

from local import LocalCloud


def total(cloud: LocalCloud, namespace: str, metric: str, **dimensions: str) -> float:
    """Return the sum of a metric over the last hour, as any client would ask for it."""
    now = datetime.now(UTC)
    points = cloud.client("cloudwatch").get_metric_statistics(
        Namespace=namespace,
        MetricName=metric,
        Dimensions=[{"Name": name, "Value": value} for name, value in dimensions.items()],
        StartTime=now - timedelta(hours=1),
        EndTime=now + timedelta(minutes=1),
        Period=60,
        Statistics=["Sum"],
    )["Datapoints"]
    return float(sum(point["Sum"] for point in points))
