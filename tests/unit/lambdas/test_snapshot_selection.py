from dataclasses import replace

import pytest

from lambdas.shared.errors import PermanentError
from lambdas.snapshot.selection import (
    CuratedFile,
    TooLittleDataError,
    files_in_force,
    files_of_window,
    is_by_month,
    months_of,
    newest_window,
)
from schemas.datasets import DatasetContract
from schemas.flights import FLIGHTS
from schemas.ledger import LedgerEntry, LedgerStatus
from schemas.weather import WEATHER
from schemas.windows import Window
from tests.unit.lambdas.pipeline import curated_uri

AIRPORTS = DatasetContract(
    name="airports",
    description="kept whole",
    columns=FLIGHTS.columns,
    primary_key=FLIGHTS.primary_key,
)
CONTRACTS = [FLIGHTS, WEATHER]
WINDOW = Window(train_from="2013-01", holdout_from="2013-02", holdout_to="2013-03")


def entry(name: str, version: str, *months: str, dataset: str = "flights") -> LedgerEntry:
    return LedgerEntry(
        object=f"s3://raw/landing/{dataset}/{name}",
        version=version,
        status=LedgerStatus.CURATED,
        dataset=dataset,
        rows_accepted=7,
        curated_uris=tuple(curated_uri(dataset, each, f"{name}-{version}") for each in months),
    )


def files(*months: str, dataset: str = "flights") -> list[CuratedFile]:
    return [
        CuratedFile(dataset=dataset, uri=f"s3://c/{dataset}-{each}", rows=1, month=each)
        for each in months
    ]


def test_each_part_of_a_raw_file_is_a_file_of_its_month() -> None:
    found = files_in_force([entry("a", "1", "2013-01", "2013-02")], CONTRACTS)

    assert [(each.month, each.rows) for each in found] == [("2013-01", 7), ("2013-02", 7)]


@pytest.mark.parametrize("order", [1, -1])
def test_a_version_about_to_be_superseded_is_not_in_force(order: int) -> None:
    versions = [entry("a", "1", "2013-01"), entry("a", "2", "2013-01"), entry("b", "1", "2013-01")]

    found = files_in_force(versions[::order], CONTRACTS)

    assert sorted(each.uri.rpartition("/")[2] for each in found) == ["a-2.parquet", "b-1.parquet"]


def test_other_datasets_are_left_out() -> None:
    other = entry("a", "1", "2013-01", dataset="airports")

    assert files_in_force([other], CONTRACTS) == []


def test_a_dataset_without_months_is_taken_whole() -> None:
    airports = replace(entry("a", "1", dataset="airports"), curated_uris=("s3://c/curated/a/x",))
    contracts = [FLIGHTS, AIRPORTS]
    present = [
        *files_in_force([airports], contracts),
        *files("2013-01", "2013-02", "2013-03"),
    ]

    months = months_of(present, contracts)
    chosen = files_of_window(present, months, WINDOW, contracts)

    assert not is_by_month(AIRPORTS)
    assert set(months) == {"flights"}
    assert [(each.dataset, each.month) for each in chosen] == [
        ("airports", ""),
        ("flights", "2013-01"),
        ("flights", "2013-02"),
    ]


@pytest.mark.parametrize(
    ("flights", "weather", "holdout"),
    [
        (["2013-01", "2013-02", "2013-03"], ["2013-01", "2013-02", "2013-03"], "2013-02"),
        # Weather of March is still arriving, so nobody knows whether February's is all there.
        (["2013-01", "2013-02", "2013-03", "2013-04"], ["2013-02", "2013-03"], "2013-02"),
        (["2012-11", "2012-12", "2013-01"], ["2012-11", "2012-12", "2013-01"], "2012-12"),
    ],
)
def test_the_newest_complete_month_judges(
    flights: list[str], weather: list[str], holdout: str
) -> None:
    months = {"flights": frozenset(flights), "weather": frozenset(weather)}

    window = newest_window(months, "flights")

    assert window.holdout_months == (holdout,)
    assert window.train_from == flights[0]


@pytest.mark.parametrize(
    ("flights", "weather", "said"),
    [
        (["2013-01", "2013-02"], ["2013-01", "2013-02"], "flights has 2013-01 to 2013-02"),
        (["2013-01", "2013-02", "2013-03"], [], "weather has none"),
        ([], [], "flights has none"),
    ],
)
def test_too_little_data_is_told_with_what_there_is(
    flights: list[str], weather: list[str], said: str
) -> None:
    with pytest.raises(TooLittleDataError, match=said):
        newest_window({"flights": frozenset(flights), "weather": frozenset(weather)}, "flights")


def test_missing_months_are_all_named() -> None:
    window = Window(train_from="2013-01", holdout_from="2013-06", holdout_to="2013-07")
    present = files("2013-01", "2013-02", "2013-06") + files("2013-03", dataset="weather")

    with pytest.raises(PermanentError) as refused:
        files_of_window(present, months_of(present, CONTRACTS), window, CONTRACTS)

    assert refused.value.code == "missing-data"
    assert "flights lacks 2013-03 to 2013-05;" in refused.value.message
    assert "weather lacks 2013-01 to 2013-02, 2013-04 to 2013-06." in refused.value.message


def test_a_dataset_without_any_file_is_named() -> None:
    contracts = [FLIGHTS, AIRPORTS]
    present = files("2013-01", "2013-02")

    with pytest.raises(PermanentError, match="airports has no files"):
        files_of_window(present, months_of(present, contracts), WINDOW, contracts)
