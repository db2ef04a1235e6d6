"""Every constraint in the file is asked for, by rules that a fork can add to."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ml.monitor import job, rules
from ml.monitor.reading import SCORE
from ml.monitor.rules import RULES, Context
from ml.monitor.values import Numbers
from schemas.catalog import MODEL_INPUT
from schemas.constraints import (
    DISABLED,
    DISTRIBUTION,
    FEATURES,
    FLOOR,
    GREATER,
    LESS,
    MONITORING,
    OVERRIDES,
    PERFORM,
    PSI,
    QUALITY,
    SLICES,
    bound,
)
from schemas.findings import Concern, Summary, Violation
from tests.unit.ml.monitored import asked, baseline, labels, predictions

TRAINING = asked(6000, seed=1)
WINDOW = asked(3000, seed=2)


def watch(window: pd.DataFrame, people: Mapping[str, Any] | None = None) -> Summary:
    norm = baseline(TRAINING, people)
    return job.watch(norm, predictions(window), labels(window)).summary


def found(window: pd.DataFrame, people: Mapping[str, Any] | None = None) -> list[tuple[str, str]]:
    return [(each.constraint_check_type, each.feature_name)
            for each in watch(window, people).violations]  # fmt: skip


def of(column: str, **change: Any) -> dict[str, Any]:
    """Return a patch for one column."""
    return {FEATURES: {column: change}}


def test_a_window_like_the_baseline_violates_nothing() -> None:
    assert found(WINDOW) == []


def test_names_are_model_monitors() -> None:
    """What its documentation lists, but missing and extra columns, which contracts refuse."""
    assert {"data_type_check", "completeness_check", "baseline_drift_check",
            "categorical_values_check"} <= set(RULES)  # fmt: skip


def test_one_missing_value_of_a_complete_column_is_too_many() -> None:
    holed = WINDOW.assign(dest=WINDOW["dest"].mask(WINDOW.index == 7))
    assert found(holed) == [("completeness_check", "dest")]


def test_a_column_that_lacks_values_may_lack_a_few_more() -> None:
    """Seven of ten gusts are missing in the baseline."""
    few, many = (
        WINDOW.assign(wind_gust=WINDOW["wind_gust"].mask(WINDOW.index < rows))
        for rows in (100, 900)
    )
    assert found(few) == []
    assert ("completeness_check", "wind_gust") in found(many)
    assert found(few, of("wind_gust", completeness=0.35)) == [("completeness_check", "wind_gust")]
    nearly = few["wind_gust"].notna().mean() + 0.01
    assert found(few, of("wind_gust", completeness=nearly)) == []


def test_scores_that_are_none_are_missed() -> None:
    holed = WINDOW.assign(score=WINDOW[SCORE].mask(WINDOW.index == 7))
    assert found(holed) == [("completeness_check", SCORE)]
    impossible = WINDOW.assign(score=WINDOW[SCORE].where(WINDOW.index != 7, 1.5))
    assert found(impossible) == [("completeness_check", SCORE)]


def test_infinities_are_no_numbers() -> None:
    endless = WINDOW.assign(temp=WINDOW["temp"].where(WINDOW.index != 7, np.inf))
    assert found(endless) == [("data_type_check", "temp")]
    tolerant = {OVERRIDES: {"datatype_check_threshold": 0.99}}
    assert found(endless, of("temp", **tolerant)) == []


@pytest.mark.parametrize(
    ("column", "expected"), [("temp", "String"), ("temp", "Integral"), ("carrier", "Integral")]
)
def test_another_type_than_the_baselines_is_told(column: str, expected: str) -> None:
    assert ("data_type_check", column) in found(WINDOW, of(column, inferred_type=expected))


def test_whole_numbers_are_fractional_and_integral() -> None:
    for expected in ("Fractional", "Integral"):
        assert found(WINDOW, of("distance", inferred_type=expected)) == []


def test_a_column_that_was_never_negative_must_not_become_so() -> None:
    odd = WINDOW.assign(distance=WINDOW["distance"].where(WINDOW.index != 7, -3))
    assert found(odd) == [("non_negative_check", "distance")]
    cold = WINDOW.assign(dewp=WINDOW["dewp"].where(WINDOW.index != 7, -3))
    assert found(cold, of("dewp", num_constraints={"is_non_negative": False})) == []


def test_new_names_are_told_unless_few_are_tolerated() -> None:
    new = WINDOW.assign(carrier=WINDOW["carrier"].where(WINDOW.index != 7, "<script>"))
    (violation,) = watch(new).violations
    assert violation.constraint_check_type == "categorical_values_check"
    assert "<script>" in violation.description
    assert found(new, {MONITORING: {"domain_content_threshold": 0.99}}) == []


def test_drift_is_told_above_the_threshold_of_the_column() -> None:
    warm = WINDOW.assign(temp=WINDOW["temp"] + 20)
    summary = watch(warm)
    assert [(each.feature_name, each.concern) for each in summary.violations] == [
        ("temp", Concern.DRIFT)
    ]
    assert summary.drift["temp"].is_drifted
    assert found(warm, of("temp", **{OVERRIDES: {DISTRIBUTION: {PSI: 9.0}}})) == []
    assert found(warm, {MONITORING: {DISTRIBUTION: {PSI: 9.0}}}) == []


def test_columns_that_are_not_compared_are_shown_without_a_threshold() -> None:
    later = WINDOW.assign(year=2014, temp=WINDOW["temp"] + 20)
    silent = of("temp", **{OVERRIDES: {DISTRIBUTION: {PERFORM: DISABLED}}})
    summary = watch(later, silent)
    assert summary.violations == ()
    for name in ("year", "temp"):
        assert summary.drift[name].psi > 0.2
        assert summary.drift[name].threshold is None


def test_a_column_that_nobody_evaluates_is_asked_nothing() -> None:
    holed = WINDOW.assign(dest=WINDOW["dest"].mask(WINDOW.index < 2000))
    assert found(holed)
    assert found(holed, of("dest", **{OVERRIDES: {"evaluate_constraints": DISABLED}})) == []


def test_scores_that_move_are_told() -> None:
    timid = WINDOW.assign(score=WINDOW[SCORE] / 2)
    assert ("baseline_drift_check", SCORE) in found(timid)
    assert found(timid, {MONITORING: {DISTRIBUTION: {PERFORM: DISABLED}}}) == []


@pytest.mark.parametrize(
    ("constraints", "concern"), [(QUALITY, Concern.QUALITY), (FLOOR, Concern.FLOOR)]
)
def test_quality_is_bad_only_when_that_is_surer_than_chance(
    constraints: str, concern: Concern
) -> None:
    auc = watch(WINDOW).quality["auc"]
    within, beyond = (
        {constraints: {"auc": bound(limit, LESS)}} for limit in (auc.high - 1e-4, auc.high + 1e-4)
    )
    assert watch(WINDOW, within).of(concern) == []
    (violation,) = watch(WINDOW, beyond).of(concern)
    assert violation.feature_name == "auc"
    assert violation.constraint_check_type == (LESS if constraints == QUALITY else FLOOR)


def test_measures_that_must_be_small_have_the_other_end() -> None:
    loss = watch(WINDOW).quality["log_loss"]
    within, beyond = (
        {QUALITY: {"log_loss": bound(limit, GREATER)}}
        for limit in (loss.low + 1e-4, loss.low - 1e-4)
    )
    assert found(WINDOW, within) == []
    assert found(WINDOW, beyond) == [(GREATER, "log_loss")]


def test_a_slice_that_is_served_worse_is_told_as_drift() -> None:
    is_worse = (WINDOW["carrier"] == "DL") & (WINDOW.index % 2 == 0)
    worse = WINDOW.assign(example_label=WINDOW["example_label"] ^ is_worse)
    limits = {SLICES: {"carrier": {"accuracy_difference": bound(0.1, GREATER)}}}
    (violation,) = watch(worse, limits).violations
    assert violation.feature_name == "carrier=DL"
    assert violation.constraint_check_type == "bias_drift_check"
    assert violation.concern is Concern.DRIFT
    assert found(WINDOW, limits) == []


def test_with_too_few_labels_quality_is_asked_nothing() -> None:
    few = WINDOW.head(3)
    limits = {QUALITY: {"auc": bound(1.0, LESS)}, FLOOR: {"auc": bound(1.0, LESS)},
              SLICES: {"carrier": {"disparate_impact": bound(9.0, LESS)}}}  # fmt: skip
    norm = baseline(TRAINING, limits)
    summary = job.watch(norm, predictions(WINDOW), labels(few)).summary
    assert (summary.labelled, summary.has_quality, summary.slices) == (3, False, {})
    assert summary.violations == ()


def test_a_fork_adds_a_function_and_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    def far_flights(context: Context) -> Iterator[Violation]:
        distance = context.columns["distance"]
        if isinstance(distance, Numbers) and distance.ordered[-1] > 2000:
            yield context.violation("distance", "too far", concern=Concern.QUALITY)

    monkeypatch.setattr(rules, "RULES", {**RULES, "far_flights": far_flights})
    assert watch(WINDOW).violations == (
        Violation(
            feature_name="distance",
            constraint_check_type="far_flights",
            description="too far",
            concern=Concern.QUALITY,
        ),
    )


def test_rules_see_what_was_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Context] = []

    def look(context: Context) -> Iterator[Violation]:
        seen.append(context)
        return iter(())

    monkeypatch.setattr(rules, "RULES", {"look": look})
    watch(WINDOW)
    (context,) = seen
    assert set(context.columns) == {*MODEL_INPUT.column_names, SCORE}
    assert context.predictions["carrier"].to_pylist() == WINDOW["carrier"].tolist()
