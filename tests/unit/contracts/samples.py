"""A contract with a column of every kind, and helpers to read bytes against it."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from contracts.arrow import RejectedRow, read_blocks
from contracts.files import FileFormat
from schemas.datasets import Column, ColumnType, DatasetContract

SAMPLE = DatasetContract(
    name="sample",
    description="One row of each kind of value.",
    columns=(
        Column(name="id", type=ColumnType.INT64, minimum=0, maximum=999),
        Column(name="amount", type=ColumnType.FLOAT64, nullable=True),
        Column(name="colour", type=ColumnType.STRING, domain=frozenset({"red", "blue"})),
        Column(name="note", type=ColumnType.STRING, nullable=True, max_length=5),
        Column(
            name="at",
            type=ColumnType.TIMESTAMP,
            nullable=True,
            minimum=datetime(2000, 1, 1, tzinfo=UTC),
        ),
        Column(name="day", type=ColumnType.DATE, nullable=True, maximum=date(2030, 1, 1)),
        Column(name="ok", type=ColumnType.BOOL, nullable=True),
    ),
    primary_key=("id",),
)
HEADER = b"id,amount,colour,note,at,day,ok\n"
GOOD = b"7,1.5,red,hi,2013-01-01T05:00:00Z,2013-01-01,true\n"
GOOD_VALUES = {
    "id": 7,
    "amount": 1.5,
    "colour": "red",
    "note": "hi",
    "at": datetime(2013, 1, 1, 5, tzinfo=UTC),
    "day": date(2013, 1, 1),
    "ok": True,
}


@dataclass
class Outcome:
    """What became of a file's rows."""

    accepted: list[dict[str, Any]]
    rejected: list[RejectedRow]

    @property
    def reasons(self) -> list[tuple[int, str, str | None]]:
        return [(row.line, row.code.value, row.column) for row in self.rejected]


class Trickle(io.RawIOBase):
    """A stream that returns a few bytes at a time, as a network does."""

    def __init__(self, data: bytes, size: int = 7) -> None:
        self._data = io.BytesIO(data)
        self._size = size

    def read(self, size: int = -1, /) -> bytes:
        return self._data.read(min(size, self._size))


class Endless:
    """A stream of `header` and then copies of `chunk`, about `size` bytes in all."""

    def __init__(self, header: bytes, chunk: bytes, size: int) -> None:
        self._left = size
        self._chunks = self._generate(header, chunk)
        self._buffer = b""

    @staticmethod
    def _generate(header: bytes, chunk: bytes) -> Iterator[bytes]:
        yield header
        while True:
            yield chunk

    def read(self, size: int, /) -> bytes:
        while len(self._buffer) < size and self._left > 0:
            chunk = next(self._chunks)
            self._left -= len(chunk)
            self._buffer += chunk
        part, self._buffer = self._buffer[:size], self._buffer[size:]
        return part


def read(
    data: bytes,
    contract: DatasetContract = SAMPLE,
    file_format: FileFormat = FileFormat.CSV,
) -> Outcome:
    outcome = Outcome([], [])
    for block in read_blocks(io.BytesIO(data), contract, file_format):
        outcome.accepted += block.accepted.to_pylist()
        outcome.rejected += block.rejected
    return outcome


def read_json(data: bytes) -> Outcome:
    return read(data, file_format=FileFormat.JSON_LINES)
