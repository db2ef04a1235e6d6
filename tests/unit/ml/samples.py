"""What the tests of `ml/` share."""

import json
import tarfile
from pathlib import Path
from typing import Any

from ml.hyperparameters import Hyperparameters
from schemas.windows import Window

WINDOW = Window(train_from="2013-01", holdout_from="2013-03", holdout_to="2013-04")

TEXTS = {
    "max_depth": "3",
    "eta": "0.3",
    "min_child_weight": "1",
    "subsample": "0.8",
    "colsample_bytree": "0.8",
    "num_boost_round": "40",
    "early_stopping_rounds": "5",
    "seed": "1",
    "nthread": "1",
}
HYPERPARAMETERS = Hyperparameters.from_texts(TEXTS)


def a_request(**changes: Any) -> dict[str, Any]:
    """Return a flight as a client would send it."""
    request = {
        "year": 2013, "month": 3, "day": 14, "sched_dep_time": 1755, "sched_arr_time": 2103,
        "carrier": "UA", "flight": 1545, "origin": "EWR", "dest": "IAH", "distance": 1400,
        "temp": 39.02, "dewp": 26.06, "humid": 59.37, "wind_dir": 270, "wind_speed": 10.35702,
        "wind_gust": None, "precip": 0.0, "pressure": 1012.0, "visib": 10.0,
    }  # fmt: skip
    return request | changes


def json_lines(*requests: dict[str, Any]) -> str:
    return "".join(f"{json.dumps(each)}\n" for each in requests)


def write_training_root(root: Path, prepared: Path, texts: dict[str, str]) -> Path:
    """Lay out what SageMaker gives to a training job."""
    config = root / "input" / "config"
    config.mkdir(parents=True)
    config.joinpath("hyperparameters.json").write_text(json.dumps(texts))
    for channel in ("train", "validation"):
        folder = root / "input" / "data" / channel
        folder.parent.mkdir(exist_ok=True)
        folder.symlink_to(prepared / channel)
    return root


def write_archive(folder: Path, model: Path) -> Path:
    """Put a model into `folder` as SageMaker does."""
    folder.mkdir(parents=True, exist_ok=True)
    with tarfile.open(folder / "model.tar.gz", "w:gz") as tar:
        tar.add(model, arcname=".")
    return folder
