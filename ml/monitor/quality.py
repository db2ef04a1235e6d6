"""How good the champion's answers were, with 95 % confidence intervals."""

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import fmean

import numpy as np
import numpy.typing as npt

from ml import measures
from ml.measures import Labels
from ml.model import Predictions
from ml.monitor import intervals
from ml.monitor.values import Floats
from schemas.evaluations import CalibrationBin, ModelEvaluation
from schemas.findings import Measure

LEAST_OF_EACH_LABEL = 20
"""Fewest true labels, and fewest false ones, that say anything about AUC: beside many of the other
label, the spread of a few is itself no more than a guess."""

# Models answer in single precision: no score is nearer to 1 than that, unless it is 1.
_LEAST_LIKELIHOOD = float(np.finfo(np.float32).eps)


@dataclass(frozen=True, kw_only=True, slots=True)
class Judged:
    """The champion's predictions whose outcome is known, one for each outcome.

    Attributes:
        labels: What came of them.
        scores: What was answered, 0 to 1.
        slices: Column to its values, text or None, one per prediction; see `ml.features.SLICES`.
    """

    labels: Labels
    scores: Predictions
    slices: Mapping[str, npt.NDArray[np.object_]]

    def __len__(self) -> int:
        return len(self.labels)


def judge(judged: Judged, baseline: ModelEvaluation | None) -> dict[str, Measure]:
    """Return AUC, log loss, Brier score and calibration error of two or more predictions.

    With fewer than `LEAST_OF_EACH_LABEL` there is no AUC.

    Args:
        judged: The predictions.
        baseline: The model on its holdout; None where it is unknown.
    """
    labels, scores = judged.labels, judged.scores
    known = _baseline(baseline)
    likelihoods = np.where(labels, scores, 1 - scores)
    found = {
        "auc": auc(labels, scores) if _is_enough_of_each(labels) else None,
        "log_loss": _mean(-np.log(likelihoods.clip(min=_LEAST_LIKELIHOOD))),
        "brier": _mean(np.square(1 - likelihoods), limit=1.0),
        "calibration_error": calibration_error(measures.calibration(labels, scores)),
    }
    return {
        name: Measure(value=value, low=low, high=high, baseline=known.get(name))
        for name, each in found.items()
        if each is not None
        for value, low, high in (each,)
    }


def _is_enough_of_each(labels: Labels) -> bool:
    yes = int(labels.sum())
    return min(yes, len(labels) - yes) >= LEAST_OF_EACH_LABEL


Interval = tuple[float, float, float]
"""A value, and the lower and upper end of its 95 % confidence interval."""


def auc(labels: Labels, scores: Predictions) -> Interval | None:
    """Return the area under the ROC curve; None where all labels are equal.

    Its variance is DeLong's, of the mean over rows of the share of the other label's rows that each
    is told from, ties counting half.
    E. R. DeLong, D. M. DeLong, D. L. Clarke-Pearson, Biometrics 44 (1988), 837-845.
    """
    yes, no = np.sort(scores[labels]), np.sort(scores[~labels])
    if not (len(yes) and len(no)):
        return None
    of_yes, of_no = _share_below(yes, no), 1 - _share_below(no, yes)
    variance = intervals.variance_of_mean(of_yes) + intervals.variance_of_mean(of_no)
    return _interval(float(of_yes.mean()), variance, limit=1.0)


def _share_below(these: Floats, others: Floats) -> Floats:
    """Return the share of `others` that are less than each of `these`; both ascending."""
    left, right = (np.searchsorted(others, these, side) for side in ("left", "right"))
    shares: Floats = (left + right) / (2 * len(others))
    return shares


def calibration_error(bins: tuple[CalibrationBin, ...]) -> Interval:
    """Return the expected calibration error: the mean difference of score and outcome over bins.

    Chance makes even a perfect model's error positive. By how much is taken off the lower end, so
    that only what is surer than that lies above a threshold.
    """
    rows = np.array([each.rows for each in bins], dtype=np.float64)
    differences = np.array([each.mean_score - each.positive_share for each in bins])
    # Half a row of each label, so that a bin with one label only is not taken for certain.
    shares = (np.array([each.positive_share for each in bins]) * rows + 0.5) / (rows + 1)
    weights = rows / rows.sum()
    variances = shares * (1 - shares) / rows
    error = float(weights @ np.abs(differences))
    by_chance = float(weights @ np.sqrt(2 * variances / np.pi))
    _, low, high = _interval(error, float(np.square(weights) @ variances), limit=1.0)
    return error, max(0.0, low - by_chance), high


def _mean(losses: Floats, limit: float = np.inf) -> Interval:
    """Return the mean of the rows' losses; that of many is normal, whatever theirs are."""
    variance = float(losses.var(ddof=1)) / len(losses)
    return _interval(float(losses.mean()), variance, limit=limit)


def _interval(value: float, variance: float, *, limit: float) -> Interval:
    spread = intervals.DEVIATIONS * variance**0.5
    return value, max(0.0, value - spread), min(limit, value + spread)


def _baseline(model: ModelEvaluation | None) -> dict[str, float]:
    """Return the same measures on the model's holdout."""
    if model is None:
        return {}
    overall = model.overall
    found = {"log_loss": overall.log_loss, "brier": overall.brier}
    if overall.auc is not None:
        found["auc"] = overall.auc
    if model.calibration:
        found["calibration_error"] = fmean(
            [abs(each.mean_score - each.positive_share) for each in model.calibration],
            [each.rows for each in model.calibration],
        )
    return found
