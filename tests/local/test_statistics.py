import pytest

from local.alarms.statistics import Sample, compute, is_known

VALUES = [Sample.of(0, value) for value in (4, 1, 3, 2)]


@pytest.mark.parametrize(
    ("statistic", "expected"),
    [
        ("SampleCount", 4),
        ("Sum", 10),
        ("Average", 2.5),
        ("Minimum", 1),
        ("Maximum", 4),
        ("p0", 1),
        ("p50", 2.5),
        ("p100", 4),
        ("p99.9", 3.997),
    ],
)
def test_statistics_of_single_values(statistic: str, expected: float) -> None:
    assert compute(statistic, VALUES) == pytest.approx(expected)


def test_a_statistic_set_counts_as_the_values_it_stands_for() -> None:
    samples = [Sample(0, 3, 12, 2, 6), Sample.of(0, 8)]

    assert compute("SampleCount", samples) == 4
    assert compute("Average", samples) == 5
    assert compute("Minimum", samples) == 2
    assert compute("Maximum", samples) == 8
    assert compute("p50", samples) is None


@pytest.mark.parametrize("statistic", ["Sum", "SampleCount", "p90"])
def test_no_data_is_missing_not_zero(statistic: str) -> None:
    assert compute(statistic, []) is None


@pytest.mark.parametrize("statistic", ["sum", "p", "p101", "p-1", "tm90", "IQM", ""])
def test_an_unknown_statistic_is_refused(statistic: str) -> None:
    assert not is_known(statistic)
    with pytest.raises(ValueError, match="unknown statistic"):
        compute(statistic, VALUES)
