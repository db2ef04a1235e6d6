"""How far a column has moved from its baseline.

The population stability index of shares p in the baseline and q now, over bins:

    PSI = sum of (q - p) ln(q / p)

with a bin for what is missing, one on each side of the baseline's range, and one for names that the
baseline does not have. To every bin that either side has rows in, both sides are given half a row,
so that it is finite; bins without any row say nothing and are left out.

Chance alone moves shares, too. Between two samples of one population, of n and m rows, PSI divided
by 1/n + 1/m follows a chi-squared distribution with a degree of freedom less than bins. What chance
exceeds once in a thousand is added to no index; it is the least that any threshold can be.
B. Yurdakul, Statistical Properties of Population Stability Index, 2018:
https://scholarworks.wmich.edu/dissertations/3208
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ml.monitor.distributions import Bins, Counts, Sketch
from ml.monitor.values import Names, Numbers, Values
from schemas.findings import Drift

_HALF_A_ROW = 0.5
_CHANCE = 3.0902  # standard deviations above the mean that a normal variable exceeds in 0.1 %

Feature = Mapping[str, Any]
"""A feature of `statistics.json`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Comparison:
    """A baseline and a window over the same bins, the last of which is for missing values.

    Attributes:
        baseline: Rows of the baseline in each bin.
        window: Rows of the window.
        distance: Between the two distributions of what is there.
    """

    baseline: Counts
    window: Counts
    distance: float


def drift_of(feature: Feature, values: Values, threshold: float | None) -> Drift | None:
    """Compare a window's values with the baseline's statistics.

    Args:
        feature: Of the baseline.
        values: Of the window; of no rows, nothing has moved.
        threshold: Of PSI; None to compare with none.

    Returns:
        None where the two cannot be compared: the column has another type than the baseline's, or
        one of which no distribution is kept.
    """
    found = _compare(feature, values)
    if found is None:
        return None
    if threshold is not None:
        threshold = max(threshold, chance(found.baseline, found.window))
    return Drift(
        psi=psi(found.baseline, found.window),
        distance=found.distance,
        missing=_missing(found.window),
        baseline_missing=_missing(found.baseline),
        threshold=threshold,
    )


def psi(baseline: Counts, window: Counts) -> float:
    """Return the population stability index; 0 if either has no rows.

    Args:
        baseline: Rows in each bin.
        window: Rows in the same bins.
    """
    if not (baseline.sum() and window.sum()):
        return 0.0
    is_used = (baseline + window) > 0
    p, q = (each[is_used] + _HALF_A_ROW for each in (baseline, window))
    p, q = p / p.sum(), q / q.sum()
    return float(((q - p) * np.log(q / p)).sum())


def chance(baseline: Counts, window: Counts) -> float:
    """Return the index that two samples of one population exceed once in a thousand times."""
    if not (baseline.sum() and window.sum()):
        return 0.0
    freedom = int(np.count_nonzero(baseline + window)) - 1
    return _chi_squared(freedom) * float(1 / baseline.sum() + 1 / window.sum())


def _chi_squared(freedom: int) -> float:
    """Return what a chi-squared variable exceeds in 0.1 %, by Wilson and Hilferty's approximation.

    Proceedings of the National Academy of Sciences 17 (1931), 684-688.
    """
    if freedom == 0:
        return 0.0
    spread = 2 / (9 * freedom)
    return float(freedom * (1 - spread + _CHANCE * spread**0.5) ** 3)


def _missing(counts: Counts) -> float:
    total = counts.sum()
    return float(counts[-1] / total) if total else 0.0


def _compare(feature: Feature, values: Values) -> _Comparison | None:
    if isinstance(values, Numbers) and "numerical_statistics" in feature:
        return _compare_numbers(feature["numerical_statistics"], values)
    if isinstance(values, Names) and "distribution" in feature.get("string_statistics", {}):
        return _compare_names(feature["string_statistics"], values)
    return None


def _compare_numbers(statistics: Mapping[str, Any], values: Numbers) -> _Comparison:
    kll = statistics["distribution"]["kll"]
    bins = Bins.read(kll["buckets"])
    sketch = Sketch.read(kll["sketch"]) if "sketch" in kll else None
    return _Comparison(
        baseline=np.append(bins.baseline, statistics["common"]["num_missing"]),
        window=np.append(bins.count(values.ordered), values.missing),
        distance=(sketch or bins).distance(values.ordered),
    )


def _compare_names(statistics: Mapping[str, Any], values: Names) -> _Comparison:
    """Compare names; all that the baseline does not have share a bin, but each has a distance."""
    buckets = statistics["distribution"]["categorical"]["buckets"]
    known = {each["value"]: each["count"] for each in buckets}
    new = [count for value, count in values.counts.items() if value not in known]
    baseline = np.array([*known.values(), 0, statistics["common"]["num_missing"]], dtype=np.int64)
    now = [values.counts.get(value, 0) for value in known]
    window = np.array([*now, sum(new), values.missing], dtype=np.int64)
    before, after = (np.array(each, dtype=np.float64) for each in ([*known.values()], [*now, *new]))
    before = np.append(before, np.zeros(len(new)))
    distance = 0.0
    if before.sum() and after.sum():
        distance = float(np.abs(before / before.sum() - after / after.sum()).max())
    return _Comparison(baseline=baseline, window=window, distance=distance)
