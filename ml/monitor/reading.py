"""What a monitoring job is given: predictions, labels that have arrived, and the baseline."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset

from contracts.columns import arrow_schema
from ml import data, features
from ml.errors import UserError
from ml.monitor.distributions import Sketch
from ml.records import LABEL
from schemas.catalog import MODEL_DATASETS, MODEL_INPUT
from schemas.evaluations import Evaluation, ModelEvaluation
from schemas.keys import month_of
from schemas.monitoring import (
    CONSTRAINTS_FILE,
    EVALUATION_FILE,
    REQUEST_FILE,
    SCORES_FILE,
    STATISTICS_FILE,
    MonitoringRequest,
)
from schemas.names import CURATED_PREFIX, PREDICTIONS_PREFIX
from schemas.predictions import PREDICTIONS

MODEL, MOMENT, SCORE = "model_package_arn", "predicted_at", "score"

_POSITION, _OUTCOME = "position", "outcome_position"
_KEY = list(MODEL_INPUT.primary_key)
_READ = (MOMENT, MODEL, SCORE, *MODEL_INPUT.column_names)


@dataclass(frozen=True, kw_only=True, slots=True)
class Baseline:
    """What the window is compared with.

    Attributes:
        request: What the job looks at.
        statistics: Column to its feature of the training data's `statistics.json`.
        constraints: Those in force.
        scores: Feature of the scores on the holdout; None for a model from before they were kept.
        evaluation: The model on its holdout; None where nobody wrote it.
    """

    request: MonitoringRequest
    statistics: Mapping[str, Mapping[str, Any]]
    constraints: Mapping[str, Any]
    scores: Mapping[str, Any] | None
    evaluation: ModelEvaluation | None

    @property
    def holdout_scores(self) -> Sketch | None:
        """How the scores on the holdout are distributed."""
        kll = self.scores["numerical_statistics"]["distribution"]["kll"] if self.scores else {}
        return Sketch.read(kll["sketch"]) if "sketch" in kll else None

    @classmethod
    def read(cls, folder: Path) -> "Baseline":
        """Read the files of a folder.

        Raises:
            UserError: one is missing.
        """
        scores = folder / SCORES_FILE
        evaluation = folder / EVALUATION_FILE
        return cls(
            request=MonitoringRequest.from_text(_text(folder / REQUEST_FILE)),
            statistics=_features(folder / STATISTICS_FILE),
            constraints=json.loads(_text(folder / CONSTRAINTS_FILE)),
            scores=_features(scores).get(SCORE) if scores.is_file() else None,
            evaluation=Evaluation.from_text(evaluation.read_text()).challenger
            if evaluation.is_file()
            else None,
        )


def _text(path: Path) -> str:
    if not path.is_file():
        raise UserError(f"there is no {path.name} in {path.parent}; planning the run writes it")
    return path.read_text()


def _features(path: Path) -> dict[str, Mapping[str, Any]]:
    return {each["name"]: each for each in json.loads(_text(path))["features"]}


def read_predictions(folder: Path, request: MonitoringRequest) -> pa.Table:
    """Read the predictions of the window from `<folder>/predictions/dt=YYYY-MM-DD/*.parquet`.

    Files may be of another version of the request contract: columns that they lack are missing.

    Returns:
        Time, model, score and what was asked, in the order of the files' names.

    Raises:
        UserError: a file has another type of column.
    """
    known = arrow_schema(PREDICTIONS)
    schema = pa.schema([known.field(name).with_nullable(True) for name in _READ])
    paths = [str(path) for path in sorted((folder / PREDICTIONS_PREFIX).rglob("*.parquet"))]
    if not paths:
        return schema.empty_table()
    since, until = (
        pa.scalar(_moment(text), schema.field(MOMENT).type)
        for text in (request.since, request.until)
    )
    moment = pc.field(MOMENT)
    try:
        files = pa.dataset.dataset(paths, schema=schema, format="parquet")
        return files.to_table(filter=(moment >= since) & (moment < until))
    except pa.ArrowException as error:
        raise UserError(
            f"predictions do not fit the contract of {PREDICTIONS.name!r}: {error}; name a window "
            "that begins after the contract's last change"
        ) from error


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def read_labels(folder: Path) -> pa.Table:
    """Read the labels that `<folder>/curated/<main dataset>/` gives; a row per key.

    Returns:
        `MODEL_INPUT.primary_key` and `LABEL`, whatever is unknown left out.

    Raises:
        UserError: a file does not fit its contract.
    """
    known = arrow_schema(MODEL_INPUT)
    schema = pa.schema([*(known.field(name) for name in _KEY), pa.field(LABEL, pa.bool_())])
    name = MODEL_DATASETS[0]
    curated = folder / CURATED_PREFIX
    paths = [path for path in (curated / name).rglob("*") if path.is_file()]
    if not paths:
        return schema.empty_table()
    months = sorted({month_of(path.as_posix()) for path in paths} - {""})
    rows = data.read_tables(curated, (name,), months)[name]
    labels = features.labels(rows).dropna(subset=[LABEL])
    # Requests may tell apart less than the dataset does; then the later row counts.
    labels = labels.drop_duplicates(subset=_KEY, keep="last")
    return pa.Table.from_pandas(labels, schema=schema, preserve_index=False)


def match(
    predictions: pa.Table, labels: pa.Table
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.bool_]]:
    """Find the last prediction about whatever has a label, by the primary key.

    Args:
        predictions: See `read_predictions`.
        labels: See `read_labels`.

    Returns:
        Positions of these predictions, ascending, and the label of each.
    """
    asked = predictions.select([*_KEY, MOMENT])
    asked = asked.append_column(_POSITION, pa.array(np.arange(len(predictions))))
    known = labels.append_column(_OUTCOME, pa.array(np.arange(len(labels))))
    joined = asked.join(known, keys=_KEY, join_type="inner")
    found = joined.select([_POSITION, MOMENT, _OUTCOME, LABEL]).to_pandas()
    last = found.sort_values([MOMENT, _POSITION]).drop_duplicates(_OUTCOME, keep="last")
    # The order of the rows decides the last digit of every sum.
    last = last.sort_values(_POSITION)
    return last[_POSITION].to_numpy(), last[LABEL].to_numpy(dtype=bool)
