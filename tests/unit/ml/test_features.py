"""The same record gives the same features wherever it comes from, and only what is known counts."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from ml import inference, records
from ml.answers import CSV, JSON_LINES
from ml.data import read_tables
from ml.encoding import Encoding
from ml.features import CATEGORIES, examples, features, labels
from ml.train import Trained
from schemas.catalog import MODEL_DATASETS, MODEL_INPUT
from schemas.weather import WEATHER
from tests.unit.ml.samples import a_request, json_lines
from tests.unit.ml.synthetic import a_flight, write_rows

KNOWN_ONLY_LATER = {
    "dep_time": st.none() | st.integers(0, 2400),
    "dep_delay": st.none() | st.integers(-120, 2880),
    "arr_time": st.none() | st.integers(0, 2400),
    "arr_delay": st.none() | st.integers(-180, 2880),
    "air_time": st.none() | st.integers(1, 1200),
    "tailnum": st.none() | st.text(max_size=6),
}
HOUR = datetime(2013, 1, 1, 14, tzinfo=UTC)


def a_reading(**changes: Any) -> dict[str, Any]:
    row = dict.fromkeys(WEATHER.column_names) | {
        "origin": "EWR", "year": 2013, "month": 1, "day": 1, "hour": 9, "time_hour": HOUR,
        "temp": 39.0, "precip": 0.2,
    }  # fmt: skip
    return row | changes


def the_example(flight: dict[str, Any], *readings: dict[str, Any]) -> pd.Series:
    tables = {
        "flights": pd.DataFrame([flight]),
        "weather": pd.DataFrame(readings or [a_reading(origin="LGA")]),
    }
    found = examples(tables)
    assert len(found) == 1
    return found.iloc[0]


def test_the_main_dataset_alone_tells_the_labels_of_training(snapshot: Path) -> None:
    tables = read_tables(snapshot, MODEL_DATASETS, ["2013-01", "2013-02"])
    expected = examples(tables)[[*MODEL_INPUT.primary_key, records.LABEL]]
    assert expected[records.LABEL].isna().any()
    assert_frame_equal(labels(tables["flights"]), expected)


@pytest.mark.parametrize("rows", [1, 500])
def test_training_and_requests_give_identical_matrices(
    holdout: pd.DataFrame, trained: Trained, rows: int
) -> None:
    some = holdout.head(rows)
    requests = [dict(each) for each in records.to_requests(some)]
    lines = json_lines(*requests)
    table = "".join(
        ",".join("" if value is None else str(value) for value in each.values()) + "\n"
        for each in requests
    )
    encoding = trained.model.encoding
    expected = encoding.matrix(features(some)).tobytes()
    for body, kind in ((lines, JSON_LINES), (table, CSV)):
        received = inference.input_fn(body, kind)
        assert isinstance(received, pd.DataFrame)
        assert_frame_equal(received, some[list(MODEL_INPUT.column_names)], check_exact=True)
        assert encoding.matrix(features(received)).tobytes() == expected


@settings(deadline=None)
@given(later=st.fixed_dictionaries({}, optional=KNOWN_ONLY_LATER))
def test_nothing_known_only_after_departure_reaches_features(later: dict[str, Any]) -> None:
    before = the_example(a_flight(), a_reading())
    after = the_example(a_flight(**later), a_reading())
    names = list(MODEL_INPUT.column_names)
    assert_frame_equal(features(before[names].to_frame().T), features(after[names].to_frame().T))


@pytest.mark.parametrize("column", [each.name for each in MODEL_INPUT.columns if each.nullable])
def test_types_do_not_depend_on_whether_values_are_missing(column: str) -> None:
    def received(request: dict[str, Any]) -> pd.DataFrame:
        found = inference.input_fn(json_lines(request), JSON_LINES)
        assert isinstance(found, pd.DataFrame)
        return found

    present, absent = received(a_request(wind_gust=20.0)), received(a_request(**{column: None}))
    assert present.dtypes.equals(absent.dtypes)
    assert absent[column].isna().all()


def test_features_need_no_other_column_than_a_request_has(holdout: pd.DataFrame) -> None:
    only = holdout[list(MODEL_INPUT.column_names)]
    assert_frame_equal(features(only), features(holdout))


@pytest.mark.parametrize(("delay", "label"), [(16, True), (15, False), (-20, False), (None, None)])
def test_a_flight_is_late_by_more_than_fifteen_minutes(
    delay: int | None, label: bool | None
) -> None:
    found = the_example(a_flight(arr_delay=delay))[records.LABEL]
    assert (None if pd.isna(found) else bool(found)) is label


def test_the_weather_is_that_of_the_airport_in_the_hour_of_departure() -> None:
    later = datetime(2013, 1, 1, 15, tzinfo=UTC)
    found = the_example(
        a_flight(), a_reading(), a_reading(time_hour=later, temp=1.0), a_reading(origin="JFK")
    )
    assert (found["temp"], found["precip"]) == (39.0, 0.2)


def test_a_flight_without_weather_is_kept_without_it() -> None:
    assert pd.isna(the_example(a_flight())["temp"])


def test_missing_weather_in_a_file_is_missing_in_the_matrix(tmp_path: Path) -> None:
    write_rows(tmp_path, "flights", [a_flight()])
    write_rows(tmp_path, "weather", [a_reading(origin="LGA")])
    found = examples(read_tables(tmp_path, MODEL_DATASETS, ["2013-01"]))
    assert features(found)[["temp", "wind_dir", "precip"]].isna().all(axis=None)
    assert (features(found).dtypes[["temp", "wind_dir"]] == "float64").all()


def test_unknown_and_absent_categories_are_missing_values() -> None:
    known = pd.DataFrame({"carrier": ["UA", "AA"], "origin": ["EWR"] * 2, "dest": ["IAH", None]})
    encoding = Encoding.fit(known, CATEGORIES)
    new = pd.DataFrame({"carrier": ["UA", "HA"], "origin": ["EWR"] * 2, "dest": [None, "IAH"]})
    matrix = pd.DataFrame(encoding.matrix(new), columns=encoding.names)
    assert matrix["carrier"].isna().tolist() == [False, True]
    assert matrix["dest"].isna().tolist() == [True, False]
    assert encoding.vocabularies["carrier"] == ("AA", "UA")


def test_a_request_with_an_impossible_date_is_scored_without_weekday(trained: Trained) -> None:
    received = inference.input_fn(json_lines(a_request(month=2, day=30)), JSON_LINES)
    assert isinstance(received, pd.DataFrame)
    assert features(received)["weekday"].isna().all()
    assert 0 < trained.model.predict(received)[0] < 1
