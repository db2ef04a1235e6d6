"""`python -m bench.twin.monitor SNAPSHOT TRAINED FOLDER`: our monitor as it grows; prints JSON.

The model of half a year has answered the year's real flights, as often as it takes, and nearly all
of their outcomes are known.
"""

import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from bench.measuring import cpu_seconds, in_turns
from bench.twin import half_a_year, plain_monitor
from config.model import MODEL
from contracts.columns import arrow_schema
from ml import data, evaluate, profile, records
from ml.features import examples
from ml.model import Model
from ml.monitor import job
from ml.monitor.reading import MODEL as MODEL_ARN
from ml.monitor.reading import MOMENT, SCORE, Baseline, read_labels, read_predictions
from schemas.catalog import MODEL_DATASETS, MODEL_INPUT
from schemas.constraints import deployment_patch, effective, quality_patch
from schemas.evaluations import Evaluation
from schemas.monitoring import CONSTRAINTS_FILE, EVALUATION_FILE, REQUEST_FILE, MonitoringRequest
from schemas.names import CURATED_PREFIX, PREDICTIONS_PREFIX
from schemas.predictions import PARTITION, PREDICTIONS

SIZES = (100_000, 200_000, 400_000)
REPETITIONS = 7
DAYS = 28  # of predictions, one file each
SINCE = datetime(2026, 1, 1, tzinfo=UTC)
ARN = "arn:aws:sagemaker:eu-west-1:123456789012:model-package/bench/1"


def main() -> None:
    """Take every measure in turns; print the medians."""
    snapshot, trained, folder = map(Path, sys.argv[1:])
    write_baseline(snapshot, trained, folder / "norm")
    asked = examples(data.read_tables(snapshot, MODEL_DATASETS, half_a_year.WINDOW.months))
    asked[SCORE] = Model.load(trained / "model").predict(asked)
    baseline = Baseline.read(folder / "norm")
    actions: dict[str, Callable[[], object]] = {}
    for size in SIZES:
        inputs = folder / str(size)
        write_predictions(asked, size, inputs)
        inputs.joinpath(CURATED_PREFIX).symlink_to(snapshot)
        window = read_predictions(inputs, baseline.request)
        actions[str(size)] = partial(job.watch, baseline, window, read_labels(inputs))
    first = str(SIZES[0])
    actions["job"] = partial(job.run, folder / first, folder / "norm", folder / "found")
    training = asked[records.months(asked).isin(half_a_year.WINDOW.training_months)]
    known = asked.head(SIZES[0]).dropna(subset=[records.LABEL])
    actions["plain"] = partial(plain_monitor.watch, training, asked.head(SIZES[0]), known)
    seconds = in_turns(
        {name: partial(cpu_seconds, action) for name, action in actions.items()}, REPETITIONS
    )
    result = {
        "watch": {str(size): seconds[str(size)] for size in SIZES},
        "job": seconds["job"],
        "plain": seconds["plain"],
        "columns": len(MODEL_INPUT.columns),
    }
    print(json.dumps(result))  # noqa: T201


def write_baseline(snapshot: Path, trained: Path, norm: Path) -> None:
    """Write what a run is told to `norm`, with the thresholds that are configured."""
    profile.run(snapshot, half_a_year.WINDOW, norm)
    evaluate.run(
        holdout=trained / "prepared" / "holdout",
        challenger=trained / "model",
        champion=None,
        summary=trained / "prepared" / "summary",
        output=norm,
    )
    wanted = MODEL.monitoring
    deployment = deployment_patch(
        max_psi=wanted.max_psi, min_auc=wanted.min_auc, unwatched=wanted.unwatched
    )
    holdout = Evaluation.from_text((norm / EVALUATION_FILE).read_text()).challenger.overall
    quality = quality_patch(holdout.auc or 0.0, wanted.max_auc_loss)
    constraints = json.loads((norm / CONSTRAINTS_FILE).read_text())
    document = effective(constraints, deployment, quality)
    norm.joinpath(CONSTRAINTS_FILE).write_text(json.dumps(document))
    request = MonitoringRequest(
        monitoring_id="bench",
        model_package_arn=ARN,
        since=SINCE.isoformat(),
        until=(SINCE + timedelta(days=DAYS)).isoformat(),
        min_labels=wanted.min_labels,
    )
    norm.joinpath(REQUEST_FILE).write_text(request.to_text())


def write_predictions(asked: pd.DataFrame, size: int, folder: Path) -> None:
    """Write the first `size` of the examples, again and again, as the log has them."""
    rows = asked.iloc[np.arange(size) % len(asked)]
    schema = arrow_schema(PREDICTIONS)
    # Whatever the monitor does not read.
    said = {name: "bench" for name in schema.names if name not in rows.columns}
    for day, part in enumerate(np.array_split(np.arange(size), DAYS)):
        moment = SINCE + timedelta(days=day, hours=12)
        frame = rows.iloc[part].assign(**said | {MOMENT: moment, MODEL_ARN: ARN})
        path = folder / f"{PREDICTIONS_PREFIX}{PARTITION}={moment.date()}" / "all.parquet"
        path.parent.mkdir(parents=True)
        pq.write_table(pa.Table.from_pandas(frame, schema=schema, preserve_index=False), path)


if __name__ == "__main__":
    main()
