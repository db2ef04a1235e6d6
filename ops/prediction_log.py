"""Predictions as they were logged: found by id, or day by day."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ops import dynamo, lake, parquet
from ops.deployment import Deployment
from ops.errors import OpsError
from schemas.catalog import MODEL_INPUT
from schemas.keys import uri_of
from schemas.names import PREDICTIONS_PREFIX, Output
from schemas.predictions import OBJECT_KEY, PARTITION, REQUEST_KEY, split_prediction_id

LATEST = "latest"


@dataclass(frozen=True, kw_only=True, slots=True)
class LoggedPrediction:
    """One row of the table of predictions.

    Attributes:
        prediction_id: Its id.
        request_id: As the client gave it, or was given.
        predicted_at: When.
        score: Probability, 0 to 1; None when the model gave no number.
        flaw: What is wrong with it; empty when nothing is.
        variant: Production variant that answered.
        model_package_arn: Model that answered.
        training_job_arn: Job that trained it.
        code_sha256: Code that trained it.
        manifest_uri: Data that it was trained on.
        asked: What was asked, by column of the request contract.
        logged_in: Object that it is logged in.
    """

    prediction_id: str
    request_id: str
    predicted_at: datetime
    score: float | None
    flaw: str
    variant: str
    model_package_arn: str
    training_job_arn: str
    code_sha256: str
    manifest_uri: str
    asked: Mapping[str, Any]
    logged_in: str


def find(deployment: Deployment, prediction_id: str) -> LoggedPrediction:
    """Return one prediction.

    Args:
        deployment: Where it is logged.
        prediction_id: Its id, or `latest` for one that was made last, as far as it is logged.

    Raises:
        OpsError: the id is malformed, or no such prediction is logged (yet).
    """
    if prediction_id == LATEST:
        return _latest(deployment)
    try:
        key, _ = split_prediction_id(prediction_id)
    except ValueError as error:
        raise OpsError(str(error), "Copy it from the answer of `python -m ops predict`") from error
    index = dynamo.table(deployment, Output.PREDICTION_INDEX_TABLE_NAME)
    item = index.get_item(Key={REQUEST_KEY: key}, ConsistentRead=True).get("Item")
    if item is None:
        raise _unknown(prediction_id, "the log knows no request of its key")
    uri = uri_of(deployment[Output.CURATED_BUCKET_NAME], str(item[OBJECT_KEY]))
    rows = parquet.read(deployment, uri, [("prediction_id", "=", prediction_id)])
    if rows is None:
        raise _unknown(prediction_id, f"the file that it belongs in, {uri}, is not there")
    if not rows:
        raise OpsError(
            f"the request of {prediction_id} is logged, but has no such row",
            "The number at its end is that of the row, counted from 0",
        )
    return _logged(rows[0], uri)


def _latest(deployment: Deployment) -> LoggedPrediction:
    """Return a prediction that was made last.

    Files hold predictions of one day; all of that day's are read.
    """
    bucket = deployment[Output.CURATED_BUCKET_NAME]
    uris = lake.object_sizes(deployment, bucket, PREDICTIONS_PREFIX)
    if not uris:
        raise _unknown(LATEST, "none was logged yet")
    last_day = max(uri.rpartition("/")[0] for uri in uris)
    of_that_day = (uri for uri in uris if uri.startswith(f"{last_day}/"))
    logged = (
        _logged(row, uri) for uri, rows in parquet.read_all(deployment, of_that_day) for row in rows
    )
    found = max(logged, key=lambda each: (each.predicted_at, each.prediction_id), default=None)
    if found is None:
        raise _unknown(LATEST, f"no file of {last_day} holds any")
    return found


def _unknown(prediction_id: str, finding: str) -> OpsError:
    return OpsError(
        f"the prediction {prediction_id} is not found: {finding}",
        "A new one is logged within seconds: see the queue `predictions` in `python -m ops "
        "status`, and `python -m ops dead-letters list --queue predictions` for those that could "
        "not be logged",
    )


def read(deployment: Deployment, day: str = "") -> Iterator[LoggedPrediction]:
    """Yield predictions by day and object.

    Args:
        deployment: Where to look.
        day: Days that begin so, in UTC: `YYYY-MM-DD`, `YYYY-MM` or `YYYY`; empty for all.
    """
    bucket = deployment[Output.CURATED_BUCKET_NAME]
    uris = lake.object_sizes(deployment, bucket, f"{PREDICTIONS_PREFIX}{PARTITION}={day}")
    for uri, rows in parquet.read_all(deployment, uris):
        yield from (_logged(row, uri) for row in rows)


def _logged(row: parquet.Row, uri: str) -> LoggedPrediction:
    return LoggedPrediction(
        prediction_id=row["prediction_id"],
        request_id=row["request_id"],
        predicted_at=row["predicted_at"],
        score=row["score"],
        flaw=row["flaw"] or "",
        variant=row["variant"],
        model_package_arn=row["model_package_arn"],
        training_job_arn=row["training_job_arn"],
        code_sha256=row["code_sha256"],
        manifest_uri=row["manifest_uri"],
        # Files written under an older contract may lack columns of today's.
        asked={name: row[name] for name in MODEL_INPUT.column_names if name in row},
        logged_in=uri,
    )
