"""Trains a model: `<root>/input` -> `<root>/model`."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import xgboost as xgb

from ml import packing, records
from ml.encoding import Encoding
from ml.errors import UserError
from ml.features import CATEGORIES, features
from ml.hyperparameters import Hyperparameters
from ml.model import Model, to_dmatrix
from schemas.watchdog import ROUNDS_PER_LINE

# The last one decides when to stop: it changes with every score, AUC with their order only.
_METRICS = ["auc", "logloss"]
_REPORTED = (("validation", "auc"), ("validation", "logloss"), ("train", "auc"))
# Of all examples, the AUC of training would take a sixth of the time; of so many, evenly spread, it
# is as sure as that of validation, beside which it is read.
_ROWS_OF_TRAIN_AUC = 5_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Trained:
    """A model, and how well it went.

    Attributes:
        model: The model, with the trees of the best round.
        metrics: Name, such as `validation:auc`, to its value in that round.
    """

    model: Model
    metrics: Mapping[str, float]


def train(
    training: pd.DataFrame, validation: pd.DataFrame, hyperparameters: Hyperparameters
) -> Trained:
    """Learn from `training` until scores of `validation`, later examples, get no better.

    The same rows, hyperparameters and platform give the same model, to the byte.

    Raises:
        UserError: all labels of one of them are equal.
    """
    for name, examples in (("training", training), ("validation", validation)):
        if examples[records.LABEL].nunique() != 2:  # noqa: PLR2004 - true and false
            raise UserError(
                f"all {len(examples):,} labels of the {name} examples are equal, so nothing can be "
                "learnt or judged; choose a longer training window"
            )
    inputs = features(training)
    encoding = Encoding.fit(inputs, CATEGORIES)
    matrix, labels = encoding.matrix(inputs), training[records.LABEL].to_numpy()
    known = to_dmatrix(matrix, encoding, labels)
    some = slice(None, None, max(1, len(training) // _ROWS_OF_TRAIN_AUC))
    later = to_dmatrix(
        encoding.matrix(features(validation)), encoding, validation[records.LABEL].to_numpy()
    )
    history: dict[str, dict[str, list[float]]] = {}
    booster = xgb.train(
        {
            "objective": "binary:logistic",
            "eval_metric": _METRICS,
            "tree_method": "hist",
            **hyperparameters.of_booster,
        },
        known,
        hyperparameters.num_boost_round,
        # The last of them decides when to stop.
        evals=[(to_dmatrix(matrix[some], encoding, labels[some]), "train"), (later, "validation")],
        evals_result=history,
        early_stopping_rounds=hyperparameters.early_stopping_rounds,
        # Whoever watches the job reads the lines: `[25]\ttrain-auc:0.74\ttrain-logloss:0.42\t…`.
        verbose_eval=ROUNDS_PER_LINE,
    )
    best = booster[: booster.best_iteration + 1]
    metrics = {
        f"{examples}:{name}": history[examples][name][booster.best_iteration]
        for examples, name in _REPORTED
    }
    return Trained(model=Model(booster=best, encoding=encoding), metrics=metrics)


def run(root: Path) -> None:
    """Train as SageMaker lays out files below `root`, which is /opt/ml in a container.

    Reads `input/config/hyperparameters.json` and the channels `train` and `validation`; writes
    `model/`, with the code that serves it, and logs metrics for SageMaker to find.

    Raises:
        UserError: an input is missing or unusable.
    """
    hyperparameters = Hyperparameters.from_texts(_read_texts(root))
    channels = root / "input" / "data"
    trained = train(
        records.read(channels / "train"), records.read(channels / "validation"), hyperparameters
    )
    trained.model.save(root / "model")
    packing.pack(root / "model" / packing.FOLDER)
    trees = trained.model.booster.num_boosted_rounds()
    print(f"trees: {trees}, features: {', '.join(trained.model.encoding.names)}")  # noqa: T201
    for name, value in trained.metrics.items():
        # Metrics definitions of the training job look for this form.
        print(f"{name}={np.format_float_positional(value, precision=6)}", flush=True)  # noqa: T201


def _read_texts(root: Path) -> dict[str, str]:
    path = root / "input" / "config" / "hyperparameters.json"
    if not path.is_file():
        raise UserError(f"there is no {path}; name the folder that stands for /opt/ml with --root")
    return {name: str(value) for name, value in json.loads(path.read_text()).items()}
