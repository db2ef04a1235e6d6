"""Scores records with a model, each model by the code that trained it.

Features may have changed since a champion was trained; its own code travels with it.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from ml import packing, records
from ml.errors import UserError
from ml.model import Model, Predictions

_SCORES_FILE = "scores.parquet"
_SCORE = "score"


def score(model: Path, holdout: Path, rows: pd.DataFrame) -> Predictions:
    """Return the score of each record in the folder `holdout`.

    Args:
        model: Files of a model, whatever version of the code trained it.
        holdout: What `preprocess` wrote.
        rows: The same, read by this version, which need not read it once more for its own models.

    Raises:
        UserError: the model's own code cannot score these records.
    """
    code = model / packing.FOLDER
    if not code.is_dir() or packing.is_own(code):
        return Model.load(model).predict(rows)
    with tempfile.TemporaryDirectory() as output:
        finished = subprocess.run(  # noqa: S603 - this interpreter, our own arguments
            [sys.executable, "-m", "ml", "predict", "--model", model.resolve(),
             "--records", holdout.resolve(), "--output", output],
            # Python imports from the working folder first.
            cwd=code,
            env=os.environ | {"PYTHONPATH": str(code.resolve())},
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )  # fmt: skip
        if finished.returncode != 0:
            raise UserError(
                f"the code of the model in {model} cannot score the holdout: "
                f"{finished.stderr.strip().splitlines()[-1:]}; if requests have a new required "
                "column, models from before cannot be compared: reject their packages"
            )
        table = pq.read_table(Path(output, _SCORES_FILE))
    scores: Predictions = table[_SCORE].to_numpy().astype(np.float64)
    return scores


def run(model: Path, folder: Path, output: Path) -> None:
    """Write the scores of the records in `folder`, in their order: a batch prediction.

    Raises:
        UserError: there is no model, or the records lack a column.
    """
    scores = Model.load(model).predict(records.read(folder))
    output.mkdir(parents=True, exist_ok=True)
    table = pa.Table.from_pandas(pd.DataFrame({_SCORE: scores}), preserve_index=False)
    pq.write_table(table, output / _SCORES_FILE)
    print(f"scored {len(scores):,} records")  # noqa: T201
