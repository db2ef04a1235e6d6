"""Rows to ask for, in the formats that files have, and what keeps a function from answering."""

import csv
import io
import json
from collections.abc import Sequence
from typing import Any

from botocore.exceptions import ClientError, ReadTimeoutError

from tests.unit.ops.serving import FakePredict, row


def lines(rows: Sequence[dict[str, Any]]) -> str:
    return "".join(f"{json.dumps(each)}\n" for each in rows)


def as_csv(rows: Sequence[dict[str, Any]], *, header: bool = True) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(row()))
    if header:
        writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


ROWS = [row(flight) for flight in range(1, 8)]


def crash(function: FakePredict) -> None:
    function.crash = True


def lambda_says(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "Rate Exceeded."}}, "Invoke")


def be_denied(function: FakePredict) -> None:
    function.errors = [lambda_says("AccessDeniedException")]


def stay_silent(function: FakePredict) -> None:
    function.errors = [ReadTimeoutError(endpoint_url="https://lambda")]
