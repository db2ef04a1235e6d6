"""A model as files: `model.ubj` (XGBoost's own format; no pickle) and `features.json`."""

import hashlib
import json
import platform
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import xgboost as xgb

from ml.encoding import Encoding, Matrix
from ml.errors import UserError
from ml.features import features

MODEL_FILE = "model.ubj"
FEATURES_FILE = "features.json"

Predictions = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, slots=True)
class Model:
    """Trees, and how records become what they split.

    Attributes:
        booster: The trees.
        encoding: How features become a matrix.
    """

    booster: xgb.Booster
    encoding: Encoding

    @classmethod
    def load(cls, folder: Path) -> "Model":
        """Read what `save` wrote.

        Raises:
            UserError: `folder` holds no model.
        """
        booster = load_booster(folder)
        document = json.loads(folder.joinpath(FEATURES_FILE).read_text())
        return cls(booster=booster, encoding=Encoding.from_json(document["encoding"]))

    def save(self, folder: Path) -> None:
        """Write it to `folder`, which is made; equal models give equal files."""
        folder.mkdir(parents=True, exist_ok=True)
        self.booster.save_model(folder / MODEL_FILE)
        document = {"encoding": self.encoding.to_json(), "platform": own_platform()}
        text = json.dumps(document, sort_keys=True, indent=1)
        folder.joinpath(FEATURES_FILE).write_text(text)

    def predict(self, records: pd.DataFrame) -> Predictions:
        """Return the probability of a true label for each record, 0 to 1."""
        matrix = self.encoding.matrix(features(records))
        scores: Predictions = self.booster.predict(to_dmatrix(matrix, self.encoding))
        return scores.astype(np.float64)


def to_dmatrix(matrix: Matrix, encoding: Encoding, labels: Any = None) -> xgb.DMatrix:
    """Return `matrix` as XGBoost takes it."""
    return xgb.DMatrix(
        matrix,
        label=labels,
        feature_names=list(encoding.names),
        feature_types=encoding.types,
        enable_categorical=True,
    )


def total_gains(folder: Path) -> dict[str, float]:
    """Return what each feature of the model in `folder` gained; those never used are left out.

    Raises:
        UserError: `folder` holds no model.
    """
    gains: dict[str, float] = load_booster(folder).get_score(importance_type="total_gain")
    return gains


def load_booster(folder: Path) -> xgb.Booster:
    """Read the trees alone, whatever code trained them.

    Raises:
        UserError: `folder` holds no model.
    """
    path = folder / MODEL_FILE
    if not path.is_file():
        raise UserError(f"there is no {MODEL_FILE} in {folder}: it is not a model of this platform")
    return xgb.Booster(model_file=path)


def model_sha256(folder: Path) -> str:
    """Return the hash of the model file in `folder`, 64 hex digits."""
    return hashlib.sha256(folder.joinpath(MODEL_FILE).read_bytes()).hexdigest()


def trained_on(folder: Path) -> str:
    """Return the platform that the model in `folder` was trained on; empty if it does not say."""
    path = folder / FEATURES_FILE
    return str(json.loads(path.read_text()).get("platform", "")) if path.is_file() else ""


def own_platform() -> str:
    """Return the platform this runs on, such as `linux-x86_64`."""
    return f"{sys.platform}-{platform.machine()}"
