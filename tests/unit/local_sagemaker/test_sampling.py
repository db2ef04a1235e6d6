"""Values that a random search draws."""

from typing import Any

import pytest

from local.sagemaker.errors import ApiError
from local.sagemaker.sampling import sampler


def drawn(kind: str, count: int = 300, **range_: Any) -> list[str]:
    sample = sampler({f"{kind}ParameterRanges": [{"Name": "x", **range_}]}, seed=3)
    return [sample()["x"] for _ in range(count)]


def test_integers_have_both_ends() -> None:
    values = {int(value) for value in drawn("Integer", MinValue="3", MaxValue="6")}

    assert values == {3, 4, 5, 6}


@pytest.mark.parametrize("scaling", ["Auto", "Linear", "Logarithmic", "ReverseLogarithmic"])
def test_continuous_values_stay_within_their_range(scaling: str) -> None:
    values = [
        float(value)
        for value in drawn("Continuous", MinValue="0.01", MaxValue="0.9", ScalingType=scaling)
    ]

    assert min(values) >= 0.01
    assert max(values) <= 0.9
    assert len(set(values)) == 300


def test_a_logarithmic_scale_draws_each_magnitude_as_often() -> None:
    values = drawn("Continuous", MinValue="0.001", MaxValue="1", ScalingType="Logarithmic")

    small = sum(float(value) < 0.1 for value in values)
    assert 150 < small < 250  # two of three magnitudes, not a tenth


@pytest.mark.parametrize("scaling", ["Logarithmic", "ReverseLogarithmic"])
def test_integers_have_scales_too(scaling: str) -> None:
    if scaling == "ReverseLogarithmic":
        with pytest.raises(ApiError, match=r"needs a range in \[0, 1\)"):
            drawn("Integer", MinValue="1", MaxValue="5", ScalingType=scaling)
    else:
        values = drawn("Integer", MinValue="1", MaxValue="100", ScalingType=scaling)
        assert {int(value) for value in values} <= set(range(1, 101))
        assert sum(int(value) <= 10 for value in values) > 100


def test_categories() -> None:
    assert set(drawn("Categorical", Values=["a", "b"])) == {"a", "b"}


def test_the_seed_decides() -> None:
    ranges = {"ContinuousParameterRanges": [{"Name": "x", "MinValue": "0", "MaxValue": "1"}]}

    def values(seed: int) -> list[str]:
        sample = sampler(ranges, seed)
        return [sample()["x"] for _ in range(5)]

    assert values(1) == values(1) != values(2)


@pytest.mark.parametrize(
    "range_",
    [
        {"MinValue": "x", "MaxValue": "2"},
        {"MinValue": "3", "MaxValue": "2"},
        {"MinValue": "0", "MaxValue": "2", "ScalingType": "Logarithmic"},
    ],
)
def test_a_range_that_makes_no_sense(range_: dict[str, Any]) -> None:
    with pytest.raises(ApiError):
        drawn("Continuous", **range_)
