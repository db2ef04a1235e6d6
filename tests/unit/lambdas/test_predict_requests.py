"""What is asked: every format that is read, and a clear answer to all that is not."""

import base64
import json
import re
from http import HTTPStatus
from typing import Any

import pytest

from lambdas.predict.http import RefusedError, Request
from lambdas.predict.question import MAX_BODY_BYTES, MAX_ROWS, Question, read_question
from schemas.catalog import MODEL_INPUT
from tests.unit.lambdas.predictions import ROW, row

NAMES = MODEL_INPUT.column_names
JSON, JSON_LINES, CSV = "application/json", "application/jsonlines", "text/csv"
OTHER = row(origin="JFK", temp=None, wind_gust=20.5)


def csv_line(values: dict[str, Any], names: tuple[str, ...] = NAMES) -> str:
    return ",".join("" if values[name] is None else str(values[name]) for name in names)


def ask(body: str | bytes, media_type: str = JSON, **headers: str) -> Question:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return read_question(
        Request(
            method="POST",
            path="/",
            headers={"content-type": media_type, **named},
            body=body.encode() if isinstance(body, str) else body,
        )
    )


def refusal(*args: Any, **headers: str) -> RefusedError:
    with pytest.raises(RefusedError) as caught:
        ask(*args, **headers)
    # What is wrong must be sayable whatever it is.
    json.loads(caught.value.response()["body"])
    return caught.value


BOM = "\ufeff"
BACKWARDS = NAMES[::-1]
TWO_LINES = f"{csv_line(row())}\n{csv_line(OTHER)}"


@pytest.mark.parametrize(
    ("media_type", "body"),
    [
        (JSON, json.dumps([ROW, OTHER])),
        (JSON, json.dumps({"rows": [ROW, OTHER]})),
        (JSON, json.dumps({"rows": [ROW, OTHER], "request_id": None})),
        ("Application/JSON; charset=utf-8", json.dumps([ROW, OTHER], indent=1)),
        (JSON_LINES, f"{json.dumps(ROW)}\n{json.dumps(OTHER)}"),
        (JSON_LINES, f"{BOM}\n{json.dumps(ROW)}\r\n\n{json.dumps(OTHER)}\n"),
        (CSV, TWO_LINES),
        (CSV, f"{BOM}{TWO_LINES}\r\n\r\n"),
        (CSV, f"{','.join(NAMES)}\n{TWO_LINES}\n"),
        (CSV, "\n".join((",".join(BACKWARDS), csv_line(row(), BACKWARDS),
                         csv_line(OTHER, BACKWARDS)))),
    ],
)  # fmt: skip
def test_every_format_asks_the_same(media_type: str, body: str) -> None:
    question = ask(body, media_type)

    assert question.rows == (ROW, OTHER)
    assert re.fullmatch("[0-9a-f]{32}", question.request_id)


def test_one_object_is_one_row_and_what_is_left_out_is_null() -> None:
    given = {name: value for name, value in ROW.items() if value is not None}

    assert ask(json.dumps(given)).rows == (ROW,)


@pytest.mark.parametrize(
    ("body", "header", "expected"),
    [
        (ROW, "nightly-7:a_B", "nightly-7:a_B"),
        ({"rows": [ROW], "request_id": "mine"}, "the-proxy-s", "mine"),
        ({"rows": [ROW]}, "x" * 64, "x" * 64),
    ],
)
def test_a_request_keeps_the_id_it_is_given(body: Any, header: str, expected: str) -> None:
    assert ask(json.dumps(body), x_request_id=header).request_id == expected


@pytest.mark.parametrize("given", ["", "a.b", "x" * 65, "-a", "a\n", "ä", 7, ["a"]])
def test_an_id_that_is_none_is_refused(given: Any) -> None:
    error = refusal(json.dumps({"rows": [ROW], "request_id": given}))

    assert (error.status, error.code) == (HTTPStatus.BAD_REQUEST, "invalid-request-id")


@pytest.mark.parametrize(
    ("media_type", "body"),
    [
        (JSON, b""), (JSON, b"{"), (JSON, b"\xff"), (JSON, b"\xed\xa0\x80"), (JSON, b"\0"),
        (JSON, b"[]"), (JSON, b'{"rows": []}'), (JSON, b'{"rows": {}}'),
        (JSON, b'{"rows": [], "mode": 1}'), (JSON, b'{"rows": [], "\\ud800": 1}'),
        (JSON, b'{"a": 1, "a": 2}'), (JSON, b"NaN"),
        (JSON, json.dumps(row(temp=float("nan"))).encode()),
        (JSON, json.dumps([row(temp=float("-inf"))]).encode()),
        (JSON, b"[" * 100_000), (JSON, b"1" * 5_000),
        (JSON_LINES, b""), (JSON_LINES, b"\n\r\n"), (JSON_LINES, b"\xef\xbb\xbf"),
        (JSON_LINES, b"\x1f\x8b\x08\0\0"), (JSON_LINES, b"\xff\xfe{\0}\0"),
        (CSV, b""), (CSV, b"\n\n"), (CSV, ",".join(NAMES).encode()),
        (CSV, b'"never closed'), (CSV, b"PK\x03\x04"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_a_bad_request(media_type: str, body: bytes) -> None:
    error = refusal(body, media_type)

    assert (error.status, error.code) == (HTTPStatus.BAD_REQUEST, "unreadable")
    assert len(error.message) < 500


@pytest.mark.parametrize(
    ("media_type", "body", "expected"),
    [
        (JSON, json.dumps([ROW, row(month=13), row(origin="XXX"), 7]),
         [(2, "month", "range"), (3, "origin", "domain"), (4, None, "malformed")]),
        (JSON, json.dumps(row(unheard_of=1)), [(1, "unheard_of", "ragged")]),
        (JSON, json.dumps(row(month=True)), [(1, "month", "type")]),
        (JSON, json.dumps(row(month=1.0)), [(1, "month", "type")]),
        (JSON, json.dumps(row(year=None)), [(1, "year", "missing")]),
        (JSON, json.dumps(row(temp=10**400)), [(1, "temp", "type")]),
        (JSON, json.dumps(row(temp="1")).replace('"1"', "1e999"), [(1, "temp", "type")]),
        (JSON, json.dumps(row(dest="\ud800")), [(1, "dest", "type")]),
        (JSON, json.dumps(row(dest="a\0")), [(1, "dest", "encoding")]),
        (JSON, "null", [(1, None, "malformed")]),
        (JSON_LINES, f"{json.dumps(ROW)}\nnull\n{json.dumps(ROW)}\n{{\n",
         [(2, None, "malformed"), (4, None, "malformed")]),
        (JSON_LINES, json.dumps(row(temp=float("nan"))), [(1, None, "malformed")]),
        (CSV, f"{TWO_LINES}\na,b\n", [(3, None, "ragged")]),
        (CSV, f"{','.join(NAMES)}\n{csv_line(row(month='May'))}\n", [(1, "month", "type")]),
        (CSV, f"{','.join(NAMES)}\n{csv_line(row(temp='nan'))}\n", [(1, "temp", "type")]),
        (CSV, f"{','.join(NAMES[1:])}\n", [(1, None, "ragged")]),
        (CSV, b"\xff\xfd,\n", [(1, None, "encoding")]),
    ],
)  # fmt: skip
def test_rows_that_break_the_contract_are_named_and_none_is_answered(
    media_type: str, body: str, expected: list[Any]
) -> None:
    error = refusal(body, media_type)

    assert (error.status, error.code) == (HTTPStatus.UNPROCESSABLE_ENTITY, "invalid-rows")
    assert [(each["row"], each["column"], each["code"]) for each in error.rows] == expected
    assert all(each["message"] for each in error.rows)


def test_the_first_hundred_bad_rows_are_listed_and_all_are_counted() -> None:
    error = refusal(json.dumps([row(month=0)] * 150))

    assert len(error.rows) == 100
    assert error.message.startswith("150 of 150 rows")


def test_nesting_of_any_depth_is_refused() -> None:
    """Also of those depths that are read, but cannot be shown."""
    for depth in range(900, 1_000):
        nested = "[" * depth + "]" * depth
        body = json.dumps(row(month=0)).replace('"month": 0', f'"month": {nested}')
        assert refusal(body).status in (400, 422)


@pytest.mark.parametrize(
    ("media_type", "body"),
    [
        (JSON, b"[" + b" " * MAX_BODY_BYTES + b"]"),
        (JSON, json.dumps([1] * (MAX_ROWS + 1)).encode()),
        (JSON_LINES, b"{}\n" * (MAX_ROWS + 1)),
        (CSV, b"a\n" * (MAX_ROWS + 1)),
    ],
)
def test_what_is_too_large_is_refused_before_it_is_judged(media_type: str, body: bytes) -> None:
    error = refusal(body, media_type)

    assert (error.status, error.code) == (HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too-large")


def test_as_many_rows_as_are_answered_may_be_asked() -> None:
    assert len(ask(json.dumps([ROW] * MAX_ROWS)).rows) == MAX_ROWS


@pytest.mark.parametrize("media_type", ["", "text/plain", "image/png", "json", "*/*"])
def test_a_format_that_is_not_read_is_named_beside_those_that_are(media_type: str) -> None:
    error = refusal("{}", media_type)

    assert error.status == HTTPStatus.UNSUPPORTED_MEDIA_TYPE
    assert all(each in error.message for each in (JSON, JSON_LINES, CSV))


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/", 405), ("", "/", 405), ("POST", "/predict", 404), ("GET", "/health", 404)],
)
def test_only_posting_to_the_root_is_answered(method: str, path: str, status: int) -> None:
    with pytest.raises(RefusedError) as caught:
        read_question(Request(method=method, path=path))

    assert caught.value.status == status
    headers = caught.value.response()["headers"]
    assert headers.get("allow") == ("POST" if status == HTTPStatus.METHOD_NOT_ALLOWED else None)


def test_an_event_becomes_the_request_that_was_sent() -> None:
    event = {
        "version": "2.0",
        "rawPath": "/",
        "headers": {"Content-Type": "text/csv; charset=utf-8", "X-Request-Id": "r"},
        "requestContext": {"http": {"method": "POST", "path": "/"}},
        "body": base64.b64encode(b"\x00\xffa").decode(),
        "isBase64Encoded": True,
    }

    request = Request.from_event(event)

    assert request == Request(
        method="POST",
        path="/",
        headers={"content-type": "text/csv; charset=utf-8", "x-request-id": "r"},
        body=b"\x00\xffa",
    )
    assert request.media_type == CSV
    assert Request.from_event(event | {"body": "é", "isBase64Encoded": False}).body == "é".encode()


def test_half_a_surrogate_pair_in_an_event_is_a_bad_request() -> None:
    assert refusal(Request.from_event({"body": '"\ud800"'}).body).code == "unreadable"


def test_base64_that_is_none_is_a_bad_request() -> None:
    with pytest.raises(RefusedError) as caught:
        Request.from_event({"body": "not base64", "isBase64Encoded": True})

    assert caught.value.status == HTTPStatus.BAD_REQUEST
