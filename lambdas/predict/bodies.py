"""Bodies of requests, format by format: which records they hold, and who judges them.

- `application/json`: one row, a list of rows, or `{"request_id": …, "rows": […]}`
- `application/jsonlines`: one row per line
- `text/csv`: with a header, or without one in the order of the contract's columns
"""

import io
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any

from contracts.documents import read_document
from contracts.errors import RowRejection
from contracts.records import cut_records, is_blank
from contracts.rows import (
    CsvJudge,
    JsonJudge,
    RowRejectedError,
    decode,
    split_fields,
)
from contracts.values import Value
from lambdas.predict.http import JSON
from schemas.datasets import DatasetContract

CSV, JSON_LINES = "text/csv", "application/jsonlines"

Judge = Callable[[Any], list[Value]]
"""Returns a record's values in the contract's order, or raises `RowRejectedError`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Body:
    """A body that was read.

    Attributes:
        records: What it holds; none or many. Iterating raises what the reader may raise.
        judge: Judges each of them.
        request_id: Whatever it says is the request's id; None when it does not say.
    """

    records: Iterable[Any]
    judge: Judge
    request_id: object = None


def _read_json(data: bytes, contract: DatasetContract) -> Body:
    found = read_document(data, contract)
    return Body(records=found.rows, judge=_row_judge(contract), request_id=found.request_id)


def _row_judge(contract: DatasetContract) -> Judge:
    judge = JsonJudge(contract)

    def judge_row(row: object) -> list[Value]:
        if not isinstance(row, dict):
            raise RowRejectedError(
                RowRejection.MALFORMED,
                None,
                f"each row must be a JSON object, this is a {type(row).__name__}",
            )
        return judge.judge_object(row)

    return judge_row


def _read_json_lines(data: bytes, contract: DatasetContract) -> Body:
    return Body(records=_cut(data, with_quotes=False), judge=JsonJudge(contract).judge)


def _read_csv(data: bytes, contract: DatasetContract) -> Body:
    names = list(contract.column_names)
    records = _cut(data, with_quotes=True)
    first = list(islice(records, 1))
    header = _fields(first[0]) if first else []
    if sorted(header) == sorted(names):
        return Body(records=records, judge=CsvJudge(contract, header).judge)
    return Body(records=chain(first, records), judge=CsvJudge(contract, names).judge)


def _fields(record: bytes) -> list[str]:
    """Return the fields of what may be a header; none of what is not even a record."""
    try:
        return split_fields(decode(record))
    except RowRejectedError:
        return []


def _cut(data: bytes, *, with_quotes: bool) -> Iterator[bytes]:
    if is_blank(data):
        return
    for block in cut_records(io.BytesIO(data), with_quotes=with_quotes):
        for record in block.records():
            yield record.data


Reader = Callable[[bytes, DatasetContract], Body]

READERS: Mapping[str, Reader] = {
    JSON: _read_json,
    JSON_LINES: _read_json_lines,
    CSV: _read_csv,
}
"""What reads a body of each media type.

A reader raises `FileRejectedError` or `RowRejectedError` when the body as a whole cannot be read.
"""
