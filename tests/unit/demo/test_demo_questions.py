import json
from typing import Any

import pytest

from contracts.rows import JsonJudge
from demo import questions
from demo.questions import AirportDay
from schemas.catalog import MODEL_INPUT


@pytest.fixture(scope="module")
def days() -> list[AirportDay]:
    return questions.airport_days("2013-12")


def rows_of(day: AirportDay) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(day.request.body)
    assert len(rows) == day.request.rows
    return rows


def test_each_day_of_each_airport_is_one_request(days: list[AirportDay]) -> None:
    assert [day.name for day in days[:4]] == [
        "EWR-2013-12-01", "JFK-2013-12-01", "LGA-2013-12-01", "EWR-2013-12-02"
    ]  # fmt: skip
    assert len(days) == 31 * 3


def test_every_flight_of_the_month_is_asked_for_once_as_the_contract_wants_it(
    days: list[AirportDay],
) -> None:
    rows = [row for day in days for row in rows_of(day)]

    assert len(rows) == 28_135
    assert len({tuple(row[name] for name in MODEL_INPUT.primary_key) for row in rows}) == len(rows)
    judge = JsonJudge(MODEL_INPUT)
    for row in rows:
        judge.judge_object(row)


def test_flights_come_with_the_weather_of_their_hour(days: list[AirportDay]) -> None:
    first = rows_of(days[0])[0]

    # At 5:00 local time, 10:00 in UTC, not 5:00 in UTC.
    assert (first["sched_dep_time"], first["temp"], first["wind_gust"]) == (500, 35.06, None)
