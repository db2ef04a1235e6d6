"""Seam: the emulator's own metric store, filled as CloudWatch would be.

Events are counted where they happen (only code inside the emulator sees every invocation and
every receive), and written per scaled minute, or at once where CloudWatch keeps single values.
"""

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Any

from ministack.services import cloudwatch

from local.adapter import pinned
from local.alarms import emf

_Key = tuple[str, str, tuple[tuple[str, str], ...], str]

_lock = threading.Lock()
_counters: defaultdict[_Key, float] = defaultdict(float)


def install() -> None:
    """Put the seam in place."""
    for name in ("_metrics", "_metric_bucket", "_dims_key", "_point_stats"):
        pinned.require(cloudwatch, name)
    pinned.wrap(cloudwatch, "_dims_from_list", _exactly)


class _Dimensions(dict[str, str]):
    """Dimensions that were asked for, none included."""

    def __bool__(self) -> bool:
        return True


def _exactly(read: Callable[[Any], dict[str, str]]) -> Callable[[Any], dict[str, str]]:
    """Ask for the metric without dimensions where the emulator would add up all of that name."""
    return lambda pairs: _Dimensions(read(pairs))


def put(  # noqa: D417 -- namespace, name, value, unit and dimensions are CloudWatch's
    namespace: str,
    name: str,
    value: float,
    unit: str,
    dimensions: Mapping[str, str],
    *,
    timestamp: float | None = None,
) -> None:
    """Store one value.

    Args:
        timestamp: Seconds since the epoch; now when omitted.
    """
    bucket = cloudwatch._metric_bucket((namespace, name, cloudwatch._dims_key(dict(dimensions))))
    bucket.append(
        {
            "Timestamp": time.time() if timestamp is None else timestamp,
            "Value": float(value),
            "Unit": unit,
            "Dimensions": dict(dimensions),
        }
    )


def add(
    namespace: str, name: str, value: float, dimensions: Mapping[str, str], unit: str = "Count"
) -> None:
    """Add to a count of the current scaled minute."""
    with _lock:
        _counters[namespace, name, tuple(sorted(dimensions.items())), unit] += value


def flush(timestamp: float) -> None:
    """Write the counts of the scaled minute that began at `timestamp`, and begin the next.

    A count that has been seen once is written every minute from then on, zero included.
    """
    with _lock:
        counts = dict(_counters)
        for key in _counters:
            _counters[key] = 0.0
    for (namespace, name, dimensions, unit), value in counts.items():
        put(namespace, name, value, unit, dict(dimensions), timestamp=timestamp)


def put_embedded(line: str) -> None:
    """Store what a log line in embedded metric format says; other lines are ignored."""
    for point in emf.parse(line):
        for value in point.values:
            put(
                point.namespace,
                point.name,
                value,
                point.unit,
                point.dimensions,
                timestamp=point.timestamp,
            )


def points_of(namespace: str, name: str, dimensions: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return the stored values of exactly one metric, oldest first or not."""
    key = (namespace, name, cloudwatch._dims_key(dict(dimensions)))
    return list(cloudwatch._metrics.get(key) or ())
