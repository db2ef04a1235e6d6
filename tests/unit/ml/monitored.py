"""Windows of predictions, and the baseline that they are compared with."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from contracts.columns import arrow_schema
from ml import measures, profile
from ml.monitor.reading import MODEL, MOMENT, SCORE, Baseline
from ml.records import LABEL
from schemas.catalog import MODEL_INPUT
from schemas.constraints import deployment_patch, effective
from schemas.evaluations import CHALLENGER, Evaluation, ModelEvaluation
from schemas.monitoring import (
    CONSTRAINTS_FILE,
    EVALUATION_FILE,
    REQUEST_FILE,
    SCORES_FILE,
    STATISTICS_FILE,
    MonitoringRequest,
)
from schemas.predictions import PREDICTIONS

ARN = "arn:aws:sagemaker:eu-west-1:123456789012:model-package/flight-delay/7"
OTHER_ARN = f"{ARN[:-1]}8"
NOON = pd.Timestamp("2026-03-01T12:00:00Z")
REQUEST = MonitoringRequest(
    monitoring_id="watch-1",
    model_package_arn=ARN,
    since="2026-03-01T00:00:00+00:00",
    until="2026-03-02T00:00:00+00:00",
    min_labels=100,
)


def asked(rows: int, seed: int = 1) -> pd.DataFrame:
    """Return what was asked, how it was answered (a calibrated score), and what came of it."""
    chance = np.random.default_rng(seed)
    hour = chance.integers(6, 23, rows)
    precip = np.where(chance.random(rows) < 0.9, 0.0, chance.gamma(1.0, 0.1, rows).round(2))
    score = 1 / (1 + np.exp(-(0.25 * (hour - 14) + 4 * precip - 1)))
    number = np.arange(rows)
    frame = pd.DataFrame(
        {
            "year": 2013, "month": 1 + number // 28 % 12, "day": 1 + number % 28,
            "sched_dep_time": hour * 100, "sched_arr_time": (hour * 100 + 215) % 2400,
            "carrier": chance.choice(["AA", "B6", "DL", "EV", "UA"], rows),
            # Of its own for each row, so that keys are, too.
            "flight": 1 + chance.permutation(9999)[:rows],
            "origin": chance.choice(["EWR", "JFK", "LGA"], rows),
            "dest": chance.choice(["ATL", "BOS", "IAH", "LAX", "ORD"], rows),
            "distance": chance.integers(100, 3000, rows), "temp": chance.normal(50, 15, rows),
            "dewp": 30.0, "humid": chance.uniform(20, 100, rows),
            "wind_dir": chance.integers(0, 37, rows) * 10.0,
            "wind_speed": chance.gamma(4, 2.5, rows),
            "wind_gust": np.where(chance.random(rows) < 0.7, np.nan, 25.0),
            "precip": precip, "pressure": chance.normal(1013, 7, rows), "visib": 10.0,
            SCORE: score, LABEL: chance.random(rows) < score,
        }
    )  # fmt: skip
    return frame[[*MODEL_INPUT.column_names, SCORE, LABEL]]


def predictions(frame: pd.DataFrame, arn: str = ARN, moment: pd.Timestamp = NOON) -> pa.Table:
    """Return them as the log has them."""
    schema = arrow_schema(PREDICTIONS)
    said = {name: "said" for name in schema.names if name not in frame.columns}
    rows = frame.assign(**said | {MOMENT: moment, MODEL: arn})
    schema = pa.schema([each.with_nullable(True) for each in schema])
    return pa.Table.from_pandas(rows, schema=schema, preserve_index=False)


def labels(frame: pd.DataFrame) -> pa.Table:
    """Return their outcomes as curated data tell them."""
    known = arrow_schema(MODEL_INPUT)
    key = [known.field(name) for name in MODEL_INPUT.primary_key]
    schema = pa.schema([*key, pa.field(LABEL, pa.bool_())])
    return pa.Table.from_pandas(frame, schema=schema, preserve_index=False)


def baseline(training: pd.DataFrame, people: Mapping[str, Any] | None = None) -> Baseline:
    """Return a baseline whose model has answered the training rows; `people` changes thresholds."""
    deployment = deployment_patch(max_psi=0.2, min_auc=0.55, unwatched=("year", "month", "day"))
    truth, scores = training[LABEL].to_numpy(), training[SCORE].to_numpy()
    return Baseline(
        request=REQUEST,
        statistics={each["name"]: each for each in profile.statistics(training)["features"]},
        constraints=effective(profile.constraints(training), deployment, people or {}),
        scores=profile.of_scores(scores)["features"][0],
        evaluation=ModelEvaluation(
            overall=measures.measure(truth, scores),
            by_month={},
            calibration=measures.calibration(truth, scores),
            model_sha256="0" * 64,
        ),
    )


def write_baseline(norm: Baseline, folder: Path) -> Path:
    """Write the files that planning a run writes."""
    folder.mkdir(parents=True)
    folder.joinpath(REQUEST_FILE).write_text(norm.request.to_text())
    folder.joinpath(CONSTRAINTS_FILE).write_text(json.dumps(norm.constraints))
    features = list(norm.statistics.values())
    folder.joinpath(STATISTICS_FILE).write_text(json.dumps({"features": features}))
    if norm.scores:
        folder.joinpath(SCORES_FILE).write_text(json.dumps({"features": [norm.scores]}))
    if norm.evaluation:
        evaluation = Evaluation(models={CHALLENGER: norm.evaluation})
        folder.joinpath(EVALUATION_FILE).write_text(evaluation.to_text())
    return folder


def write_predictions(tables: Sequence[pa.Table], folder: Path) -> Path:
    """Write files of the prediction log, one per table."""
    for number, table in enumerate(tables):
        path = folder / "predictions" / "dt=2026-03-01" / f"{number}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(table, path)
    return folder
