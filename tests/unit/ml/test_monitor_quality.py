"""Measures are those of scikit-learn; their intervals hold what they say, as often as they say."""

import math
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest
from scipy import stats
from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score

from ml import measures
from ml.monitor import intervals, quality
from ml.monitor.quality import Judged
from schemas.evaluations import ModelEvaluation

Array = npt.NDArray[np.float64]


def drawn(rows: int, seed: int, bias: float = 0.0) -> Judged:
    """Return scores in steps, so with ties, and outcomes that are likelier by `bias` than said."""
    chance = np.random.default_rng(seed)
    scores = chance.beta(2, 5, rows).round(2)
    return Judged(labels=chance.random(rows) < scores + bias, scores=scores, slices={})


@pytest.mark.parametrize("seed", range(3))
def test_measures_are_those_of_scikit_learn(seed: int) -> None:
    judged = drawn(3000, seed)
    found = quality.judge(judged, None)
    expected = {
        "auc": roc_auc_score(judged.labels, judged.scores),
        "log_loss": log_loss(judged.labels, judged.scores),
        "brier": brier_score_loss(judged.labels, judged.scores),
    }
    for name, value in expected.items():
        assert found[name].value == pytest.approx(value)
        assert found[name].low < value < found[name].high
        assert found[name].baseline is None


@pytest.mark.parametrize("rows", [6, 40, 400])
def test_the_variance_of_the_auc_is_delongs(rows: int) -> None:
    """By its definition, over all pairs of a true and a false label."""
    judged = drawn(rows, seed=2, bias=0.2)
    yes, no = judged.scores[judged.labels], judged.scores[~judged.labels]
    kernel = (yes[:, None] > no) + 0.5 * (yes[:, None] == no)
    variance = kernel.mean(axis=1).var(ddof=1) / len(yes) + kernel.mean(axis=0).var(ddof=1) / len(
        no
    )
    spread = stats.norm.ppf(0.975) * math.sqrt(variance)
    found = quality.auc(judged.labels, judged.scores)
    assert found is not None
    assert found[0] == pytest.approx(kernel.mean())
    assert found[1:] == pytest.approx(
        (max(0, kernel.mean() - spread), min(1, kernel.mean() + spread))
    )


def test_the_interval_of_the_auc_is_that_of_a_bootstrap() -> None:
    judged = drawn(1500, seed=3)
    chance = np.random.default_rng(4)
    areas = [
        roc_auc_score(judged.labels[rows], judged.scores[rows])
        for rows in chance.integers(0, 1500, (400, 1500))
    ]
    found = quality.auc(judged.labels, judged.scores)
    assert found is not None
    assert (found[2] - found[1]) == pytest.approx(2 * 1.96 * np.std(areas), rel=0.1)


def test_intervals_hold_the_truth_nineteen_times_of_twenty() -> None:
    large = quality.judge(drawn(1_000_000, seed=5), None)
    held = dict.fromkeys(large, 0)
    for seed in range(300):
        for name, each in quality.judge(drawn(500, seed), None).items():
            truth = 0.0 if name == "calibration_error" else large[name].value
            held[name] += each.low <= truth <= each.high
    assert all(count >= 275 for count in held.values()), held
    assert all(held[name] <= 295 for name in ("auc", "log_loss", "brier")), held


def test_chance_is_not_taken_for_a_calibration_error() -> None:
    """A perfect model's error is above 0; what is surer than chance is not."""
    perfect = quality.judge(drawn(1000, seed=6), None)["calibration_error"]
    assert perfect.value > 0.01
    assert perfect.low == 0
    wrong = quality.judge(drawn(1000, seed=6, bias=0.1), None)["calibration_error"]
    assert 0.03 < wrong.low < 0.1 < wrong.high


def test_a_calibration_error_is_the_mean_difference_over_bins() -> None:
    judged = drawn(1000, seed=7, bias=0.05)
    bins = measures.calibration(judged.labels, judged.scores)
    expected = sum(each.rows * abs(each.mean_score - each.positive_share) for each in bins) / 1000
    assert quality.calibration_error(bins)[0] == pytest.approx(expected)


def test_the_baseline_is_the_models_holdout() -> None:
    then, now = drawn(800, seed=8), drawn(900, seed=9)
    baseline = ModelEvaluation(
        overall=measures.measure(then.labels, then.scores),
        by_month={},
        calibration=measures.calibration(then.labels, then.scores),
        model_sha256="",
    )
    found = quality.judge(now, baseline)
    same = quality.judge(then, None)
    for name, each in found.items():
        assert each.baseline == pytest.approx(same[name].value)


@pytest.mark.parametrize("label", [True, False])
def test_labels_that_are_all_equal_have_no_auc(label: bool) -> None:
    judged = Judged(labels=np.full(200, label), scores=np.full(200, 0.5), slices={})
    found = quality.judge(judged, None)
    assert set(found) == {"log_loss", "brier", "calibration_error"}
    assert found["log_loss"].value == pytest.approx(math.log(2))


def with_true_ones(count: int, seed: int, rows: int = 1000) -> Judged:
    """Return scores of which so many are of true labels, which are scored higher."""
    chance = np.random.default_rng(seed)
    labels = np.arange(rows) < count
    scores = 1 / (1 + np.exp(-chance.normal(labels * 0.75, 1)))
    return Judged(labels=labels, scores=scores, slices={})


@pytest.mark.parametrize("is_turned", [False, True])
@pytest.mark.parametrize(("count", "is_known"), [(2, False), (19, False), (20, True)])
def test_a_few_labels_of_a_kind_say_nothing_about_the_auc(
    count: int, *, is_known: bool, is_turned: bool
) -> None:
    judged = with_true_ones(count, seed=1)
    if is_turned:
        judged = replace(judged, labels=~judged.labels)
    found = quality.judge(judged, None)
    assert ("auc" in found) is is_known
    assert {"log_loss", "brier", "calibration_error"} <= set(found)


def test_as_many_as_it_takes_hold_the_auc_nearly_nineteen_times_of_twenty() -> None:
    truth = stats.norm.cdf(0.75 / math.sqrt(2))
    found = [quality.judge(with_true_ones(20, seed), None)["auc"] for seed in range(1000)]
    assert sum(each.high < truth for each in found) <= 40
    assert sum(each.low <= truth <= each.high for each in found) >= 925


@pytest.mark.parametrize("scores", [np.array([0.0, 1.0]), np.array([1.0, 0.0])])
def test_certain_answers_have_finite_measures(scores: Array) -> None:
    judged = Judged(labels=np.array([True, False]), scores=scores, slices={})
    for each in quality.judge(judged, None).values():
        assert math.isfinite(each.value)
        assert math.isfinite(each.low)
        assert math.isfinite(each.high)


def test_a_single_row_of_a_label_makes_the_auc_uncertain() -> None:
    labels = np.array([True] + [False] * 99)
    found = quality.auc(labels, np.linspace(1, 0, 100))
    assert found is not None
    assert found[0] == 1
    assert found[1] < 0.1


@pytest.mark.parametrize(("successes", "rows"), [(0, 5), (1, 1000), (50, 60), (999, 1000)])
def test_shares_have_wilsons_interval(successes: int, rows: int) -> None:
    expected = stats.binomtest(successes, rows).proportion_ci(method="wilson")
    found = intervals.of_share(successes, rows)
    assert found == pytest.approx((expected.low, expected.high), abs=1e-6)


@pytest.mark.parametrize(
    ("mine", "others"),
    [((1, 1), (440, 2000)), ((3, 7), (1, 5)), ((9, 9), (9, 9)), ((40, 50), (1, 2))],
)
def test_a_ratio_and_its_inverse_say_the_same(
    mine: tuple[int, int], others: tuple[int, int]
) -> None:
    low, high = intervals.of_ratio(mine, others)
    assert low < mine[0] / mine[1] / (others[0] / others[1]) < high or mine == others
    assert intervals.of_ratio(others, mine) == pytest.approx((1 / high, 1 / low))


def test_the_ratio_of_many_rows_has_a_normal_logarithm() -> None:
    """D. Katz et al., Biometrics 34 (1978), 469-474."""
    spread = 1.96 * math.sqrt(1 / 4000 - 1 / 9000 + 1 / 5000 - 1 / 20_000)
    expected = (16 / 9 * math.exp(-spread), 16 / 9 * math.exp(spread))
    assert intervals.of_ratio((4000, 9000), (5000, 20_000)) == pytest.approx(expected, rel=1e-3)


def test_a_ratio_of_nothing_has_an_upper_end() -> None:
    low, high = intervals.of_ratio((0, 3), (500, 2000))
    assert low == 0
    assert 1 < high < 4


def test_a_share_of_all_rows_may_be_certain_and_of_nearly_all_is_not() -> None:
    assert intervals.of_share(10, 10)[1] == 1
    assert intervals.of_share(999_999, 1_000_000)[1] < 1
