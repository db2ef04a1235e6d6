"""Predictions: their ids, what is logged of them, and the table that the log becomes.

A request of several rows is answered by one model and logged as one record. Its key is made of the
id that the client gave it (or was given), and of a digest of question and answer: a repetition that
is answered alike has the same key and is logged once; one that another model answers, during a
release or an A/B test, is another answer and has a key of its own.
"""

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from hashlib import sha256
from typing import Any

from schemas.catalog import MODEL_INPUT
from schemas.columns import Column, ColumnType
from schemas.datasets import DatasetContract
from schemas.names import PREDICTIONS_PREFIX, SPILLED_PREDICTIONS_PREFIX

Row = Mapping[str, Any]
"""Values of `MODEL_INPUT` by column, as JSON has them."""

REQUEST_KEY = "request_key"
"""Partition key of the index: request key -> the object that holds its predictions."""
OBJECT_KEY = "object_key"

PARTITION = "dt"
"""Partition column of the table: the day of the prediction in UTC, `YYYY-MM-DD`."""

REQUEST_ID_PATTERN = r"[A-Za-z0-9][A-Za-z0-9_:-]{0,63}"
"""No dots: they separate the parts of a prediction's id."""
_DIGITS = 12
_KEY = re.compile(rf"{REQUEST_ID_PATTERN}\.[0-9a-f]{{{_DIGITS}}}")
_MAX_SHOWN = 100

FLAWS_COLUMN = "flaw"


class Flaw(StrEnum):
    """What is wrong with a prediction that was answered and logged all the same."""

    NOT_A_NUMBER = "not-a-number"
    OUT_OF_RANGE = "out-of-range"
    SCHEMA_MISMATCH = "schema-mismatch"
    """Its inputs do not honour the request contract as the log knows it."""
    UNKNOWN_MODEL = "unknown-model"
    """The registry does not say, or not any more, what the model was made of."""


def flaw_of(score: float | None) -> Flaw | None:
    """Return what is wrong with a score, which is a probability; None when nothing is."""
    if score is None or math.isnan(score):
        return Flaw.NOT_A_NUMBER
    return None if 0 <= score <= 1 else Flaw.OUT_OF_RANGE


def request_key(
    request_id: str, rows: Sequence[Row], model_package_arn: str, scores: Sequence[float | None]
) -> str:
    """Return the key of a request and its answer, such as `nightly-7.3f0c9a1b2c3d`."""
    answer = json.dumps([list(rows), model_package_arn, list(scores)], sort_keys=True)
    return f"{request_id}.{sha256(answer.encode()).hexdigest()[:_DIGITS]}"


def prediction_id(key: str, position: int) -> str:
    """Return the id of the prediction for the row at `position`, counted from 0."""
    return f"{key}.{position}"


def split_prediction_id(text: str) -> tuple[str, int]:
    """Return request key and position.

    Raises:
        ValueError: it is no prediction's id; says what one looks like.
    """
    key, _, position = text.rpartition(".")
    if key.count(".") != 1 or not position.isdigit():
        raise ValueError(
            f"{text!r} is no prediction's id; one looks like nightly-7.3f0c9a1b2c3d.0, as the "
            "answer to a prediction request says"
        )
    return key, int(position)


@dataclass(frozen=True, kw_only=True, slots=True)
class PredictionRecord:
    """What is logged of a request: a message of the log queue, as JSON.

    Attributes:
        key: See `request_key`.
        request_id: As the client gave it, or was given.
        predicted_at: ISO 8601 in UTC.
        variant: Production variant that answered.
        model_package_arn: Model package that answered, as it said itself; during a release the
            variant does not tell.
        model_sha256: Hash of the model file that answered, likewise.
        rows: What was asked.
        scores: The answers, in the order of the rows; None stands for a score that is no number.
    """

    key: str
    request_id: str
    predicted_at: str
    variant: str
    model_package_arn: str
    model_sha256: str
    rows: tuple[Row, ...]
    scores: tuple[float | None, ...]

    def to_text(self) -> str:
        """Return it as JSON; the same content gives the same bytes."""
        # Not `asdict`, which copies every value of every row.
        content = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False)

    @classmethod
    def from_text(cls, text: str) -> "PredictionRecord":
        """Read what `to_text` wrote; other keys are ignored.

        Raises:
            ValueError: it is no such record; says what is wrong.
        """
        document = _decode_record(text)
        if missing := sorted(cls.__dataclass_fields__.keys() - document.keys()):
            raise ValueError(f"the prediction record lacks {', '.join(missing)}")
        rows, scores = document["rows"], document["scores"]
        _check_answers(rows, scores)
        values = {name: document[name] for name in cls.__dataclass_fields__}
        texts = values.keys() - {"rows", "scores"}
        if foreign := sorted(name for name in texts if not isinstance(values[name], str)):
            raise ValueError(f"the prediction record's {', '.join(foreign)} must be text")
        record = cls(**values | {"rows": tuple(rows), "scores": tuple(scores)})
        if not _KEY.fullmatch(record.key):
            raise ValueError(f"{record.key[:_MAX_SHOWN]!r} is no request key")
        _ = record.moment
        return record

    @property
    def moment(self) -> datetime:
        """`predicted_at`, in UTC.

        Raises:
            ValueError: it is no time, or has no time zone.
        """
        moment = datetime.fromisoformat(self.predicted_at)
        if moment.tzinfo is None:
            raise ValueError(f"the prediction's time {self.predicted_at} has no time zone")
        try:
            return moment.astimezone(UTC)
        except OverflowError as error:
            raise ValueError(f"the prediction's time {self.predicted_at} is no time") from error

    @property
    def day(self) -> str:
        """Value of its partition: the day in UTC, `YYYY-MM-DD`."""
        return self.moment.date().isoformat()


def _decode_record(text: str) -> dict[str, Any]:
    try:
        document = json.loads(text)
    except RecursionError as error:
        raise ValueError("the prediction record is nested too deeply") from error
    if not isinstance(document, dict):
        raise ValueError("a prediction record must be a JSON object")
    return document


def _check_answers(rows: object, scores: object) -> None:
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ValueError("the prediction record's rows must be a list of objects")
    if not isinstance(scores, list) or not all(
        each is None or type(each) in (int, float) for each in scores
    ):
        raise ValueError("the prediction record's scores must be a list of numbers")
    if not rows or len(rows) != len(scores):
        raise ValueError(f"the prediction record has {len(rows)} rows and {len(scores)} scores")


SPILLED = "spilled_uri"
"""Only key of a message whose record was too large for the queue: where the record lies."""


def spilled_key(record: PredictionRecord) -> str:
    """Return the key, in the quarantine bucket, of a record that was too large for the queue."""
    return f"{SPILLED_PREDICTIONS_PREFIX}{record.day}/{record.key}.json"


def predictions_prefix(day: str) -> str:
    """Return the prefix of a day's predictions in the curated bucket; `day` is `YYYY-MM-DD`."""
    return f"{PREDICTIONS_PREFIX}{PARTITION}={day}/"


_PROVENANCE = (
    Column(name="prediction_id", type=ColumnType.STRING, description="Key of its request, and row"),
    Column(name="request_id", type=ColumnType.STRING, description="As the client gave it"),
    Column(name="predicted_at", type=ColumnType.TIMESTAMP, description="In UTC"),
    Column(name="score", type=ColumnType.FLOAT64, nullable=True, description="Probability, 0 to 1"),
    Column(name=FLAWS_COLUMN, type=ColumnType.STRING, nullable=True,
           description="What is wrong with the prediction; empty when nothing is"),
    Column(name="variant", type=ColumnType.STRING, description="Production variant that answered"),
    Column(name="model_package_arn", type=ColumnType.STRING, description="Model that answered"),
    Column(name="training_job_arn", type=ColumnType.STRING, description="Job that trained it"),
    Column(name="code_sha256", type=ColumnType.STRING, description="Code that trained it"),
    Column(name="manifest_uri", type=ColumnType.STRING, description="Data that it was trained on"),
)  # fmt: skip

PREDICTIONS = DatasetContract(
    name="predictions",
    description="One prediction that somebody was given, what was asked, and which model answered.",
    columns=(
        *_PROVENANCE,
        # Logged as asked, whatever the contract says today; `flaw` tells of what breaks it.
        *(
            Column(name=each.name, type=each.type, nullable=True, description=each.description)
            for each in MODEL_INPUT.columns
        ),
    ),
    primary_key=("prediction_id",),
)
"""Columns of the table; a request's column must not have the name of one that the log adds."""
