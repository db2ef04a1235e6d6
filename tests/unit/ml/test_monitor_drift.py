"""Drift that was planted is found, none is cried by chance, and nothing is ever infinite."""

import math

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from ml import profile
from ml.monitor import values
from ml.monitor.drift import chance, drift_of, psi
from ml.monitor.values import Names, Values
from schemas.catalog import MODEL_INPUT
from schemas.findings import Drift
from tests.unit.ml.monitored import asked

NUMBERS = st.lists(st.floats(-1e6, 1e6) | st.sampled_from([math.nan, math.inf, -math.inf, 0.0]))
NAMES = st.dictionaries(st.sampled_from(["a", "b", "c", "<script>", ""]), st.integers(1, 500))


def statistics(column: str, found: Values) -> dict[str, object]:
    """Return a column's feature of `statistics.json`."""
    empty = Names(counts={}, missing=0)
    nothing = values.numbers(np.array([]))
    columns = {each.name: empty if each.type == "string" else nothing
               for each in MODEL_INPUT.columns}  # fmt: skip
    document = profile.document(0, columns | {column: found})
    return next(each for each in document["features"] if each["name"] == column)


def compare(
    before: Values, now: Values, column: str = "temp", threshold: float | None = 0.2
) -> Drift:
    found = drift_of(statistics(column, before), now, threshold)
    assert found is not None
    return found


def of(*numbers: float) -> Values:
    return values.numbers(np.array(numbers))


def names(missing: int = 0, **counts: int) -> Names:
    return Names(counts=counts, missing=missing)


def test_the_index_is_the_sum_that_it_is_defined_as() -> None:
    p, q = np.array([50.5, 30.5, 20.5]) / 101.5, np.array([20.5, 0.5, 60.5]) / 81.5
    expected = sum((b - a) * math.log(b / a) for a, b in zip(p, q, strict=True))
    # The bin that neither has rows in says nothing.
    assert psi(np.array([50, 30, 20, 0]), np.array([20, 0, 60, 0])) == pytest.approx(expected)


def test_the_index_of_many_rows_is_the_symmetric_divergence_of_scipy() -> None:
    before, now = np.array([500_000, 300_000, 200_000]), np.array([200_000, 400_000, 400_000])
    expected = stats.entropy(now, before) + stats.entropy(before, now)
    assert psi(before, now) == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("bins", [2, 3, 12, 107])
def test_chance_is_that_of_a_chi_squared_distribution(bins: int) -> None:
    before, now = np.full(bins, 1000), np.full(bins, 10)
    expected = stats.chi2.isf(0.001, bins - 1) * (1 / (1000 * bins) + 1 / (10 * bins))
    assert chance(before, now) == pytest.approx(expected, rel=0.04)


@pytest.mark.parametrize("rows", [1, 5, 30, 200, 2000])
@pytest.mark.parametrize("bins", [3, 12, 100])
def test_chance_alone_is_no_drift(rows: int, bins: int) -> None:
    """Of windows of any size from the baseline's own population, one in a thousand may be cried."""
    generator = np.random.default_rng(rows + bins)
    shares = generator.dirichlet(np.full(bins, 2.0))
    cried = 0
    for _ in range(500):
        before = generator.multinomial(50_000, shares)
        now = generator.multinomial(rows, shares)
        cried += psi(before, now) > max(0.2, chance(before, now))
    assert cried <= 3


@given(NUMBERS, NUMBERS)
def test_drift_of_any_numbers_is_finite(before: list[float], now: list[float]) -> None:
    baseline = values.numbers(np.array([each for each in before if not math.isinf(each)]))
    found = compare(baseline, values.numbers(np.array(now)))
    assert 0 <= found.psi < math.inf
    assert 0 <= found.distance <= 1
    assert 0 <= found.missing <= 1
    assert 0 <= found.baseline_missing <= 1


@given(NAMES, st.integers(0, 50), NAMES, st.integers(0, 50))
def test_drift_of_any_names_is_finite(
    before: dict[str, int], lost: int, now: dict[str, int], missing: int
) -> None:
    baseline, window = Names(counts=before, missing=lost), Names(counts=now, missing=missing)
    found = compare(baseline, window, "carrier")
    assert 0 <= found.psi < math.inf
    assert 0 <= found.distance <= 1


@pytest.mark.parametrize("before", [of(), of(math.nan), of(3.0), of(*range(100))])
def test_of_an_empty_window_nothing_has_moved(before: Values) -> None:
    found = compare(before, of())
    assert (found.psi, found.distance, found.missing) == (0, 0, 0)
    assert not found.is_drifted


@pytest.mark.parametrize("before", [of(*[3.0] * 500), of(*range(500)), of(*[math.nan] * 500)])
def test_the_same_again_has_not_moved(before: Values) -> None:
    found = compare(before, before)
    assert (found.psi, found.distance) == (0, 0)


@pytest.mark.parametrize(
    ("before", "now"),
    [
        (of(*[3.0] * 500), of(*[4.0] * 500)),
        (of(*[3.0] * 500), of(*[3.0000001] * 500)),
        (of(*range(500)), of(*[math.nan] * 500)),
        (of(*[math.nan] * 500), of(*range(500))),
        (of(*range(500)), of(*range(250), *[math.inf] * 250)),
        (of(*range(500)), of(*range(250), *[-math.inf] * 250)),
        (of(*range(500)), of(*range(450), *range(600, 650))),
        (of(*range(500)), of(*[each / 1.8 for each in range(500)])),
    ],
    ids=["constant", "nearly", "all missing", "all there", "infinite", "-infinite", "beyond",
         "other unit"],
)  # fmt: skip
def test_planted_drift_of_numbers_is_found(before: Values, now: Values) -> None:
    assert compare(before, now).is_drifted


@pytest.mark.parametrize(
    "now",
    [names(a=250, b=250, new=500), names(a=900, b=100), names(a=300, b=300, missing=400)],
    ids=["new", "shares", "missing"],
)
def test_planted_drift_of_names_is_found(now: Names) -> None:
    assert compare(names(a=500, b=500), now, "carrier").is_drifted


def test_the_distance_of_names_is_the_largest_difference_of_a_share() -> None:
    """Each new name counts by itself; the index has one bin for all of them."""
    found = compare(names(a=60, b=40), names(a=50, b=30, c=15, d=5), "carrier")
    assert found.distance == pytest.approx(0.15)
    together = compare(names(a=60, b=40), names(a=50, b=30, c=20), "carrier")
    assert found.psi == pytest.approx(together.psi)


def test_one_row_is_no_drift_and_many_alike_are() -> None:
    before = of(*np.random.default_rng(1).normal(50, 15, 5000))
    assert not compare(before, of(51.0)).is_drifted
    assert not compare(before, of(51.0, 51.0, 51.0)).is_drifted
    assert compare(before, of(*[51.0] * 200)).is_drifted


def test_the_threshold_is_what_was_asked_for_unless_chance_reaches_it() -> None:
    before = of(*np.random.default_rng(1).normal(50, 15, 5000))
    many, few = (of(*np.random.default_rng(2).normal(50, 15, rows)) for rows in (5000, 20))
    assert compare(before, many).threshold == 0.2
    threshold = compare(before, few).threshold
    assert threshold is not None
    assert threshold > 1
    assert compare(before, few, threshold=None).threshold is None


def test_missing_shares_are_told() -> None:
    found = compare(of(1.0, 2.0, 3.0, math.nan), of(1.0, math.nan, math.nan, math.nan))
    assert (found.baseline_missing, found.missing) == (0.25, 0.75)


def test_another_type_than_the_baselines_is_not_compared() -> None:
    assert drift_of(statistics("temp", of(1.0)), names(a=1), 0.2) is None
    assert drift_of(statistics("carrier", names(a=1)), of(1.0), 0.2) is None
    moments = {"string_statistics": {"common": {"num_present": 3, "num_missing": 0}}}
    assert drift_of(moments, names(a=1), 0.2) is None


def test_a_baseline_without_a_sketch_is_compared_by_its_bins() -> None:
    feature = statistics("temp", of(*range(500)))
    del feature["numerical_statistics"]["distribution"]["kll"]["sketch"]  # type: ignore[index]
    found = drift_of(feature, of(*range(250, 500)), 0.2)
    assert found is not None
    assert found.distance == pytest.approx(0.5)


def test_statistics_of_a_frame_are_the_baseline_of_itself() -> None:
    frame = asked(3000)
    for feature in profile.statistics(frame)["features"]:
        column = MODEL_INPUT.column(feature["name"])
        array = pa.array(frame[column.name], from_pandas=True)
        found = drift_of(feature, values.of_column(column, array), 0.2)
        assert found is not None
        assert found.psi == 0
        assert found.distance <= 1 / 2048
