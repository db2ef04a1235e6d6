"""Random values from the ranges of a tuning job."""

import math
import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from local.sagemaker.errors import invalid, not_implemented

Ranges = Mapping[str, Sequence[Mapping[str, Any]]]
_Draw = Callable[[random.Random], str]


def sampler(ranges: Ranges, seed: int | str) -> Callable[[], dict[str, str]]:
    """Return what draws one combination of values, as hyperparameters have them.

    Args:
        ranges: `ParameterRanges` of a tuning job.
        seed: The same seed gives the same combinations in the same order.

    Raises:
        ApiError: a range is empty or not understood.
    """
    if ranges.get("AutoParameters"):
        raise not_implemented("AutoParameters of tuning jobs")
    draws: dict[str, _Draw] = {}
    for each in ranges.get("IntegerParameterRanges", ()):
        draws[each["Name"]] = _integer(each)
    for each in ranges.get("ContinuousParameterRanges", ()):
        draws[each["Name"]] = _continuous(each)
    for each in ranges.get("CategoricalParameterRanges", ()):
        draws[each["Name"]] = _categorical(each["Values"])
    source = random.Random(seed)  # noqa: S311 -- a search, not a secret
    return lambda: {name: draw(source) for name, draw in draws.items()}


def _integer(each: Mapping[str, Any]) -> _Draw:
    low, high = _bounds(each, int)
    scale, unscale = _scale(each, low, high)
    # Half a step on each side, so that the ends are as likely as what lies between.
    start, end = max(low - 0.5, low / 2), high + 0.5
    if each.get("ScalingType") == "ReverseLogarithmic":
        start, end = low, high

    def draw(source: random.Random) -> str:
        value = round(unscale(source.uniform(scale(start), scale(end))))
        return str(int(min(max(value, low), high)))

    return draw


def _continuous(each: Mapping[str, Any]) -> _Draw:
    low, high = _bounds(each, float)
    scale, unscale = _scale(each, low, high)

    def draw(source: random.Random) -> str:
        return str(min(max(unscale(source.uniform(scale(low), scale(high))), low), high))

    return draw


def _categorical(values: Sequence[str]) -> _Draw:
    return lambda source: source.choice(values)


def _bounds(each: Mapping[str, Any], number: Callable[[str], float]) -> tuple[float, float]:
    try:
        low, high = number(each["MinValue"]), number(each["MaxValue"])
    except ValueError:
        raise invalid(f"The range of {each['Name']} is not numeric: {dict(each)}") from None
    if low > high:
        raise invalid(
            f"MinValue {each['MinValue']} of {each['Name']} exceeds MaxValue {each['MaxValue']}"
        )
    return low, high


def _scale(
    each: Mapping[str, Any], low: float, high: float
) -> tuple[Callable[[float], float], Callable[[float], float]]:
    """Return the scale on which values are drawn evenly, and its inverse."""
    kind = each.get("ScalingType", "Auto")
    if kind == "Logarithmic":
        if low <= 0:
            raise invalid(f"Logarithmic scaling of {each['Name']} needs a MinValue above 0")
        return math.log, math.exp
    if kind == "ReverseLogarithmic":
        if not 0 <= low <= high < 1:
            raise invalid(f"ReverseLogarithmic scaling of {each['Name']} needs a range in [0, 1)")
        return (lambda x: -math.log1p(-x)), (lambda y: -math.expm1(-y))
    return (lambda x: x), (lambda y: y)
