"""CloudWatch's statistics over the values of one period."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sample:
    """One stored value, or a statistic set that was published as such.

    Attributes:
        timestamp: Seconds since the epoch.
        count: How many values it stands for, > 0.
        total: Their sum.
    """

    timestamp: float
    count: float
    total: float
    minimum: float
    maximum: float

    @classmethod
    def of(cls, timestamp: float, value: float) -> "Sample":
        """Return the sample of a single value."""
        return cls(timestamp, 1, value, value, value)


def is_known(statistic: str) -> bool:
    """Return whether `compute` knows a statistic."""
    return statistic in _BASIC or _percent(statistic) is not None


def compute(statistic: str, samples: Sequence[Sample]) -> float | None:
    """Return a statistic of the samples, or None when there are none.

    Args:
        statistic: `SampleCount`, `Sum`, `Average`, `Minimum`, `Maximum` or a percentile (`p99.9`).
        samples: What was published in the period, in any order.

    Raises:
        ValueError: the statistic is unknown.
    """
    if not is_known(statistic):
        raise ValueError(f"unknown statistic {statistic!r}: use one of {sorted(_BASIC)} or pNN")
    if not samples:
        return None
    percent = _percent(statistic)
    return _BASIC[statistic](samples) if percent is None else _percentile(samples, percent)


_BASIC: dict[str, Callable[[Sequence[Sample]], float]] = {
    "SampleCount": lambda samples: float(sum(s.count for s in samples)),
    "Sum": lambda samples: float(sum(s.total for s in samples)),
    "Average": lambda samples: sum(s.total for s in samples) / sum(s.count for s in samples),
    "Minimum": lambda samples: min(s.minimum for s in samples),
    "Maximum": lambda samples: max(s.maximum for s in samples),
}


def _percent(statistic: str) -> float | None:
    try:
        percent = float(statistic[1:]) if statistic[:1] == "p" else -1.0
    except ValueError:
        return None
    return percent if 0 <= percent <= 100 else None  # noqa: PLR2004 -- per cent


def _percentile(samples: Sequence[Sample], percent: float) -> float | None:
    """Interpolate between the nearest ranks; statistic sets of different values have none."""
    if any(s.minimum != s.maximum for s in samples):
        return None
    values = sorted(s.minimum for s in samples for _ in range(round(s.count)))
    rank = percent / 100 * (len(values) - 1)
    below = int(rank)
    above = min(below + 1, len(values) - 1)
    return values[below] + (rank - below) * (values[above] - values[below])
