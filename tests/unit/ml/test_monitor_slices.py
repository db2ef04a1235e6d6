"""Slices are measured as SageMaker Clarify measures facets."""

from collections import Counter

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, roc_auc_score

from ml.monitor import slices
from ml.monitor.quality import Judged

CARRIERS = ["AA", "B6", "DL"]


def drawn(rows: int = 3000, seed: int = 1, **bias: float) -> Judged:
    """Return outcomes that are likelier than said on the rows of some carriers."""
    chance = np.random.default_rng(seed)
    carriers = chance.choice(CARRIERS, rows).astype(object)
    scores = chance.uniform(0, 0.8, rows)
    likelier = np.array([bias.get(each, 0.0) for each in carriers])
    return Judged(
        labels=chance.random(rows) < scores + likelier,
        scores=scores,
        slices={"carrier": carriers},
    )


def test_measures_are_clarifys() -> None:
    judged = drawn()
    answers = judged.scores >= 0.4
    for value, found in slices.judge(judged, 0.4)["carrier"].items():
        facet = judged.slices["carrier"] == value
        mine, others = (
            accuracy_score(judged.labels[rows], answers[rows]) for rows in (facet, ~facet)
        )
        assert found.quality.rows == facet.sum()
        assert found.quality.accuracy == pytest.approx(mine)
        assert found.quality.positive_share == pytest.approx(answers[facet].mean())
        assert found.quality.auc == pytest.approx(
            roc_auc_score(judged.labels[facet], judged.scores[facet])
        )
        # AD is positive, and DI below 1, where the facet is worse off.
        assert found.quality.accuracy_difference == pytest.approx(others - mine)
        assert found.quality.disparate_impact == pytest.approx(
            answers[facet].mean() / answers[~facet].mean()
        )


def test_intervals_hold_the_truth_nineteen_times_of_twenty() -> None:
    held: Counter[str] = Counter()
    for seed in range(300):
        found = slices.judge(drawn(400, seed), 0.4)["carrier"]["AA"].measures
        held["accuracy"] += (
            found["accuracy_difference"].low <= 0 <= found["accuracy_difference"].high
        )
        held["impact"] += found["disparate_impact"].low <= 1 <= found["disparate_impact"].high
    assert all(275 <= count <= 297 for count in held.values()), held


def one_slice(rows: int, share: float, chance: np.random.Generator) -> Judged:
    """Return 2,000 rows, of which so many are of AA; 0.5 or more is answered to a share of all."""
    return Judged(
        labels=np.zeros(2000, dtype=bool),
        scores=np.where(chance.random(2000) < share, 0.6, 0.4),
        slices={"carrier": np.array(["AA"] * rows + ["B6"] * (2000 - rows), dtype=object)},
    )


@pytest.mark.parametrize("rows", [1, 2, 3, 5, 10, 50])
def test_small_slices_are_not_taken_for_certain(rows: int) -> None:
    """Whatever the model answers to most, and though all of a few rows are often answered alike."""
    chance = np.random.default_rng(rows)
    held = 0
    for share in chance.uniform(0.1, 0.9, 400):
        found = slices.judge(one_slice(rows, share, chance), 0.5)["carrier"]["AA"]
        held += (
            found.measures["disparate_impact"].low <= 1 <= found.measures["disparate_impact"].high
        )
    assert held / 400 >= 0.93


def test_one_row_that_is_answered_with_yes_proves_nothing() -> None:
    judged = one_slice(1, 0.22, np.random.default_rng(1))
    judged.scores[0] = 0.6
    impact = slices.judge(judged, 0.5)["carrier"]["AA"].measures["disparate_impact"]
    assert impact.value > 4
    assert impact.low < 1 < impact.high


def test_a_slice_that_the_model_is_wrong_about_stands_out() -> None:
    found = slices.judge(drawn(DL=0.4), 0.6)["carrier"]
    assert found["DL"].measures["accuracy_difference"].low > 0.05
    assert found["AA"].measures["accuracy_difference"].high < 0


def test_a_column_with_one_value_has_nothing_beside_it() -> None:
    judged = drawn(100)
    alone = Judged(
        labels=judged.labels,
        scores=judged.scores,
        slices={"carrier": np.full(100, "AA", dtype=object)},
    )
    (found,) = slices.judge(alone, 0.4)["carrier"].values()
    assert found.quality.accuracy_difference == 0
    assert found.quality.disparate_impact is None
    assert set(found.measures) == {"accuracy_difference"}


def test_a_few_rows_prove_nothing() -> None:
    few = Judged(
        labels=np.array([True, True, False]),
        scores=np.array([0.1, 0.9, 0.9]),
        slices={"carrier": np.array(["AA", None, "<b>"], dtype=object)},
    )
    found = slices.judge(few, 0.5)["carrier"]
    # What has no value is in no slice, but among the others.
    assert set(found) == {"AA", "<b>"}
    assert found["AA"].quality.auc is None
    assert found["AA"].quality.disparate_impact == 0
    for each in found.values():
        difference = each.measures["accuracy_difference"]
        assert difference.low < 0 < difference.high


def test_without_any_yes_there_is_no_impact() -> None:
    found = slices.judge(drawn(), 2.0)["carrier"]
    assert all(each.quality.disparate_impact is None for each in found.values())
