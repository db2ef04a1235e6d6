"""Small snapshots with a signal: late flights are the evening's, in rain, of some carriers."""

import math
import random
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from contracts.columns import arrow_schema
from schemas.catalog import DATASETS

Row = dict[str, Any]

ORIGINS = ("EWR", "JFK", "LGA")
_CARRIERS = ("AA", "B6", "DL", "EV", "UA")
_DESTINATIONS = ("ATL", "BOS", "IAH", "LAX", "ORD")
_HOURS = range(6, 23)
_UTC_OFFSET = timedelta(hours=5)
_DAYS = 28


def write_snapshot(folder: Path, months: Sequence[str], *, flights_per_day: int = 30) -> Path:
    """Write flights and weather of `months`, `YYYY-MM`; the same every time."""
    generator = random.Random(7)  # noqa: S311 - test data
    for month in months:
        weather = list(_weather(month, generator))
        write_rows(folder, "weather", weather)
        write_rows(folder, "flights", _flights(month, weather, flights_per_day, generator))
    return folder


def write_rows(folder: Path, dataset: str, rows: Iterable[Row], *, stem: str = "all") -> None:
    """Write rows of one month as ingestion does: a file below its partition."""
    contract = DATASETS[dataset]
    table = pa.Table.from_pylist(list(rows), schema=arrow_schema(contract))
    year, month = table["year"][0].as_py(), table["month"][0].as_py()
    path = folder / dataset / f"year={year}" / f"month={month:02d}" / f"{stem}@v1.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table.drop_columns(list(contract.partition_by)), path)


def _days(month: str) -> Iterator[datetime]:
    first = datetime.strptime(month, "%Y-%m").replace(tzinfo=UTC)
    return (first + timedelta(days=day) for day in range(_DAYS))


def _weather(month: str, generator: random.Random) -> Iterator[Row]:
    for day in _days(month):
        for origin in ORIGINS:
            rain = max(0.0, generator.gauss(-0.2, 0.4))
            for hour in _HOURS:
                local = day + timedelta(hours=hour)
                yield {
                    "origin": origin, "year": day.year, "month": day.month, "day": day.day,
                    "hour": hour, "temp": generator.gauss(50, 15), "dewp": 30.0, "humid": 60.0,
                    "wind_dir": generator.choice((None, *range(0, 360, 10))), "wind_speed": 8.0,
                    "wind_gust": None, "precip": rain, "pressure": 1013.0, "visib": 10.0,
                    "time_hour": local + _UTC_OFFSET,
                }  # fmt: skip


def _flights(
    month: str, weather: Sequence[Row], per_day: int, generator: random.Random
) -> Iterator[Row]:
    rain = {(row["origin"], row["time_hour"]): row["precip"] for row in weather}
    for day in _days(month):
        for number in range(1, per_day + 1):
            origin = generator.choice(ORIGINS)
            hour = generator.choice(_HOURS)
            at = day + timedelta(hours=hour) + _UTC_OFFSET
            carrier = generator.choice(_CARRIERS)
            effort = 0.25 * (hour - 14) + 4 * rain[origin, at] + (carrier == "EV") - 1.2
            is_late = generator.random() < 1 / (1 + math.exp(-effort))
            delay = generator.randrange(16, 120) if is_late else generator.randrange(-30, 16)
            yield a_flight(
                year=day.year, month=day.month, day=day.day, carrier=carrier, flight=number,
                origin=origin, dest=generator.choice(_DESTINATIONS), hour=hour,
                sched_dep_time=hour * 100, sched_arr_time=(hour * 100 + 215) % 2400,
                time_hour=at, arr_delay=None if generator.random() < 0.03 else delay,
            )  # fmt: skip


def a_flight(**changes: Any) -> Row:
    """Return a row of the flights dataset."""
    row: Row = {
        "year": 2013, "month": 1, "day": 1, "dep_time": 905, "sched_dep_time": 900,
        "dep_delay": 5, "arr_time": 1120, "sched_arr_time": 1115, "arr_delay": 5,
        "carrier": "UA", "flight": 1, "tailnum": "N14228", "origin": "EWR", "dest": "IAH",
        "air_time": 180, "distance": 1400, "hour": 9, "minute": 0,
        "time_hour": datetime(2013, 1, 1, 14, tzinfo=UTC),
    }  # fmt: skip
    return row | changes
