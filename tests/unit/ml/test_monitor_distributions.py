"""Bins hold every number once, whatever the numbers are; sketches are what scipy says they are."""

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

from ml.monitor.distributions import Bins, Sketch, buckets, sketch
from ml.monitor.values import Floats

FINITE = st.floats(-1e6, 1e6, width=32) | st.sampled_from([0.0, -0.0, 1.0, 10.0])
ANYTHING = FINITE | st.sampled_from([np.inf, -np.inf])


def numbers(of: st.SearchStrategy[float], least: int = 0) -> st.SearchStrategy[Floats]:
    return arrays(np.float64, st.integers(least, 300), elements=of).map(np.sort)


def read(ordered: Floats) -> Bins:
    """Return the bins of numbers, by way of a file."""
    return Bins.read(json.loads(json.dumps(buckets(ordered))))


@given(numbers(FINITE))
def test_bins_of_a_baseline_hold_its_own_numbers_as_they_say(ordered: Floats) -> None:
    bins = read(ordered)
    assert bins.baseline.sum() == len(ordered)
    assert bins.count(ordered).tolist() == bins.baseline.tolist()


@given(numbers(FINITE), numbers(ANYTHING))
def test_every_number_is_in_one_bin(baseline: Floats, window: Floats) -> None:
    bins = read(baseline)
    counts = bins.count(window)
    assert counts.sum() == len(window)
    assert (counts >= 0).all()
    if len(baseline):
        assert counts[0] == (window < baseline[0]).sum()
        assert counts[-1] == (window > baseline[-1]).sum()


@given(numbers(FINITE, least=1))
def test_a_value_that_many_rows_share_is_a_bin_of_its_own(ordered: Floats) -> None:
    found = buckets(ordered)
    points = {each["lower_bound"]: each["count"] for each in found
              if each["lower_bound"] == each["upper_bound"]}  # fmt: skip
    distinct, counts = np.unique(ordered, return_counts=True)
    for value, count in zip(distinct, counts, strict=True):
        if count >= 0.05 * len(ordered):
            assert points[value] == count
    assert [each["lower_bound"] for each in found] == sorted(each["lower_bound"] for each in found)
    for one, following in zip(found, found[1:], strict=False):
        assert one["upper_bound"] == following["lower_bound"]


def test_zeros_are_told_from_small_numbers() -> None:
    """In a bin with its neighbours, rain that begins everywhere would look like none."""
    rain = np.sort(np.concatenate([np.zeros(930), np.linspace(0.01, 1, 70)]))
    bins = read(rain)
    drizzle = np.sort(np.concatenate([np.full(930, 0.01), np.linspace(0.01, 1, 70)]))
    assert 930 in bins.baseline
    assert (bins.count(drizzle)[bins.baseline == 930] == 0).all()


def test_numbers_without_repetitions_make_ten_bins_of_equally_many() -> None:
    found = buckets(np.arange(1000.0))
    assert [each["count"] for each in found] == [100] * 10
    assert (found[0]["lower_bound"], found[-1]["upper_bound"]) == (0, 999)


def test_a_constant_is_one_bin() -> None:
    assert buckets(np.full(50, 7.0)) == [{"lower_bound": 7.0, "upper_bound": 7.0, "count": 50}]


def test_what_lies_between_two_values_of_the_baseline_is_neither() -> None:
    bins = read(np.array([1.0] * 5 + [2.0] * 5))
    assert bins.baseline.tolist() == [0, 5, 0, 5, 0]
    assert bins.count(np.array([1.0, 1.5, 2.0])).tolist() == [0, 1, 1, 1, 0]


def test_bins_that_model_monitor_wrote_are_read() -> None:
    """Ten of equal width; a value on an edge is in the bin above, the greatest in the last."""
    edges = np.linspace(0, 10, 11)
    theirs = [{"lower_bound": low, "upper_bound": high, "count": 1.0}
              for low, high in zip(edges, edges[1:], strict=False)]  # fmt: skip
    counts = Bins.read(theirs).count(np.array([-1.0, 0.0, 1.0, 1.5, 10.0, 11.0]))
    assert counts.tolist() == [1, 1, 2, 0, 0, 0, 0, 0, 0, 0, 1, 1]


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # of the p-value, which nobody asks for
@given(numbers(FINITE, least=1), numbers(ANYTHING, least=1))
def test_distances_of_what_fits_a_sketch_are_those_of_scipy(
    baseline: Floats, window: Floats
) -> None:
    found = Sketch.read(sketch(baseline))
    assert found is not None
    expected = stats.ks_2samp(baseline, window, method="asymp").statistic
    assert found.distance(window) == pytest.approx(expected, abs=1e-12)
    assert read(baseline).distance(window) <= expected + 1e-12


@pytest.mark.parametrize("draw", ["normal", "integers", "zeros"])
def test_a_sketch_of_many_numbers_is_off_by_less_than_its_grain(draw: str) -> None:
    chance = np.random.default_rng(5)
    baseline, window = (
        np.sort(
            {
                "normal": chance.normal(shift, 1, rows),
                "integers": chance.integers(0, 30, rows) + 3.0 * shift,
                "zeros": chance.gamma(1, 1 + shift, rows) * (chance.random(rows) < 0.3),
            }[draw]
        )
        for rows, shift in ((30_000, 0.0), (20_000, 0.3))
    )
    document = sketch(baseline)
    found = Sketch.read(document)
    assert found is not None
    assert len(document["data"][0]) == 2048
    expected = stats.ks_2samp(baseline, window).statistic
    assert found.distance(window) == pytest.approx(expected, abs=1 / 2048)
    for share in (0.01, 0.25, 0.5, 0.9, 0.999):
        # Of ranks, not of values: where there are few values the quantile jumps.
        rank = np.searchsorted(baseline, found.quantile(share), "right") / len(baseline)
        below = np.searchsorted(baseline, found.quantile(share), "left") / len(baseline)
        assert below - 1 / 2048 <= share <= rank + 1 / 2048


def test_items_of_higher_levels_stand_for_more_rows() -> None:
    """As in a sketch that Model Monitor has compacted: level n weighs 2^n."""
    document: dict[str, Any] = {"parameters": {"c": 0.64, "k": 4.0}, "data": [[5.0], [1.0, 3.0]]}
    found = Sketch.read(document)
    assert found is not None
    window = np.array([1.0, 3.0, 5.0])
    expected = stats.ks_2samp([1.0, 1.0, 3.0, 3.0, 5.0], window).statistic
    assert found.distance(window) == pytest.approx(expected)


def test_nothing_has_no_sketch_and_no_distance() -> None:
    assert Sketch.read(sketch(np.array([]))) is None
    assert buckets(np.array([])) == []
    bins = Bins.read([])
    assert bins.count(np.array([1.0, np.inf])).tolist() == [2]
    assert bins.distance(np.array([1.0])) == 0
    assert read(np.array([1.0])).distance(np.array([])) == 0
    found = Sketch.read(sketch(np.array([1.0])))
    assert found is not None
    assert found.distance(np.array([])) == 0
