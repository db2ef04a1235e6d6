"""A month's requests are those that clients would send for its examples, in one order."""

import json
import shutil
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from contracts.columns import arrow_schema
from contracts.rows import JsonJudge
from ml import inference, records, requests
from ml.data import read_tables
from ml.errors import UserError
from ml.features import examples
from schemas.catalog import MODEL_DATASETS, MODEL_INPUT
from schemas.columns import Column, ColumnType
from schemas.datasets import DatasetContract
from schemas.windows import WindowError
from tests.unit.ml.synthetic import a_flight, write_rows, write_snapshot

MONTH = "2013-01"
HOUR = datetime(2013, 1, 1, 14, tzinfo=UTC)


def write_weather(folder: Path) -> None:
    write_rows(folder, "weather", [
        {"origin": "EWR", "year": 2013, "month": 1, "day": 1, "hour": 9, "time_hour": HOUR,
         "temp": 39.02, "wind_dir": 270.0},
    ])  # fmt: skip


def a_month(folder: Path, flights: Sequence[dict[str, Any]]) -> Path:
    write_weather(folder)
    write_rows(folder, "flights", flights)
    return folder


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def asked(data: Path, output: Path) -> list[dict[str, Any]]:
    requests.run(data, MONTH, output)
    return lines(output / "requests" / "requests.jsonl")


def test_they_are_the_months_examples_labelled_or_not(snapshot: Path, tmp_path: Path) -> None:
    requests.run(snapshot, "2013-03", tmp_path)
    body = (tmp_path / "requests" / "requests.jsonl").read_bytes()
    received = inference.input_fn(body, "application/jsonlines")
    expected = examples(read_tables(snapshot, MODEL_DATASETS, ["2013-03"]))
    assert expected[records.LABEL].isna().any()
    pd.testing.assert_frame_equal(received, expected[list(MODEL_INPUT.column_names)])
    summary = json.loads((tmp_path / "summary.json").read_text())
    assert summary == {"rows": len(expected), "rejected": 0}


def test_values_are_those_of_json(tmp_path: Path) -> None:
    flight = a_flight(arr_delay=None, dep_time=None)
    (found,) = asked(a_month(tmp_path / "data", [flight]), tmp_path / "out")
    assert list(found) == list(MODEL_INPUT.column_names)
    weather = {"temp": 39.02, "wind_dir": 270, "wind_gust": None}
    assert {name: found[name] for name in weather} == weather
    assert isinstance(found["wind_dir"], int)
    assert {name: found[name] for name in MODEL_INPUT.primary_key} == {
        name: flight[name] for name in MODEL_INPUT.primary_key
    }


def test_the_months_own_folders_are_enough(tmp_path: Path) -> None:
    whole = write_snapshot(tmp_path / "whole", ["2013-01", "2013-02"])
    only = write_snapshot(tmp_path / "only", ["2013-01"])
    assert asked(whole, tmp_path / "a") == asked(only, tmp_path / "b")


def test_order_and_content_do_not_depend_on_how_rows_are_spread(tmp_path: Path) -> None:
    flights = [a_flight(day=day, flight=flight) for day in (2, 1) for flight in (3, 1, 2)]
    one, many = a_month(tmp_path / "one", flights), tmp_path / "many"
    write_weather(many)
    for index, flight in enumerate([*reversed(flights), flights[0]]):
        write_rows(many, "flights", [flight], stem=f"{index}")
    found = asked(many, tmp_path / "b")
    assert found == asked(one, tmp_path / "a")
    assert [(each["day"], each["flight"]) for each in found] == [
        (1, 1), (1, 2), (1, 3), (2, 1), (2, 2), (2, 3)
    ]  # fmt: skip


def test_examples_in_any_order_are_sorted_by_their_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flights = [a_flight(flight=flight) for flight in (1, 2, 3)]
    monkeypatch.setattr(requests, "examples", lambda tables: examples(tables).iloc[::-1])
    found = asked(a_month(tmp_path / "data", flights), tmp_path / "out")
    assert [each["flight"] for each in found] == [1, 2, 3]


def test_what_an_endpoint_would_refuse_is_left_out_with_the_reason(tmp_path: Path) -> None:
    flights = [a_flight(flight=1), a_flight(flight=2, carrier="??"), a_flight(flight=3)]
    found = asked(a_month(tmp_path / "data", flights), tmp_path / "out")
    assert [each["flight"] for each in found] == [1, 3]
    (rejected,) = lines(tmp_path / "out" / "rejected.jsonl")
    assert rejected["key"]["flight"] == 2
    assert (rejected["column"], rejected["code"]) == ("carrier", "domain")
    assert "'??' is not one of" in rejected["message"]
    summary = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert summary == {"rows": 2, "rejected": 1}


def test_a_required_value_that_is_missing_is_a_rejection(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def without_distance(tables: Any) -> pd.DataFrame:
        found = examples(tables)
        return found.assign(distance=found["distance"].where(found["flight"] != 2))

    monkeypatch.setattr(requests, "examples", without_distance)
    data = a_month(tmp_path / "data", [a_flight(flight=1), a_flight(flight=2)])
    assert [each["distance"] for each in asked(data, tmp_path / "out")] == [1400]
    (rejected,) = lines(tmp_path / "out" / "rejected.jsonl")
    assert (rejected["column"], rejected["code"]) == ("distance", "missing")


def test_a_month_of_rejections_only_is_refused(tmp_path: Path) -> None:
    data = a_month(tmp_path / "data", [a_flight(carrier="??")])
    with pytest.raises(UserError, match="every example .* column 'carrier': '\\?\\?' is not one"):
        requests.run(data, MONTH, tmp_path / "out")


@pytest.mark.parametrize("missing", MODEL_DATASETS)
def test_a_month_without_data_is_named(tmp_path: Path, missing: str) -> None:
    data = write_snapshot(tmp_path / "data", [MONTH], flights_per_day=1)
    shutil.rmtree(data / missing)
    with pytest.raises(UserError, match=f"'{missing}' has no files of 2013-01; ingest"):
        requests.run(data, MONTH, tmp_path / "out")


def test_a_month_whose_files_hold_no_row_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(requests, "examples", lambda tables: examples(tables).head(0))
    with pytest.raises(UserError, match="no examples of 2013-01: its flights have no rows; ingest"):
        requests.run(a_month(tmp_path / "data", [a_flight()]), MONTH, tmp_path / "out")


def test_what_is_no_month_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WindowError, match="a month is written YYYY-MM"):
        requests.run(tmp_path, "2013-13", tmp_path / "out")


def every_type(*, nullable: bool) -> DatasetContract:
    columns = tuple(
        Column(name=f"of_{each.value}", type=each, nullable=nullable) for each in ColumnType
    )
    key = Column(name="number", type=ColumnType.INT64)
    return DatasetContract(
        name="typed", description="", columns=(key, *columns), primary_key=("number",)
    )


VALUES: dict[ColumnType, Any] = {
    ColumnType.STRING: "é",
    ColumnType.INT64: -7,
    ColumnType.FLOAT64: 0.1 + 0.2,
    ColumnType.TIMESTAMP: datetime(2013, 1, 31, 23, 59, 59, 123456, tzinfo=UTC),
    ColumnType.DATE: date(2012, 2, 29),
    ColumnType.BOOL: True,
}


@pytest.mark.parametrize("nullable", [False, True])
def test_values_of_every_type_are_spelled_as_contracts_read_them(
    monkeypatch: pytest.MonkeyPatch, nullable: bool
) -> None:
    contract = every_type(nullable=nullable)
    for module in (records, requests):
        monkeypatch.setattr(module, "MODEL_INPUT", contract)
    monkeypatch.setattr(records, "_SCHEMA", arrow_schema(contract))
    rows = [[1, *(VALUES[each] for each in ColumnType)]]
    if nullable:
        rows.append([2, *[None] * len(ColumnType)])
    frame = records.from_values(rows)
    judge = JsonJudge(contract)

    found = list(requests.judged(frame))

    assert [fault for _, fault in found] == [None] * len(rows)
    received = [judge.judge(json.dumps(request).encode()) for request, _ in found]
    assert received == rows
    pd.testing.assert_frame_equal(records.from_values(received), frame)
