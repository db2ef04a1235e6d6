"""Files of rows to predict, cut into requests that the predict function takes."""

import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from contracts.documents import read_document
from contracts.errors import FileRejectedError
from contracts.records import cut_records
from contracts.rows import RowRejectedError, decode, split_fields
from ops.errors import OpsError
from schemas.catalog import MODEL_INPUT

ROWS_AT_A_TIME = 500
BYTES_AT_A_TIME = 512 * 1024
"""Both are half of what the predict function takes, so that no request is too large."""


class RowFormat(StrEnum):
    """How rows are written; its value is the end of such a file's name."""

    CSV = "csv"
    JSON_LINES = "jsonl"
    JSON = "json"


_MEDIA_TYPES = {RowFormat.CSV: "text/csv", RowFormat.JSON_LINES: "application/jsonlines"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """Some rows that are asked for together.

    Attributes:
        first_row: Number of its first row in the file, counted from 1 without a header.
        rows: How many it has.
        media_type: What `body` is.
        body: The rows.
    """

    first_row: int
    rows: int
    media_type: str
    body: str


@dataclass(frozen=True, kw_only=True, slots=True)
class RowFile:
    """Rows as they lie in a file.

    Attributes:
        media_type: What they are sent as.
        records: One per row, without its line end.
        header: Line that every request begins with; empty for none.
        request_id: Whatever the file says is its id; None when it does not say.
    """

    media_type: str
    records: tuple[bytes, ...]
    header: bytes = b""
    request_id: object = None

    def requests(self) -> Iterator[Request]:
        """Yield the rows, as many at a time as one request may carry.

        Raises:
            OpsError: a row is no text in UTF-8.
        """
        some: list[bytes] = []
        size = 0
        for number, record in enumerate(self.records, start=1):
            if some and (len(some) == ROWS_AT_A_TIME or size + len(record) > BYTES_AT_A_TIME):
                yield self._request(number - len(some), some)
                some, size = [], 0
            some.append(record)
            size += len(record)
        if some:
            yield self._request(len(self.records) - len(some) + 1, some)

    def _request(self, first_row: int, records: list[bytes]) -> Request:
        lines = [self.header, *records] if self.header else records
        try:
            body = b"".join(line + b"\n" for line in lines).decode()
        except UnicodeDecodeError as error:
            raise OpsError(
                f"rows {first_row:,} to {first_row + len(records) - 1:,} are no UTF-8: {error}",
                "Write the file in UTF-8",
            ) from error
        return Request(
            first_row=first_row, rows=len(records), media_type=self.media_type, body=body
        )


def format_of(name: str) -> RowFormat:
    """Return the format that a file's name says.

    Raises:
        OpsError: it says none.
    """
    try:
        return RowFormat(name.rpartition(".")[2].lower())
    except ValueError as error:
        raise OpsError(
            f"the format of {name} is unknown", f"Give --format: {', '.join(RowFormat)}"
        ) from error


def read_rows(data: bytes, row_format: RowFormat) -> RowFile:
    """Return the rows in `data`; whether each honours the contract, the predict function says.

    Args:
        data: CSV, with or without a header; JSON Lines; or JSON: one row, a list of rows, or an
            object with `rows` and perhaps `request_id`.
        row_format: Which of them.

    Raises:
        OpsError: it cannot be cut into rows, or has none.
    """
    try:
        found = _read(data, row_format)
    except (FileRejectedError, RowRejectedError) as error:
        raise OpsError(f"the rows cannot be read: {error.message}", "Correct the file") from error
    if not found.records:
        raise OpsError("there are no rows to predict", "Give one at least")
    return found


def _read(data: bytes, row_format: RowFormat) -> RowFile:
    if row_format is RowFormat.JSON:
        return _read_json(data)
    is_csv = row_format is RowFormat.CSV
    records = [
        record.data.rstrip(b"\r\n")
        for block in cut_records(io.BytesIO(data), with_quotes=is_csv)
        for record in block.records()
    ]
    header = records.pop(0) if is_csv and _is_header(records[0]) else b""
    return RowFile(media_type=_MEDIA_TYPES[row_format], records=tuple(records), header=header)


def _is_header(record: bytes) -> bool:
    # A header that lacks a column is one all the same: the predict function says what it lacks.
    return not set(MODEL_INPUT.column_names).isdisjoint(split_fields(decode(record)))


def _read_json(data: bytes) -> RowFile:
    document = read_document(data, MODEL_INPUT)
    return RowFile(
        media_type=_MEDIA_TYPES[RowFormat.JSON_LINES],
        records=tuple(json.dumps(row).encode() for row in document.rows),
        request_id=document.request_id,
    )
