"""A run, from files to files; whatever the window holds, its outcome is defined."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from ml.errors import UserError
from ml.monitor import job, report
from ml.monitor.reading import SCORE, Baseline
from ml.records import LABEL
from schemas.constraints import FLOOR, LESS, bound
from schemas.findings import Concern, Summary
from schemas.monitoring import REPORT_FILE, STATISTICS_FILE, SUMMARY_FILE, VIOLATIONS_FILE
from tests.unit.ml.monitored import (
    NOON,
    OTHER_ARN,
    asked,
    baseline,
    labels,
    predictions,
    write_baseline,
    write_predictions,
)
from tests.unit.ml.synthetic import a_flight, write_rows

TRAINING = asked(5000, seed=1)
WINDOW = asked(2000, seed=2)
NORM = baseline(TRAINING)


def write_labels(frame: pd.DataFrame, folder: Path) -> None:
    """Write the flights that were asked about, as ingestion curates them."""
    delays = np.where(frame[LABEL], 60, 0).tolist()
    names = ["year", "month", "day", "carrier", "flight", "origin", "dest", "distance"]
    for month, rows in frame.assign(arr_delay=delays).groupby("month"):
        flights = [a_flight(**each) for each in rows[[*names, "arr_delay"]].to_dict("records")]
        write_rows(folder / "curated", "flights", flights, stem=f"m{month}")


def ran(tmp_path: Path, *tables: pa.Table, norm: Baseline = NORM) -> Summary:
    """Run the job on files; predictions of `WINDOW` have outcomes."""
    folder = write_predictions(tables, tmp_path / "data")
    write_labels(WINDOW, folder)
    job.run(folder, write_baseline(norm, tmp_path / "baseline"), tmp_path / "found")
    return Summary.from_text((tmp_path / "found" / SUMMARY_FILE).read_text())


def watched(frame: pd.DataFrame, known: pd.DataFrame, norm: Baseline = NORM) -> Summary:
    """Watch without files, and check that the outcome can be written."""
    found = job.watch(norm, predictions(frame), labels(known))
    json.dumps(found.statistics, allow_nan=False)
    assert Summary.from_text(found.summary.to_text()) == found.summary
    return found.summary


def test_a_quiet_day(tmp_path: Path) -> None:
    summary = ran(tmp_path, predictions(WINDOW))
    assert (summary.predictions, summary.judged, summary.labelled) == (2000, 2000, 2000)
    assert summary.violations == ()
    assert set(summary.quality) == {"auc", "log_loss", "brier", "calibration_error"}
    assert set(summary.slices) == {"carrier", "origin"}
    assert summary.prediction_drift is not None
    assert summary.prediction_drift.psi < 0.05
    html = (tmp_path / "found" / REPORT_FILE).read_text()
    assert "Nothing has moved beyond its threshold." in html
    assert html.count("<svg") == 5
    documents = {name: json.loads((tmp_path / "found" / name).read_text())
                 for name in (STATISTICS_FILE, VIOLATIONS_FILE)}  # fmt: skip
    assert documents[STATISTICS_FILE]["dataset"] == {"item_count": 2000}
    assert documents[VIOLATIONS_FILE] == {"violations": []}


def test_violations_are_in_model_monitors_format_with_their_concern(tmp_path: Path) -> None:
    summary = ran(tmp_path, predictions(WINDOW.assign(temp=WINDOW["temp"] + 20)))
    document = json.loads((tmp_path / "found" / VIOLATIONS_FILE).read_text())
    (violation,) = document["violations"]
    assert violation["feature_name"] == "temp"
    assert violation["constraint_check_type"] == "baseline_drift_check"
    assert violation["concern"] == "drift"
    assert [each.description for each in summary.violations] == [violation["description"]]


def test_the_same_window_gives_the_same_files(tmp_path: Path) -> None:
    for name in ("one", "other"):
        ran(tmp_path / name, predictions(WINDOW.head(1000)), predictions(WINDOW.tail(1000)))
    for path in (tmp_path / "one" / "found").iterdir():
        assert path.read_bytes() == (tmp_path / "other" / "found" / path.name).read_bytes()


def test_only_predictions_of_the_window_count(tmp_path: Path) -> None:
    early, late = (predictions(WINDOW.head(40), moment=NOON.normalize() + pd.Timedelta(hours=hours))
                   for hours in (-1, 24))  # fmt: skip
    first = predictions(WINDOW.head(3), moment=NOON.normalize())
    assert ran(tmp_path, early, first, late).predictions == 3


def test_drift_is_of_everything_and_quality_of_the_champion(tmp_path: Path) -> None:
    half = WINDOW.head(1000)
    theirs = WINDOW.tail(1000).assign(score=1 - WINDOW[SCORE], temp=WINDOW["temp"] + 40)
    summary = ran(tmp_path, predictions(half), predictions(theirs, OTHER_ARN))
    assert (summary.predictions, summary.judged, summary.labelled) == (2000, 1000, 1000)
    assert [each.feature_name for each in summary.violations] == ["temp"]
    assert summary.quality["auc"].low > 0.6


def test_a_request_column_that_older_predictions_lack_is_missing_there(tmp_path: Path) -> None:
    older = predictions(WINDOW.head(500)).drop_columns(["visib"])
    summary = ran(tmp_path, older, predictions(WINDOW.tail(500)))
    assert summary.drift["visib"].missing == 0.5
    assert ("visib", "completeness_check") in {
        (each.feature_name, each.constraint_check_type) for each in summary.violations
    }


def test_a_column_that_the_baseline_does_not_know_has_no_drift() -> None:
    known = {name: each for name, each in NORM.statistics.items() if name != "visib"}
    assert "visib" not in watched(WINDOW, WINDOW, replace(NORM, statistics=known)).drift


def test_predictions_of_another_type_are_refused(tmp_path: Path) -> None:
    odd = predictions(WINDOW.head(5)).drop_columns(["temp"])
    odd = odd.append_column("temp", pa.array(["warm"] * 5))
    with pytest.raises(UserError, match="predictions do not fit the contract"):
        ran(tmp_path, odd)


@pytest.mark.parametrize("name", ["request.json", "statistics.json", "constraints.json"])
def test_a_missing_baseline_file_is_named(tmp_path: Path, name: str) -> None:
    folder = write_baseline(NORM, tmp_path / "baseline")
    (folder / name).unlink()
    with pytest.raises(UserError, match=f"there is no {name}"):
        job.run(tmp_path, folder, tmp_path / "found")


def test_a_folder_without_anything_is_a_window_without_predictions(tmp_path: Path) -> None:
    job.run(tmp_path / "data", write_baseline(NORM, tmp_path / "norm"), tmp_path / "found")
    summary = Summary.from_text((tmp_path / "found" / SUMMARY_FILE).read_text())
    assert (summary.predictions, summary.violations, summary.quality) == (0, (), {})
    assert "There were no predictions" in (tmp_path / "found" / REPORT_FILE).read_text()


def test_an_old_baseline_without_scores_and_evaluation_will_do(tmp_path: Path) -> None:
    summary = ran(tmp_path, predictions(WINDOW), norm=replace(NORM, scores=None, evaluation=None))
    assert summary.prediction_drift is None
    assert summary.quality["auc"].baseline is None
    shares = [each.positive_share for each in summary.slices["origin"].values()]
    assert all(abs(share - WINDOW[LABEL].mean()) < 0.05 for share in shares)


def test_yes_is_as_frequent_as_the_truth_on_the_holdout() -> None:
    found = watched(WINDOW, WINDOW).slices["origin"].values()
    share = sum(each.positive_share * each.rows for each in found) / len(WINDOW)
    assert share == pytest.approx(TRAINING[LABEL].mean(), abs=0.03)


@pytest.mark.parametrize("rows", [0, 1, 99, 100])
def test_quality_needs_enough_labels(rows: int) -> None:
    summary = watched(WINDOW, WINDOW.head(rows))
    assert summary.labelled == rows
    assert summary.has_quality == (rows >= 100)
    assert summary.metrics().keys() >= {"PredictionsMonitored", "PredictionsLabelled"}


def asked_again(times: int, rows: int) -> pd.DataFrame:
    """Return so many rows of `WINDOW`, asked about so many times, all but the last time answered
    with the opposite."""
    first = WINDOW.head(rows).assign(score=1 - WINDOW[SCORE])
    return pd.concat([*[first] * (times - 1), WINDOW.head(rows)], ignore_index=True)


def test_whoever_asks_again_brings_no_other_outcome() -> None:
    once, again = watched(WINDOW, WINDOW), watched(asked_again(3, 2000), WINDOW)
    assert (again.predictions, again.judged, again.labelled) == (6000, 6000, 2000)
    assert (again.quality, again.slices) == (once.quality, once.slices)
    assert again.prediction_drift is not None
    assert again.prediction_drift.is_drifted


def test_few_outcomes_are_few_however_often_they_are_asked_about() -> None:
    summary = watched(asked_again(20, 50), WINDOW)
    assert (summary.judged, summary.labelled, summary.has_quality) == (1000, 50, False)


def test_the_last_answer_is_that_of_the_latest_moment(tmp_path: Path) -> None:
    early, late = NOON, NOON + pd.Timedelta(minutes=1)
    wrong = WINDOW.assign(score=1 - WINDOW[SCORE])
    summary = ran(tmp_path, predictions(WINDOW, moment=late), predictions(wrong, moment=early))
    assert summary.labelled == 2000
    assert summary.quality["auc"].low > 0.6


def test_an_answer_that_is_none_does_not_take_the_place_of_one() -> None:
    again = asked_again(2, 2000)
    again.loc[2000:2009, SCORE] = np.nan
    assert watched(again, WINDOW).labelled == 2000


def test_too_few_labels_of_a_kind_are_told_beside_what_is_known(tmp_path: Path) -> None:
    late = WINDOW.index[WINDOW[LABEL]][:19]
    rare = WINDOW[~WINDOW[LABEL] | WINDOW.index.isin(late)]
    limits = {FLOOR: {"auc": bound(1.0, LESS)}}
    summary = ran(tmp_path, predictions(rare), norm=baseline(TRAINING, limits))
    assert summary.labelled == len(rare)
    assert set(summary.quality) == {"log_loss", "brier", "calibration_error"}
    assert summary.of(Concern.FLOOR) == []
    html = (tmp_path / "found" / REPORT_FILE).read_text()
    assert "AUC is not judged: that takes 20 known outcomes that are true, and 20 that are" in html


def test_one_label_is_too_few_whatever_is_asked_for() -> None:
    eager = replace(NORM, request=replace(NORM.request, min_labels=0))
    for rows in (0, 1):
        assert not watched(WINDOW, WINDOW.head(rows), eager).has_quality
    assert watched(WINDOW, WINDOW.head(2), eager).has_quality


@pytest.mark.parametrize("label", [True, False])
def test_labels_that_are_all_equal_have_no_auc_and_no_violation_of_it(label: bool) -> None:
    limits = {"champion_floor": {"auc": {"threshold": 0.9, "comparison_operator":
                                         "LessThanThreshold"}}}  # fmt: skip
    alike = WINDOW.assign(**{LABEL: label})
    summary = watched(alike, alike, baseline(TRAINING, limits))
    assert "auc" not in summary.quality
    assert summary.of(Concern.FLOOR) == []


def test_scores_that_are_no_probabilities_are_not_judged() -> None:
    odd = WINDOW.assign(score=np.where(WINDOW.index < 500, np.nan, WINDOW[SCORE]))
    odd.loc[500:509, SCORE] = [np.nan, np.inf, -np.inf, -0.1, 1.1] * 2
    summary = watched(odd, WINDOW)
    assert (summary.judged, summary.labelled) == (2000, 1490)
    assert summary.prediction_drift is not None
    assert summary.prediction_drift.missing == pytest.approx(510 / 2000)
    assert summary.prediction_drift.is_drifted


@pytest.mark.parametrize("value", [np.nan, np.inf, 0.0])
def test_a_column_of_one_value_is_defined(value: float) -> None:
    assert watched(WINDOW.assign(temp=value), WINDOW).drift["temp"].is_drifted


def test_an_unknown_flight_has_no_label() -> None:
    assert watched(WINDOW, asked(50, seed=3).assign(year=2012)).labelled == 0


HOSTILE = ["<script>alert(1)</script>", "$\\frac$", "a -- --> b", "\"&'", ""]


def test_hostile_names_are_escaped(tmp_path: Path) -> None:
    carriers = np.where(WINDOW.index % 3 == 0, np.array(HOSTILE)[WINDOW.index % 5], "AA")
    hostile = WINDOW.assign(carrier=carriers, dest=carriers)
    folder = write_predictions([predictions(hostile)], tmp_path / "data")
    job.run(folder, write_baseline(NORM, tmp_path / "norm"), tmp_path / "found")
    found = job.watch(NORM, predictions(hostile), labels(hostile))
    assert set(HOSTILE) < set(found.summary.slices["carrier"])
    html = (tmp_path / "found" / REPORT_FILE).read_text()
    html += report.page(found.summary, NORM, None, ()).html()
    assert "&lt;script&gt;" in html
    assert "<script" not in html
    assert "-- -->" not in html
