"""Distributions of numbers: bins with point masses, and a sketch from which quantiles are read.

Both are written in the form that Model Monitor documents for its baselines, and read from it,
whoever wrote it.
https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-byoc-statistics.html
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ml.monitor.values import Floats

Counts = npt.NDArray[np.int64]
Bucket = dict[str, float | int]

_BINS = 10  # as many as Model Monitor makes
_POINT_SHARE = 0.05
_SKETCH_SIZE = 2048
# What Model Monitor builds its own sketches with.
_SKETCH_PARAMETERS = {"c": 0.64, "k": float(_SKETCH_SIZE)}

# Where the line of numbers is cut: at a value, and whether that value lies below the cut.
_Cut = tuple[float, bool]


@dataclass(frozen=True, kw_only=True, slots=True)
class Bins:
    """A baseline's bins, with an open one on each side for what lies beyond all of them.

    Attributes:
        cuts: Between the bins, ascending; k cuts make k + 1 bins.
        baseline: Rows of the baseline in each; the open ones have none.
    """

    cuts: Sequence[_Cut]
    baseline: Counts

    @classmethod
    def read(cls, buckets: Sequence[Mapping[str, Any]]) -> "Bins":
        """Read a baseline's buckets; none make one bin, to which everything is new.

        A bucket holds its lower bound and not its upper one, except that one whose bounds are equal
        holds that very value, which its neighbours then do not, and that the last holds both.
        """
        if not buckets:
            return cls(cuts=(), baseline=np.zeros(1, dtype=np.int64))
        cuts: list[_Cut] = [(buckets[0]["lower_bound"], False)]
        for each, following in zip(buckets, buckets[1:], strict=False):
            is_below = _is_point(each) and not _is_point(following)
            cuts.append((following["lower_bound"], is_below))
        cuts.append((buckets[-1]["upper_bound"], True))
        counts = [0, *(each["count"] for each in buckets), 0]
        return cls(cuts=tuple(cuts), baseline=np.array(counts, dtype=np.int64))

    def count(self, ordered: Floats) -> Counts:
        """Return how many of these numbers, ascending, are in each bin."""
        return np.diff([0, *_positions(ordered, self.cuts), len(ordered)])

    def distance(self, ordered: Floats) -> float:
        """Return the largest difference of the cumulative shares at any cut, 0 to 1."""
        total = self.baseline.sum()
        if not (total and len(ordered)):
            return 0.0
        shares = np.cumsum(self.baseline) / total - np.cumsum(self.count(ordered)) / len(ordered)
        return float(np.abs(shares).max())


def buckets(ordered: Floats) -> list[Bucket]:
    """Return bins of finite numbers: values that many rows share, and quantiles of the others.

    A value that holds at least 5 % of the rows (zero, usually) is a bin of its own: were it
    in a bin with others, nothing would tell when they move to it. The others are split into about
    ten bins of equally many rows; a value is never split.

    Args:
        ordered: Ascending; none make no bin.
    """
    if not len(ordered):
        return []
    points = _points(ordered)
    others = ordered[~np.isin(ordered, points)]
    cuts = sorted({*_point_cuts(points), *_quantile_cuts(others, points)})
    counts = np.diff(_positions(ordered, cuts))
    return [
        {"lower_bound": low, "upper_bound": high, "count": int(count)}
        for (low, _), (high, _), count in zip(cuts, cuts[1:], counts, strict=False)
    ]


def _points(ordered: Floats) -> Floats:
    """Return the values that hold at least 5 % of the rows, ascending."""
    least = int(np.ceil(_POINT_SHARE * len(ordered)))
    # As long a run of one value holds one of every `least`-th row.
    candidates = np.unique(ordered[::least])
    first, after = (np.searchsorted(ordered, candidates, side) for side in ("left", "right"))
    return candidates[after - first >= least]


def _point_cuts(points: Floats) -> list[_Cut]:
    return [(point, is_below) for point in points.tolist() for is_below in (False, True)]


def _quantile_cuts(others: Floats, points: Floats) -> list[_Cut]:
    """Return the cuts between quantiles, and around them where no point already bounds them."""
    if not len(others):
        return []
    edges = others[np.arange(_BINS) * len(others) // _BINS].tolist()
    lowest, highest = others[0], others[-1]
    if len(points) and points[0] < lowest:
        edges = [each for each in edges if each > lowest]
    cuts = [(edge, False) for edge in edges]
    if not len(points) or points[-1] < highest:
        cuts.append((float(highest), True))
    return cuts


def _positions(ordered: Floats, cuts: Sequence[_Cut]) -> Counts:
    """Return how many numbers lie below each cut."""
    values = np.array([value for value, _ in cuts], dtype=np.float64)
    is_below = np.array([each for _, each in cuts], dtype=bool)
    left, right = (np.searchsorted(ordered, values, side) for side in ("left", "right"))
    return np.where(is_below, right, left)


def _is_point(bucket: Mapping[str, Any]) -> bool:
    return bool(bucket["lower_bound"] == bucket["upper_bound"])


def sketch(ordered: Floats) -> dict[str, Any]:
    """Return at most 2,048 quantiles of finite numbers, ascending, as a sketch of one level.

    Read as a distribution, it is off by at most half of a 2,048th, and a row.
    """
    size = min(len(ordered), _SKETCH_SIZE)
    positions = ((np.arange(size) + 0.5) * len(ordered) / max(size, 1)).astype(np.intp)
    return {"parameters": _SKETCH_PARAMETERS, "data": [ordered[positions].tolist()]}


@dataclass(frozen=True, kw_only=True, slots=True)
class Sketch:
    """A sketch of numbers.

    Attributes:
        values: Ascending.
        shares: Of the rows that are at most each value, 0 to 1.
    """

    values: Floats
    shares: Floats

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> "Sketch | None":
        """Read what `sketch` or Model Monitor wrote; None if it holds nothing.

        In a KLL sketch, an item of level n, counted from 0, stands for 2^n rows.
        https://datasketches.apache.org/docs/KLL/KLLSketch.html
        """
        levels = document["data"]
        weights = np.concatenate([np.full(len(each), 2.0**n) for n, each in enumerate(levels)])
        values = np.concatenate([np.asarray(each, dtype=np.float64) for each in levels])
        if not len(values):
            return None
        order = np.argsort(values, kind="stable")
        shares = np.cumsum(weights[order])
        return cls(values=values[order], shares=shares / shares[-1])

    def distance(self, ordered: Floats) -> float:
        """Return the Kolmogorov-Smirnov statistic between it and numbers, ascending, 0 to 1.

        Between two of its values its share is constant and theirs only grows, so the difference is
        largest just before a value or at it.
        """
        if not len(ordered):
            return 0.0
        first, after = (np.searchsorted(ordered, self.values, side) for side in ("left", "right"))
        # Equal values: before all of them the share is that of the value before.
        start = np.searchsorted(self.values, self.values, "left")
        end = np.searchsorted(self.values, self.values, "right") - 1
        before = np.concatenate([[0.0], self.shares])[start]
        theirs_before, theirs = first / len(ordered), after / len(ordered)
        differences = [theirs_before - before, theirs - self.shares[end]]
        return float(np.abs(differences).max())

    def quantile(self, share: float) -> float:
        """Return the least value that at least `share` (0 to 1) of the rows do not exceed."""
        position = int(np.searchsorted(self.shares, share))
        return float(self.values[min(position, len(self.values) - 1)])
