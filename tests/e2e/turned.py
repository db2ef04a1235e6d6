"""A month of flights that arrive as nobody would have thought.

They are those of a real month, in another year, with their outcomes turned: what was late is on
time, and what was on time is late.
"""

import csv
import io
from collections.abc import Iterator
from functools import cache
from typing import Any

from schemas.catalog import DATASETS, MODEL_INPUT
from schemas.columns import Column, ColumnType
from schemas.names import LANDING_PREFIX
from tests.e2e import months

MONTH = "2014-01"
SOURCE = "2012-10"
"""Of `months`: its flights and weather are moved once more."""
EVERY = 3
ON_TIME, LATE = "0", "90"
LATE_MINUTES = 15
_CONVERT = {ColumnType.INT64: int, ColumnType.FLOAT64: float}
_NULLS = frozenset().union(*(each.null_values for each in DATASETS.values()))


def files() -> Iterator[tuple[str, bytes]]:
    """Yield key and content of what arrives: flights, turned."""
    yield f"{LANDING_PREFIX}flights/turned/{MONTH}.csv", _text([_turned(row) for row in flights()])


def requests() -> list[dict[str, Any]]:
    """Return what is asked of the same flights before they arrive."""
    weather = {(row["origin"], row["time_hour"]): row for row in _moved("weather")}
    joined = ({**weather.get((row["origin"], row["time_hour"]), {}), **row} for row in flights())
    return [
        {each.name: _value(each, row.get(each.name, "")) for each in MODEL_INPUT.columns}
        for row in joined
    ]


@cache
def flights() -> tuple[months.Row, ...]:
    """Return those that do arrive, of which an outcome will be known."""
    return tuple(row for row in _moved("flights") if row["arr_delay"] not in _NULLS)[::EVERY]


@cache
def _moved(dataset: str) -> tuple[months.Row, ...]:
    return tuple(months.moved(dataset, months.SOURCES[SOURCE], MONTH))


def _turned(row: months.Row) -> months.Row:
    return row | {"arr_delay": ON_TIME if float(row["arr_delay"]) > LATE_MINUTES else LATE}


def _value(column: Column, text: str) -> object:
    return None if text in _NULLS else _CONVERT.get(column.type, str)(text)


def _text(rows: list[months.Row]) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()
