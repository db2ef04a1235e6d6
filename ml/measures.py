"""How good scores are."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.metrics import roc_auc_score

from ml import records
from ml.features import SLICES
from ml.model import Predictions
from schemas.evaluations import CalibrationBin, Scores

Labels = npt.NDArray[np.bool_]

_BINS = 10


def measure(labels: Labels, scores: Predictions) -> Scores:
    """Return how well `scores` fit `labels`; of no rows, zeros and no AUC."""
    if len(labels) == 0:
        return Scores(rows=0, positive_share=0.0, auc=None, log_loss=0.0, brier=0.0)
    is_mixed = bool(labels.any() and not labels.all())
    # Written out: scikit-learn checks its input for longer than these two take, per slice.
    likelihoods = np.where(labels, scores, 1 - scores).clip(min=np.finfo(scores.dtype).eps)
    return Scores(
        rows=len(labels),
        positive_share=float(labels.mean()),
        auc=float(roc_auc_score(labels, scores)) if is_mixed else None,
        log_loss=float(-np.log(likelihoods).mean()),
        brier=float(np.square(1 - likelihoods).mean()),
    )


def by_month(
    holdout: pd.DataFrame, scores: Predictions, months: Sequence[str]
) -> dict[str, Scores]:
    """Return the measures of each of `months`, and of those with rows that it does not name."""
    found = _by_value(records.months(holdout), labels_of(holdout), scores)
    nothing = measure(np.empty(0, dtype=bool), np.empty(0))
    return {each: found.get(each, nothing) for each in sorted({*months, *found})}


def by_slice(holdout: pd.DataFrame, scores: Predictions) -> dict[str, dict[str, Scores]]:
    """Return the measures of the rows with each value of each of `SLICES`."""
    labels = labels_of(holdout)
    return {name: _by_value(holdout[name], labels, scores) for name in SLICES}


def calibration(labels: Labels, scores: Predictions) -> tuple[CalibrationBin, ...]:
    """Return bins of equally many rows, by rising score; fewer where there are fewer rows."""
    order = np.argsort(scores, kind="stable")
    return tuple(
        CalibrationBin(
            rows=len(rows),
            mean_score=float(scores[rows].mean()),
            positive_share=float(labels[rows].mean()),
        )
        for rows in np.array_split(order, _BINS)
        if len(rows)
    )


def importance(gains: Mapping[str, float]) -> dict[str, float]:
    """Return each feature's share of all gains, largest first."""
    total = sum(gains.values())
    ordered = sorted(gains.items(), key=lambda item: (-item[1], item[0]))
    return {name: gain / total for name, gain in ordered if total}


def labels_of(holdout: pd.DataFrame) -> Labels:
    """Return the labels of labelled records."""
    labels: Labels = holdout[records.LABEL].to_numpy(dtype=bool)
    return labels


def _by_value(values: pd.Series, labels: Labels, scores: Predictions) -> dict[str, Scores]:
    """Return the measures of the rows with each of `values`, in the values' order."""
    rows = values.groupby(values, observed=True).indices
    return {
        str(value): measure(labels[positions], scores[positions])
        for value, positions in sorted(rows.items())
    }
