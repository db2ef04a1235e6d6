"""Drift and quality as one would write them with scipy, pandas and scikit-learn, in memory."""

import numpy as np
import pandas as pd
from scipy import stats
from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score

from ml.features import SLICES
from ml.monitor.reading import SCORE
from ml.records import LABEL
from schemas.catalog import MODEL_INPUT

BINS = 10
SMALLEST = 1e-6


def watch(training: pd.DataFrame, window: pd.DataFrame, known: pd.DataFrame) -> dict[str, float]:
    """Return drift per column, quality, and quality by slice: no intervals, rules or files.

    Args:
        training: What the model was trained on, which ours only has statistics of.
        window: What was asked.
        known: The same with labels and scores.
    """
    found: dict[str, float] = {}
    for name in MODEL_INPUT.column_names:
        before, now = training[name].dropna(), window[name].dropna()
        if before.empty or now.empty:
            continue
        if before.dtype == object:
            p, q = (each.value_counts(normalize=True) for each in (before, now))
            found[name] = _index(*(each.reindex(p.index.union(q.index)) for each in (p, q)))
            continue
        edges = np.unique(np.quantile(before, np.linspace(0, 1, BINS + 1)))
        if len(edges) > 1:
            p, q = (np.histogram(each, edges)[0] / len(each) for each in (before, now))
            found[name] = _index(pd.Series(p), pd.Series(q))
        found[f"{name} distance"] = stats.ks_2samp(before, now, method="asymp").statistic
    for name in ("", *SLICES):
        groups = known.groupby(name).indices if name else {"": np.arange(len(known))}
        for value, rows in groups.items():
            part = known.iloc[rows]
            labels, scores = part[LABEL].to_numpy(dtype=bool), part[SCORE].to_numpy()
            if labels.any() and not labels.all():
                found[f"{name}={value} auc"] = roc_auc_score(labels, scores)
                found[f"{name}={value} loss"] = log_loss(labels, scores)
                found[f"{name}={value} brier"] = brier_score_loss(labels, scores)
    return found


def _index(p: pd.Series, q: pd.Series) -> float:
    p, q = (each.fillna(0).clip(lower=SMALLEST) for each in (p, q))
    return float(((q - p) * np.log(q / p)).sum())
