"""What the demo asks: all flights of a day from one airport, each with the weather of its hour."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from demo import shipments
from ops.request_files import Request
from schemas.catalog import DATASETS, MODEL_INPUT
from schemas.columns import Column, ColumnType

_CONVERT = {ColumnType.INT64: int, ColumnType.FLOAT64: float}
_NULLS = frozenset().union(*(each.null_values for each in DATASETS.values()))


@dataclass(frozen=True, kw_only=True, slots=True)
class AirportDay:
    """The flights of one day from one airport.

    Attributes:
        name: Such as `EWR-2013-12-01`.
        request: What is asked of them.
    """

    name: str
    request: Request


def airport_days(month: str) -> list[AirportDay]:
    """Return one request per day and airport of a month, `YYYY-MM`, by date and airport."""
    weather = {
        (record["origin"], record["time_hour"]): record
        for records in shipments.monthly_weather().values()
        for record in records
    }
    found = []
    for key, (header, *lines) in shipments.daily_flights().items():
        *_, year, month_of_year, day, file = key.split("/")
        if f"{year}-{month_of_year}" == month:
            flights = (dict(zip(header.split(","), line.split(","), strict=True)) for line in lines)
            rows = [
                _row({**weather.get((each["origin"], each["time_hour"]), {}), **each})
                for each in flights
            ]
            name = f"{file.removesuffix('.csv')}-{year}-{month_of_year}-{day}"
            found.append(AirportDay(name=name, request=_request(rows)))
    return found


def _row(joined: Mapping[str, str]) -> dict[str, object]:
    return {each.name: _value(each, joined.get(each.name, "")) for each in MODEL_INPUT.columns}


def _value(column: Column, text: str) -> object:
    if text in _NULLS:
        return None
    return _CONVERT.get(column.type, str)(text)


def _request(rows: list[dict[str, object]]) -> Request:
    return Request(
        first_row=1, rows=len(rows), media_type="application/json", body=json.dumps(rows)
    )
