"""The contracts fit a real year, and find whatever is damaged in it."""

import random
import zipfile
from collections.abc import Callable

import pytest

from contracts.files import FileFormat
from demo.real_data import source_folder
from schemas.datasets import DatasetContract
from schemas.flights import FLIGHTS
from schemas.weather import WEATHER
from tests.unit.contracts.samples import read


@pytest.fixture(scope="module")
def flights() -> bytes:
    with zipfile.ZipFile(source_folder() / "flights.csv.zip") as archive:
        return archive.read("flights.csv")


@pytest.fixture(scope="module")
def weather() -> bytes:
    return (source_folder() / "weather.csv").read_bytes()


def keys(rows: list[dict[str, object]], contract: DatasetContract) -> set[tuple[object, ...]]:
    return {tuple(row[name] for name in contract.primary_key) for row in rows}


def test_every_real_flight_satisfies_its_contract_and_has_a_key_of_its_own(
    flights: bytes,
) -> None:
    outcome = read(flights, FLIGHTS)

    assert outcome.rejected == []
    assert len(outcome.accepted) == len(keys(outcome.accepted, FLIGHTS)) == 336_776


def test_all_real_weather_but_one_impossible_wind_satisfies_its_contract(weather: bytes) -> None:
    outcome = read(weather, WEATHER)

    assert outcome.reasons == [(1011, "range", "wind_speed")]
    assert "1048.36" in outcome.rejected[0].message
    assert len(outcome.accepted) == len(keys(outcome.accepted, WEATHER)) == 26_114


# What may happen to a row, and the reason that must be given for it.
Damage = Callable[[list[bytes]], tuple[list[bytes], str, str | None]]


def replace(column: str, value: bytes, code: str) -> Damage:
    position = FLIGHTS.column_names.index(column)

    def damage(fields: list[bytes]) -> tuple[list[bytes], str, str | None]:
        return [*fields[:position], value, *fields[position + 1 :]], code, column

    return damage


DAMAGES: list[Damage] = [
    lambda fields: (fields[:-1], "ragged", None),
    lambda fields: ([*fields, b"x"], "ragged", None),
    lambda fields: ([*fields[:-1], b"\xe9"], "encoding", None),
    replace("distance", b"", "missing"),
    replace("distance", b"far", "type"),
    replace("hour", b"0x5", "type"),
    replace("time_hour", b"2013-02-30T10:00:00Z", "type"),
    replace("month", b"13", "range"),
    replace("origin", b"BOS", "domain"),
    replace("tailnum", b"N1234567", "length"),
]


def test_every_injected_bad_row_is_quarantined_with_its_line_and_reason(flights: bytes) -> None:
    lines = flights[:10_000_000].rpartition(b"\n")[0].split(b"\n")
    chance = random.Random(20131103)  # noqa: S311  # a test's fixed dice
    expected = []
    for index in sorted(chance.sample(range(1, len(lines)), len(lines) // 100)):
        fields, code, column = chance.choice(DAMAGES)(lines[index].split(b","))
        lines[index] = b",".join(fields)
        expected.append((index + 1, code, column))

    outcome = read(b"\n".join(lines) + b"\n", FLIGHTS, FileFormat.CSV)

    assert outcome.reasons == expected
    assert len(outcome.accepted) == len(lines) - 1 - len(expected)
