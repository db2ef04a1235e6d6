"""Embedded metric format: metrics that a function writes as JSON lines to its log.

Specification: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/
CloudWatch_Embedded_Metric_Format_Specification.html
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class EmbeddedMetric:
    """Values of one metric under one set of dimensions.

    Attributes:
        values: One or more values, as published.
        timestamp: Seconds since the epoch.
    """

    namespace: str
    name: str
    unit: str
    dimensions: dict[str, str]
    values: tuple[float, ...]
    timestamp: float


def parse(line: str) -> Iterator[EmbeddedMetric]:
    """Yield the metrics of a log line; a line that is no valid EMF document yields nothing."""
    # Cheap first: nearly every log line is something else.
    if '"_aws"' not in line:
        return
    try:
        document = json.loads(line[line.index("{") :])
        timestamp = document["_aws"]["Timestamp"] / 1000
        directives = document["_aws"]["CloudWatchMetrics"]
        for directive in directives:
            yield from _metrics_of(directive, document, timestamp)
    except (ValueError, KeyError, TypeError):
        # CloudWatch Logs ignores what it cannot read, too: the line stays a log line.
        return


def _metrics_of(
    directive: dict[str, Any], document: dict[str, Any], timestamp: float
) -> Iterator[EmbeddedMetric]:
    for definition in directive["Metrics"]:
        value = document[definition["Name"]]
        values = tuple(float(item) for item in (value if isinstance(value, list) else [value]))
        for names in directive["Dimensions"]:
            yield EmbeddedMetric(
                namespace=directive["Namespace"],
                name=definition["Name"],
                unit=definition.get("Unit", "None"),
                dimensions={name: str(document[name]) for name in names},
                values=values,
                timestamp=timestamp,
            )
