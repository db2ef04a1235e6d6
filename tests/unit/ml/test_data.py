"""Reading snapshots."""

from datetime import timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from ml.data import data_sha256, read_tables
from ml.errors import UserError
from tests.unit.ml.synthetic import a_flight, write_rows

JANUARY = ["2013-01"]


def test_partition_columns_come_from_the_path(tmp_path: Path) -> None:
    write_rows(tmp_path, "flights", [a_flight(year=2014, month=11)])
    found = read_tables(tmp_path, ["flights"], ["2014-11"])["flights"]
    assert found[["year", "month"]].to_numpy().tolist() == [[2014, 11]]


def test_of_rows_with_one_key_the_last_files_counts(tmp_path: Path) -> None:
    write_rows(tmp_path, "flights", [a_flight(arr_delay=1), a_flight(flight=2)], stem="a")
    write_rows(tmp_path, "flights", [a_flight(arr_delay=99)], stem="b")
    found = read_tables(tmp_path, ["flights"], JANUARY)["flights"]
    assert found[["flight", "arr_delay"]].to_numpy().tolist() == [[1, 99], [2, 5]]


def test_rows_do_not_depend_on_how_they_are_spread_over_files(tmp_path: Path) -> None:
    flights = [a_flight(day=day, flight=flight) for day in (2, 1) for flight in (3, 1, 2)]
    write_rows(tmp_path / "one", "flights", flights)
    for index, flight in enumerate(reversed(flights)):
        write_rows(tmp_path / "many", "flights", [flight], stem=f"{index}")
    one, many = (
        read_tables(tmp_path / name, ["flights"], JANUARY)["flights"] for name in ("one", "many")
    )
    assert one.equals(many)


def test_only_the_months_asked_for_are_read(tmp_path: Path) -> None:
    for month in (1, 2, 3):
        write_rows(tmp_path, "flights", [a_flight(month=month)])
    found = read_tables(tmp_path, ["flights"], ["2013-01", "2013-03"])["flights"]
    assert found["month"].tolist() == [1, 3]


def test_every_missing_month_is_named(tmp_path: Path) -> None:
    write_rows(tmp_path, "flights", [a_flight(month=2)])
    with pytest.raises(UserError, match="'flights' has no files of 2013-01, 2013-03; ingest"):
        read_tables(tmp_path, ["flights"], ["2013-01", "2013-02", "2013-03"])


def test_a_dataset_without_files_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="'weather' has no files of 2013-01; ingest"):
        read_tables(tmp_path, ["weather"], JANUARY)


def test_a_file_of_another_contract_is_named_with_its_column(tmp_path: Path) -> None:
    write_rows(tmp_path, "flights", [a_flight()])
    (path,) = tmp_path.rglob("*.parquet")
    table = pq.ParquetFile(path).read()
    pq.write_table(table.drop_columns(["carrier"]), path)
    with pytest.raises(UserError, match=r"all@v1\.parquet does not fit .*carrier.*ops reprocess"):
        read_tables(tmp_path, ["flights"], JANUARY)


def test_a_file_that_is_no_parquet_is_named(tmp_path: Path) -> None:
    write_rows(tmp_path, "flights", [a_flight()])
    (path,) = tmp_path.rglob("*.parquet")
    path.write_bytes(b"PAR1 cut off")
    with pytest.raises(UserError, match=r"all@v1\.parquet"):
        read_tables(tmp_path, ["flights"], JANUARY)


def test_the_hash_tells_other_content_and_other_paths(tmp_path: Path) -> None:
    def written(name: str, stem: str = "all", hours: int = 0) -> str:
        flight = a_flight()
        flight["time_hour"] += timedelta(hours=hours)
        write_rows(tmp_path / name, "flights", [flight], stem=stem)
        return data_sha256(tmp_path / name)

    first = written("first")
    assert first == written("same")
    assert len({first, written("content", hours=1), written("path", stem="other")}) == 3
