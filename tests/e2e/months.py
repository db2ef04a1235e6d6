"""Four months to train on: real ones, thinned out, and moved to where no other test sends files.

The rows are those of summer 2013, when delays can be foretold well enough to pass the gate's
thresholds with a few thousand of them. The last of the months has a single day of flights.
"""

import csv
import io
import zipfile
from calendar import monthrange
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from functools import cache

from demo.real_data import source_folder
from schemas.names import LANDING_PREFIX
from schemas.windows import Window

Row = dict[str, str]

# Of the months before those that other tests send rows of, so that none is missing in between.
SOURCES = {"2012-09": "2013-06", "2012-10": "2013-07", "2012-11": "2013-08", "2012-12": "2013-09"}
THIN = "2012-12"
WINDOW = Window(train_from="2012-09", holdout_from="2012-11", holdout_to="2012-12")
WINDOW_WITH_THIN_MONTH = Window(train_from="2012-09", holdout_from="2012-11", holdout_to="2013-01")
EVERY = 10
"""One flight of so many is kept: more than the gate wants of a month, little to train on."""


def files() -> Iterator[tuple[str, bytes]]:
    """Yield key and content of each file: one per dataset and month."""
    for month in SOURCES:
        yield key_of("flights", month), _text(flights(month))
        yield key_of("weather", month), _text(_moved("weather", month))


def key_of(dataset: str, month: str) -> str:
    """Return where the file of a month goes."""
    return f"{LANDING_PREFIX}{dataset}/training/{month}.csv"


def corrected_flights(month: str) -> bytes:
    """Return a newer file of a month's flights, which lacks some."""
    return _text(flights(month)[1:])


def flights(month: str) -> list[Row]:
    """Return a month's flights, every tenth of them."""
    found = list(_moved("flights", month))[::EVERY]
    return [row for row in found if row["day"] == "1"] if month == THIN else found


def _moved(dataset: str, month: str) -> Iterator[Row]:
    return moved(dataset, SOURCES[month], month)


def moved(dataset: str, from_month: str, month: str) -> Iterator[Row]:
    """Yield the rows of one of the `SOURCES` as if they were of another month."""
    start, source = (datetime.fromisoformat(f"{m}-01") for m in (month, from_month))
    days = monthrange(start.year, start.month)[1]
    for row in _rows(dataset):
        if int(row["month"]) == source.month and int(row["day"]) <= days:
            hour = datetime.fromisoformat(row["time_hour"]) + (start - source)
            yield row | {
                "year": str(start.year),
                "month": str(start.month),
                "time_hour": hour.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            }


@cache
def _rows(dataset: str) -> tuple[Row, ...]:
    """Return the rows of all source months."""
    months = {str(int(source.rpartition("-")[2])) for source in SOURCES.values()}
    if dataset == "weather":
        with (source_folder() / "weather.csv").open(newline="") as source:
            return _of_months(source, months)
    with zipfile.ZipFile(source_folder() / "flights.csv.zip") as archive:
        return _of_months(io.TextIOWrapper(archive.open("flights.csv"), newline=""), months)


def _of_months(lines: Iterable[str], months: set[str]) -> tuple[Row, ...]:
    return tuple(row for row in csv.DictReader(lines) if row["month"] in months)


def _text(rows: Iterable[Mapping[str, str]]) -> bytes:
    first, *others = rows
    text = io.StringIO()
    writer = csv.DictWriter(text, list(first), lineterminator="\n")
    writer.writeheader()
    writer.writerows((first, *others))
    return text.getvalue().encode()
