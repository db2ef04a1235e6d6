"""The same as our own steps, as one would write it around a matrix that lies in memory."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import xgboost as xgb
from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score

from ml.encoding import Matrix
from ml.hyperparameters import Hyperparameters

Figures = tuple[float, float, float]
"""AUC, log loss and Brier score."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """Examples as XGBoost takes them.

    Attributes:
        matrix: A row per example, a column per feature.
        names: Name of each column.
        types: XGBoost's type of each column.
        labels: The answers.
    """

    matrix: Matrix
    names: Sequence[str]
    types: Sequence[str]
    labels: npt.NDArray[np.bool_]

    def to_dmatrix(self) -> xgb.DMatrix:
        """Return it for XGBoost."""
        return xgb.DMatrix(
            self.matrix,
            label=self.labels,
            feature_names=list(self.names),
            feature_types=list(self.types),
            enable_categorical=True,
        )


def train(
    training: Part, validation: Part, hyperparameters: Hyperparameters, path: Path
) -> xgb.Booster:
    """Train until `validation` gets no better, and write the model to `path`."""
    booster = xgb.train(
        {
            "objective": "binary:logistic",
            "eval_metric": ["auc", "logloss"],
            "tree_method": "hist",
            **hyperparameters.of_booster,
        },
        training.to_dmatrix(),
        hyperparameters.num_boost_round,
        evals=[(validation.to_dmatrix(), "validation")],
        early_stopping_rounds=hyperparameters.early_stopping_rounds,
        verbose_eval=False,
    )
    booster.save_model(path)
    return booster


def evaluate(
    path: Path, holdout: Part, groups: Sequence[npt.NDArray[np.intp]]
) -> tuple[Figures, ...]:
    """Read the model in `path`, and judge it by the holdout and by each of its `groups` of rows."""
    booster = xgb.Booster(model_file=path)
    scores = booster.predict(holdout.to_dmatrix())
    everything = np.arange(len(scores))
    return tuple(_figures(holdout.labels[rows], scores[rows]) for rows in (everything, *groups))


def _figures(labels: npt.NDArray[np.bool_], scores: npt.NDArray[np.float32]) -> Figures:
    return (
        float(roc_auc_score(labels, scores)),
        float(log_loss(labels, scores)),
        float(brier_score_loss(labels, scores)),
    )
