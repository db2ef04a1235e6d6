"""The champion on the rows with one value of a column, beside all other rows.

Accuracy and shares are those of an answer of yes or no. Yes is a score of at least that at which,
on the model's holdout, as many rows were answered with yes as were true: the decision that a user
takes whose yes and no are as frequent as the truth's. Measures and their signs are those of
SageMaker Clarify, where the rows of the slice are the facet (its `d`), all other rows its `a`.
https://github.com/aws/amazon-sagemaker-clarify, src/smclarify/bias/metrics/posttraining.py
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ml.measures import Labels
from ml.monitor import intervals, quality
from ml.monitor.quality import Judged
from schemas.findings import Measure, SliceQuality

_HALF_A_ROW = 0.5  # so that a share of nothing or of everything is not taken for certain


@dataclass(frozen=True, kw_only=True, slots=True)
class Slice:
    """What is known of a slice.

    Attributes:
        quality: Its figures.
        measures: `accuracy_difference` and, where there is one, `disparate_impact` with their
            confidence intervals, which say what is surer than chance.
    """

    quality: SliceQuality
    measures: Mapping[str, Measure]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Group:
    """Some rows: how many, how many of them are answered with yes, and how many rightly."""

    rows: int
    yes: int
    right: int

    @property
    def accuracy(self) -> float:
        return self.right / self.rows if self.rows else 0.0

    @property
    def positive_share(self) -> float:
        return self.yes / self.rows if self.rows else 0.0


def judge(judged: Judged, threshold: float) -> dict[str, dict[str, Slice]]:
    """Return each slice column's values to what is known of their rows.

    Args:
        judged: One or more predictions whose outcome is known.
        threshold: Least score that is a yes.
    """
    is_yes = judged.scores >= threshold
    is_right = is_yes == judged.labels
    found = {}
    for column, values in judged.slices.items():
        positions = pd.Series(values).groupby(values).indices
        found[column] = {
            str(value): _slice(judged, rows, is_yes, is_right)
            for value, rows in sorted(positions.items())
        }
    return found


def _slice(
    judged: Judged,
    rows: np.ndarray[tuple[int], np.dtype[np.intp]],
    is_yes: Labels,
    is_right: Labels,
) -> Slice:
    mine = _Group(rows=len(rows), yes=int(is_yes[rows].sum()), right=int(is_right[rows].sum()))
    others = _Group(
        rows=len(judged) - mine.rows,
        yes=int(is_yes.sum()) - mine.yes,
        right=int(is_right.sum()) - mine.right,
    )
    area = quality.auc(judged.labels[rows], judged.scores[rows])
    difference, impact = _accuracy_difference(mine, others), _disparate_impact(mine, others)
    return Slice(
        quality=SliceQuality(
            rows=mine.rows,
            auc=None if area is None else area[0],
            accuracy=mine.accuracy,
            positive_share=mine.positive_share,
            accuracy_difference=difference.value,
            disparate_impact=None if impact is None else impact.value,
        ),
        measures={"accuracy_difference": difference}
        | ({} if impact is None else {"disparate_impact": impact}),
    )


def _accuracy_difference(mine: _Group, others: _Group) -> Measure:
    """Return the others' accuracy less that of the slice; without others there is none."""
    if not others.rows:
        return Measure(value=0.0, low=0.0, high=0.0)
    value = others.accuracy - mine.accuracy
    spread = (
        intervals.DEVIATIONS
        * (_variance(mine.right, mine.rows) + _variance(others.right, others.rows)) ** 0.5
    )
    return Measure(value=value, low=max(-1.0, value - spread), high=min(1.0, value + spread))


def _disparate_impact(mine: _Group, others: _Group) -> Measure | None:
    """Return the slice's share of yes over the others'; None where they have none."""
    if not others.yes:
        return None
    low, high = intervals.of_ratio((mine.yes, mine.rows), (others.yes, others.rows))
    return Measure(value=mine.positive_share / others.positive_share, low=low, high=high)


def _variance(successes: int, rows: int) -> float:
    share = (successes + _HALF_A_ROW) / (rows + 1)
    return share * (1 - share) / rows
