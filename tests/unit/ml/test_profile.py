"""Baselines are in Model Monitor's documented formats."""

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ml import profile, records
from ml.preprocess import read_examples
from schemas.catalog import MODEL_INPUT
from schemas.columns import Column, ColumnType
from schemas.windows import Window


@pytest.fixture(scope="module")
def baseline(
    snapshot: Path, window: Window, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Any]:
    output = tmp_path_factory.mktemp("baseline")
    profile.run(snapshot, window, output)
    return {path.stem: json.loads(path.read_text()) for path in output.iterdir()}


@pytest.fixture(scope="module")
def training(snapshot: Path, window: Window) -> pd.DataFrame:
    found = read_examples(snapshot, window)
    return found[records.months(found).isin(window.training_months)]


def feature(document: dict[str, Any], name: str) -> dict[str, Any]:
    (found,) = [each for each in document["features"] if each["name"] == name]
    return dict(found)


def test_it_covers_every_column_of_a_request_and_nothing_else(baseline: dict[str, Any]) -> None:
    assert set(baseline) == {"statistics", "constraints"}
    for document in baseline.values():
        assert document["version"] == 0
        assert [each["name"] for each in document["features"]] == list(MODEL_INPUT.column_names)


def test_it_counts_training_records_labelled_or_not(
    baseline: dict[str, Any], training: pd.DataFrame
) -> None:
    assert training[records.LABEL].isna().any()
    assert baseline["statistics"]["dataset"] == {"item_count": len(training)}


def test_numbers(baseline: dict[str, Any], training: pd.DataFrame) -> None:
    found = feature(baseline["statistics"], "temp")
    assert found["inferred_type"] == "Fractional"
    assert set(found) == {"name", "inferred_type", "numerical_statistics"}
    statistics = found["numerical_statistics"]
    temperature = training["temp"]
    assert statistics["common"] == {"num_present": len(training), "num_missing": 0}
    assert statistics["mean"] == pytest.approx(temperature.mean())
    assert statistics["sum"] == pytest.approx(temperature.sum())
    assert statistics["std_dev"] == pytest.approx(temperature.std(ddof=0))
    assert (statistics["min"], statistics["max"]) == (temperature.min(), temperature.max())
    buckets = statistics["distribution"]["kll"]["buckets"]
    assert len(buckets) == 10
    # Equally many, but that no value is split.
    assert all(abs(each["count"] - len(training) / 10) < 10 for each in buckets)
    assert sum(each["count"] for each in buckets) == len(training)
    assert (buckets[0]["lower_bound"], buckets[-1]["upper_bound"]) == (
        temperature.min(), temperature.max()
    )  # fmt: skip
    for one, next_one in zip(buckets, buckets[1:], strict=False):
        assert one["upper_bound"] == next_one["lower_bound"]


def test_a_value_that_many_rows_have_is_a_bucket_of_its_own(
    baseline: dict[str, Any], training: pd.DataFrame
) -> None:
    distribution = feature(baseline["statistics"], "precip")["numerical_statistics"]["distribution"]
    points = [each for each in distribution["kll"]["buckets"]
              if each["lower_bound"] == each["upper_bound"]]  # fmt: skip
    assert points == [
        {"lower_bound": 0.0, "upper_bound": 0.0, "count": int((training["precip"] == 0).sum())}
    ]


def test_numbers_have_a_sketch_in_model_monitors_form(
    baseline: dict[str, Any], training: pd.DataFrame
) -> None:
    statistics = feature(baseline["statistics"], "temp")["numerical_statistics"]
    sketch = statistics["distribution"]["kll"]["sketch"]
    assert sketch["parameters"] == {"c": 0.64, "k": 2048.0}
    (level,) = sketch["data"]
    assert len(level) == min(2048, len(training))
    assert level == sorted(level)
    assert set(level) <= set(training["temp"])


def test_the_same_data_have_the_same_baseline(training: pd.DataFrame) -> None:
    some = training.head(200).assign(dest=[f"D{index}" for index in range(200)])
    shuffled = some.sample(frac=1, random_state=1)
    one, other = (json.dumps(profile.statistics(each)) for each in (some, shuffled))
    assert one == other


def test_scores_are_a_document_with_one_feature() -> None:
    scores = np.linspace(0, 1, 101)
    document = profile.of_scores(scores)
    assert document["dataset"] == {"item_count": 101}
    (found,) = document["features"]
    assert (found["name"], found["inferred_type"]) == ("score", "Fractional")
    assert found["numerical_statistics"]["mean"] == pytest.approx(0.5)


def test_infinities_and_a_lack_of_values_have_statistics() -> None:
    odd = np.array([np.inf, -np.inf, np.nan, 1.0, 3.0])
    (found,) = profile.of_scores(odd)["features"]
    statistics = found["numerical_statistics"]
    assert statistics["common"] == {"num_present": 4, "num_missing": 1}
    assert (statistics["min"], statistics["mean"], statistics["max"]) == (1, 2, 3)
    json.dumps(profile.of_scores(odd[:3]), allow_nan=False)


def test_a_column_that_lacks_values_may_lack_a_few_more(
    baseline: dict[str, Any], training: pd.DataFrame
) -> None:
    share = training["wind_dir"].notna().mean()
    assert 0.5 < share < 1
    found = feature(baseline["constraints"], "wind_dir")["completeness"]
    assert found == pytest.approx(share - 0.05, abs=1e-6)


def test_whole_numbers_are_integral_even_if_some_are_missing(
    baseline: dict[str, Any], training: pd.DataFrame
) -> None:
    assert training["wind_dir"].isna().any()
    for name in ("distance", "wind_dir"):
        assert feature(baseline["statistics"], name)["inferred_type"] == "Integral"


def test_texts(baseline: dict[str, Any], training: pd.DataFrame) -> None:
    found = feature(baseline["statistics"], "carrier")
    assert found["inferred_type"] == "String"
    statistics = found["string_statistics"]
    counts = training["carrier"].value_counts().to_dict()
    buckets = statistics["distribution"]["categorical"]["buckets"]
    assert {each["value"]: each["count"] for each in buckets} == counts
    assert statistics["distinct_count"] == len(counts)


def test_constraints(baseline: dict[str, Any], training: pd.DataFrame) -> None:
    document = baseline["constraints"]
    assert feature(document, "carrier") == {
        "name": "carrier",
        "inferred_type": "String",
        "completeness": 1.0,
        "string_constraints": {"domains": sorted(training["carrier"].unique())},
    }
    assert feature(document, "distance")["num_constraints"] == {"is_non_negative": True}
    assert feature(document, "temp")["num_constraints"] == {
        "is_non_negative": bool((training["temp"] >= 0).all())
    }
    monitoring = document["monitoring_config"]
    assert monitoring["evaluate_constraints"] == "Enabled"
    assert monitoring["distribution_constraints"]["comparison_threshold"] == 0.1


def test_a_column_without_values_has_no_range(baseline: dict[str, Any]) -> None:
    statistics = feature(baseline["statistics"], "wind_gust")["numerical_statistics"]
    assert statistics["common"]["num_present"] == 0
    assert "mean" not in statistics
    assert feature(baseline["constraints"], "wind_gust")["completeness"] == 0.0


def test_a_text_of_many_values_has_no_domain(training: pd.DataFrame) -> None:
    many = training.head(60).assign(dest=[f"D{index}" for index in range(60)])
    assert "string_constraints" not in feature(profile.constraints(many), "dest")


@pytest.mark.parametrize("type_", [ColumnType.DATE, ColumnType.TIMESTAMP])
def test_moments_are_counted_and_not_listed(
    monkeypatch: pytest.MonkeyPatch, type_: ColumnType
) -> None:
    asked_at = Column(name="asked_at", type=type_, nullable=True)
    contract = replace(MODEL_INPUT, columns=(*MODEL_INPUT.columns, asked_at))
    monkeypatch.setattr(profile, "MODEL_INPUT", contract)
    days = pd.to_datetime(["2013-01-01", "2013-01-02", "2013-01-01", None])
    few = pd.DataFrame({name: [1] * 4 for name in MODEL_INPUT.column_names}).assign(asked_at=days)
    assert feature(profile.statistics(few), "asked_at") == {
        "name": "asked_at",
        "inferred_type": "String",
        "string_statistics": {
            "common": {"num_present": 3, "num_missing": 1}, "distinct_count": 2
        },
    }  # fmt: skip
    assert feature(profile.constraints(few), "asked_at") == {
        "name": "asked_at", "inferred_type": "String", "completeness": 0.7
    }  # fmt: skip


def test_no_number_is_beyond_json(baseline: dict[str, Any]) -> None:
    def numbers(value: Any) -> list[float]:
        if isinstance(value, dict):
            value = list(value.values())
        if isinstance(value, list):
            return [number for each in value for number in numbers(each)]
        return [value] if isinstance(value, int | float) else []

    assert all(math.isfinite(number) for number in numbers(baseline))
