"""`python -m bench.twin.overhead SNAPSHOT FOLDER`: our steps beside plain libraries; prints JSON.

Ours go from files to files. The plain ones are handed the matrix, the labels and the groups of
rows, so everything but XGBoost and scikit-learn counts as overhead.
"""

import json
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import xgboost as xgb

from bench.measuring import cpu_seconds, in_turns
from bench.twin import half_a_year, plain
from config.model import MODEL
from ml import evaluate, measures, preprocess, records, train
from ml.archives import Artifact
from ml.encoding import Encoding
from ml.features import SLICES, features
from ml.hyperparameters import Hyperparameters
from ml.model import MODEL_FILE, Model
from schemas.evaluations import CHALLENGER

REPETITIONS = 9

Action = Callable[[], object]
Rows = npt.NDArray[np.intp]


def main() -> None:
    """Take every measure in turns; print the medians and what they are about."""
    snapshot, folder = map(Path, sys.argv[1:])
    half_a_year.train(snapshot, folder)
    everything = preprocess.read_examples(snapshot, half_a_year.WINDOW)
    encoding = Model.load(folder / "model").encoding
    actions: dict[str, Action] = {
        **trainings(folder, encoding),
        **evaluations(folder, encoding),
        "features": partial(features, everything),
        "matrix": lambda: encoding.matrix(features(everything)),
    }
    seconds = in_turns(
        {name: partial(cpu_seconds, action) for name, action in actions.items()}, REPETITIONS
    )
    result = {
        "seconds": seconds,
        "examples": len(everything),
        "features": len(encoding.names),
        "xgboost": xgb.__version__,
    }
    print(json.dumps(result))  # noqa: T201


def trainings(folder: Path, encoding: Encoding) -> dict[str, Action]:
    """Return our training and the plain one, of the same rows and as many rounds."""
    training, validation = (part_of(folder, each, encoding) for each in ("train", "validation"))
    hyperparameters = Hyperparameters.from_texts(MODEL.hyperparameters)
    path = folder / "plain.ubj"
    return {
        "train": partial(train.run, folder),
        "plain train": partial(plain.train, training, validation, hyperparameters, path),
    }


def evaluations(folder: Path, encoding: Encoding) -> dict[str, Action]:
    """Return our evaluation without and with its page, and the plain one, of the same model."""
    prepared, model = folder / "prepared", folder / "model"
    summary = json.loads(prepared.joinpath("summary", preprocess.SUMMARY_FILE).read_text())
    artifacts = {CHALLENGER: Artifact(folder=model)}
    holdout = part_of(folder, "holdout", encoding)
    groups = groups_of(records.read(prepared / "holdout"))
    return {
        "judge": partial(evaluate.judge, artifacts, prepared / "holdout", summary),
        "plain judge": partial(plain.evaluate, model / MODEL_FILE, holdout, groups),
        "evaluate": partial(
            evaluate.run,
            holdout=prepared / "holdout",
            challenger=model,
            champion=None,
            summary=prepared / "summary",
            output=folder / "evaluation",
        ),
    }


def part_of(folder: Path, name: str, encoding: Encoding) -> plain.Part:
    """Return the prepared part `name` as the model's code would give it to XGBoost."""
    examples = records.read(folder / "prepared" / name)
    return plain.Part(
        matrix=encoding.matrix(features(examples)),
        names=encoding.names,
        types=encoding.types,
        labels=measures.labels_of(examples),
    )


def groups_of(holdout: pd.DataFrame) -> list[Rows]:
    """Return the positions of the rows of each month and of each slice, which ours finds itself."""
    columns = (records.months(holdout), *(holdout[name] for name in SLICES))
    return [
        rows
        for column in columns
        for _, rows in sorted(column.groupby(column, observed=True).indices.items())
    ]


if __name__ == "__main__":
    main()
