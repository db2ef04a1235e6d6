"""Answers prediction requests: the four functions that the container's serving stack calls.

That stack turns every exception into status 500, but passes on a response that `output_fn`
returns. So what is wrong with a request travels through the functions as a `Refusal`.
https://github.com/aws/sagemaker-containers, src/sagemaker_containers/_transformer.py
"""

import io
from dataclasses import asdict, dataclass
from pathlib import Path

import pandas as pd
from werkzeug.wrappers import Response

from contracts.errors import FileRejectedError
from contracts.judging import RowsRejectedError, judge_rows
from contracts.records import cut_records
from contracts.rows import (
    CsvJudge,
    JsonJudge,
    RecordJudge,
    RowRejectedError,
    decode,
    split_fields,
)
from ml import records
from ml.answers import CSV, JSON, JSON_LINES, Answer, Identity, Refusal
from ml.model import Model
from schemas.catalog import MODEL_INPUT

_BAD_REQUEST, _NOT_ACCEPTABLE, _UNSUPPORTED = 400, 406, 415
_MAX_ERRORS = 10


@dataclass(frozen=True, kw_only=True, slots=True)
class ServedModel:
    """A model, and who it is.

    Attributes:
        model: What scores.
        identity: What answers say of it.
    """

    model: Model
    identity: Identity


def model_fn(model_dir: str) -> ServedModel:
    """Load the model."""
    folder = Path(model_dir)
    return ServedModel(model=Model.load(folder), identity=Identity.of(folder))


def input_fn(body: str | bytes, content_type: str) -> pd.DataFrame | Refusal:
    """Return the records of a request, or why there are none.

    Args:
        body: CSV, with or without a header (without one, in the order of the contract's columns),
            or JSON Lines.
        content_type: `text/csv` or `application/jsonlines`, perhaps with parameters.
    """
    kind = _media_type(content_type)
    if kind not in (CSV, JSON_LINES):
        return Refusal(
            status=_UNSUPPORTED,
            message=f"content type {kind!r} is not supported; send {CSV} or {JSON_LINES}",
        )
    data = body.encode() if isinstance(body, str) else body
    try:
        return _judge(*(_csv(data) if kind == CSV else _json_lines(data)))
    except (FileRejectedError, RowRejectedError) as error:
        return Refusal(status=_BAD_REQUEST, message=f"the request cannot be read: {error.message}")


def predict_fn(data: pd.DataFrame | Refusal, served: ServedModel) -> Answer | Refusal:
    """Return the score of each record."""
    if isinstance(data, Refusal):
        return data
    return Answer(scores=served.model.predict(data), identity=served.identity)


def output_fn(prediction: Answer | Refusal, accept: str) -> Response | tuple[str, str]:
    """Return the answer in the format that is accepted; only JSON says which model gave it."""
    if isinstance(prediction, Refusal):
        return prediction.response()
    for kind in map(_media_type, accept.split(",")):
        if kind == CSV:
            return prediction.to_csv(), CSV
        if kind == JSON_LINES:
            return prediction.to_json_lines(), JSON_LINES
        if kind in (JSON, "application/*", "*/*"):
            return prediction.to_json(), JSON
    return Refusal(
        status=_NOT_ACCEPTABLE,
        message=f"{accept!r} is not supported; accept {CSV}, {JSON_LINES} or {JSON}",
    ).response()


def _media_type(text: str) -> str:
    return text.partition(";")[0].strip().lower()


def _csv(data: bytes) -> tuple[RecordJudge, list[bytes]]:
    names = list(MODEL_INPUT.column_names)
    found = _cut(data, with_quotes=True)
    header = split_fields(decode(found[0]))
    if sorted(header) == sorted(names):
        return CsvJudge(MODEL_INPUT, header), found[1:]
    return CsvJudge(MODEL_INPUT, names), found


def _json_lines(data: bytes) -> tuple[RecordJudge, list[bytes]]:
    return JsonJudge(MODEL_INPUT), _cut(data, with_quotes=False)


def _cut(data: bytes, *, with_quotes: bool) -> list[bytes]:
    blocks = cut_records(io.BytesIO(data), with_quotes=with_quotes)
    return [record.data for block in blocks for record in block.records()]


def _judge(judge: RecordJudge, found: list[bytes]) -> pd.DataFrame | Refusal:
    try:
        rows = judge_rows(found, judge.judge, MODEL_INPUT)
    except RowsRejectedError as error:
        errors = tuple(map(asdict, error.faults[:_MAX_ERRORS]))
        return Refusal(status=_BAD_REQUEST, message=error.message, errors=errors)
    if not rows:
        return Refusal(status=_BAD_REQUEST, message="the request has a header but no rows")
    return records.from_values(rows)
