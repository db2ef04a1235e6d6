"""What a request asks: rows that honour the contract, or the reasons why they do not."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from http import HTTPStatus
from itertools import islice
from typing import Any
from uuid import uuid4

from contracts.errors import FileRejectedError
from contracts.judging import RowsRejectedError, judge_rows
from contracts.rows import RowRejectedError
from contracts.values import Value, to_json
from lambdas.predict.bodies import READERS, Judge
from lambdas.predict.http import RefusedError, Request
from schemas.catalog import MODEL_INPUT
from schemas.predictions import REQUEST_ID_PATTERN, Row

# With ordinary rows, what is logged of so many fits a message. What the endpoint is sent of them
# stays below the 4 MB that a serverless one takes, which is the least of all kinds.
MAX_ROWS = 1_000
MAX_BODY_BYTES = 2**20
_LISTED_ROWS = 100

_REQUEST_ID = re.compile(REQUEST_ID_PATTERN)
_REQUEST_ID_HEADER = "x-request-id"


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """What is asked.

    Attributes:
        request_id: As the client gave it, or made up.
        rows: At least one and at most `MAX_ROWS`, each with every column of `MODEL_INPUT`.
    """

    request_id: str
    rows: tuple[Row, ...]


def read_question(request: Request) -> Question:
    """Return what a request asks, in one of the formats of `lambdas.predict.bodies`.

    An id in the body comes before that of the header `x-request-id`, which proxies set, too.

    Raises:
        RefusedError: 400 when it cannot be read, 404, 405, 413 when it is too large, 415, and 422
            with what is wrong with its rows; either all of them are answered or none is.
    """
    _check_address(request)
    if len(request.body) > MAX_BODY_BYTES:
        raise _too_large(f"the body has {len(request.body):,} bytes, more than {MAX_BODY_BYTES:,}")
    read = READERS.get(request.media_type)
    if read is None:
        raise RefusedError(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            "unsupported-media-type",
            f"content type {request.media_type!r} is not supported; send {', '.join(READERS)}",
        )
    try:
        body = read(request.body, MODEL_INPUT)
        records = list(islice(body.records, MAX_ROWS + 1))
    except (FileRejectedError, RowRejectedError) as error:
        raise _unreadable(f"the request cannot be read: {error.message}") from error
    if not records:
        raise _unreadable("the request has no rows; send one at least")
    if len(records) > MAX_ROWS:
        raise _too_large(f"the request has more than {MAX_ROWS:,} rows")
    request_id = body.request_id
    if request_id is None:
        request_id = request.headers.get(_REQUEST_ID_HEADER)
    return Question(
        request_id=uuid4().hex if request_id is None else _checked_id(request_id),
        rows=_judged(records, body.judge),
    )


def _check_address(request: Request) -> None:
    if request.path != "/":
        raise RefusedError(
            HTTPStatus.NOT_FOUND, "not-found", f"there is no {request.path!r}; send rows to /"
        )
    if request.method != "POST":
        raise RefusedError(
            HTTPStatus.METHOD_NOT_ALLOWED,
            "method-not-allowed",
            f"{request.method or 'this'} is not supported; POST the rows to predict",
            headers={"allow": "POST"},
        )


def _checked_id(request_id: object) -> str:
    if isinstance(request_id, str) and _REQUEST_ID.fullmatch(request_id):
        return request_id
    raise RefusedError(
        HTTPStatus.BAD_REQUEST,
        "invalid-request-id",
        "a request id has 1 to 64 letters of ASCII, digits, underscores, colons and hyphens, and "
        "begins with a letter or digit; leave it out to be given one",
    )


def _judged(records: Sequence[Any], judge: Judge) -> tuple[Row, ...]:
    try:
        rows = judge_rows(records, judge, MODEL_INPUT)
    except RowsRejectedError as error:
        raise RefusedError(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            "invalid-rows",
            error.message,
            rows=tuple(map(asdict, error.faults[:_LISTED_ROWS])),
        ) from error
    return tuple(map(_row, rows))


def _row(values: Iterable[Value]) -> Row:
    return dict(zip(MODEL_INPUT.column_names, map(to_json, values), strict=True))


def _unreadable(message: str) -> RefusedError:
    return RefusedError(HTTPStatus.BAD_REQUEST, "unreadable", message)


def _too_large(message: str) -> RefusedError:
    return RefusedError(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        "too-large",
        f"{message}; send several requests, or let the rows be scored as a batch",
    )
