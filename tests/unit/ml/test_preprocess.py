"""Splits are by time, and data that cannot be trained on are refused."""

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml import data, records
from ml.errors import UserError
from ml.preprocess import VALIDATION_DAYS, read_examples, run, split_by_time
from schemas.catalog import MODEL_INPUT
from schemas.windows import Window, month_name, month_number
from tests.unit.ml.samples import WINDOW
from tests.unit.ml.synthetic import a_flight, write_rows, write_snapshot

START = month_number("2012-11")


@st.composite
def windows(draw: st.DrawFn) -> Window:
    start = START + draw(st.integers(0, 3))
    middle = start + draw(st.integers(1, 4))
    end = middle + draw(st.integers(1, 3))
    return Window(
        train_from=month_name(start), holdout_from=month_name(middle), holdout_to=month_name(end)
    )


@settings(deadline=None)
@given(window=windows(), every=st.integers(1, 40), unlabelled=st.sets(st.integers(0, 400)))
def test_parts_are_disjoint_and_follow_each_other(
    window: Window, every: int, unlabelled: set[int]
) -> None:
    days = pd.date_range("2012-11-01", "2013-10-31", freq=f"{every}D")
    found = pd.DataFrame({records.DATE: days})
    found[records.LABEL] = pd.array(
        [None if index in unlabelled else index % 2 == 0 for index in range(len(days))], "boolean"
    )
    labelled = found[found[records.LABEL].notna()]
    months = records.months(labelled)
    training = labelled[months.isin(window.training_months)]
    if training[records.DATE].nunique() < 2:
        return
    split = split_by_time(found, window)
    assert len(split.train) + len(split.validation) == len(training)
    assert len(split.holdout) == months.isin(window.holdout_months).sum()
    assert split.train[records.DATE].max() < split.validation[records.DATE].min()
    later = split.validation[split.validation[records.DATE] > split.validation[records.DATE].min()]
    days = split.validation[records.DATE].nunique()
    assert days <= VALIDATION_DAYS or later[records.LABEL].nunique() == 1
    assert days <= max(1, training[records.DATE].nunique() // 4)
    if len(split.holdout):
        assert split.validation[records.DATE].max() < split.holdout[records.DATE].min()


@pytest.mark.parametrize(
    ("days_since_the_last_true_one", "validation_days"), [(0, 7), (6, 7), (9, 10), (30, 22)]
)
def test_validation_has_both_answers_where_a_quarter_of_the_days_allows_it(
    days_since_the_last_true_one: int, validation_days: int
) -> None:
    days = pd.date_range("2013-01-01", "2013-03-31")
    is_true = days == days[-1 - days_since_the_last_true_one]
    found = pd.DataFrame({records.DATE: days, records.LABEL: pd.array(is_true, "boolean")})
    split = split_by_time(
        found, Window(train_from="2013-01", holdout_from="2013-04", holdout_to="2013-05")
    )
    assert split.validation[records.DATE].nunique() == validation_days


def test_files_hold_the_columns_of_a_request_the_label_and_the_day(prepared: Path) -> None:
    for part in ("train", "validation", "holdout"):
        found = records.read(prepared / part)
        assert list(found.columns) == [*MODEL_INPUT.column_names, records.LABEL, records.DATE]
        assert found[records.LABEL].dtype == bool


def test_the_summary_counts_what_the_files_hold(snapshot: Path, prepared: Path) -> None:
    summary = json.loads((prepared / "summary" / "summary.json").read_text())
    parts = {name: records.read(prepared / name) for name in summary["rows"]}
    assert summary["rows"] == {name: len(part) for name, part in parts.items()}
    assert summary["window"] == WINDOW.to_json()
    assert summary["data_sha256"] == data.data_sha256(snapshot)
    assert sum(summary["months"].values()) == sum(summary["rows"].values()) + summary["unlabelled"]
    assert summary["unlabelled"] > 0
    assert summary["label_share"]["train"] == pytest.approx(
        parts["train"][records.LABEL].mean(), abs=1e-6
    )


def test_the_same_snapshot_gives_the_same_bytes(
    snapshot: Path, prepared: Path, tmp_path: Path
) -> None:
    run(snapshot, WINDOW, tmp_path)
    for path in (path for path in prepared.rglob("*") if path.is_file()):
        assert (tmp_path / path.relative_to(prepared)).read_bytes() == path.read_bytes()


def flights(delay: Any, *, days: int = 28) -> list[dict[str, Any]]:
    return [
        a_flight(month=month, day=day, flight=flight, arr_delay=delay(flight))
        for month in (1, 2, 3)
        for day in range(1, days + 1)
        for flight in (1, 2)
    ]


def write_flights(folder: Path, rows: list[dict[str, Any]]) -> Path:
    write_snapshot(folder, WINDOW.months, flights_per_day=1)
    for month in (1, 2, 3):
        write_rows(folder, "flights", [row for row in rows if row["month"] == month])
    return folder


def test_a_month_whose_flights_were_all_cancelled_is_named(tmp_path: Path) -> None:
    rows = flights(lambda flight: 60 * flight - 60)
    cancelled = [row | {"arr_delay": None} if row["month"] == 2 else row for row in rows]
    with pytest.raises(UserError, match="no labelled examples of 2013-02; ingest"):
        read_examples(write_flights(tmp_path, cancelled), WINDOW)


@pytest.mark.parametrize(("delay", "share"), [(60, "100.00%"), (0, "0.00%")])
def test_labels_that_are_all_equal_are_refused(tmp_path: Path, delay: int, share: str) -> None:
    folder = write_flights(tmp_path, flights(lambda _: delay))
    with pytest.raises(UserError, match=f"{share} of the 112 training labels are true"):
        read_examples(folder, WINDOW)


def test_a_single_day_of_training_is_refused(tmp_path: Path) -> None:
    rows = flights(lambda flight: 60 * flight - 60, days=1)
    folder = write_flights(tmp_path, rows)
    window = Window(train_from="2013-01", holdout_from="2013-02", holdout_to="2013-03")
    with pytest.raises(UserError, match="all 2 training examples are of one day"):
        read_examples(folder, window)
