"""Metrics in the log of a training job, as XGBoost prints them."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

# SageMaker writes a tab as #011; hence the expressions that AWS documents for these lines:
# https://docs.aws.amazon.com/sagemaker/latest/dg/xgboost-tuning.html
_GAP = r"(?:\t|#011|\s)+"
_METRIC = rf"{_GAP}[A-Za-z]\w*-[\w@.]+:[-+]?(?:\d+(?:\.\d+)?(?:e[-+]?\d+)?|nan|inf)"
_LINE = re.compile(rf"\[(\d+)\]((?:{_METRIC})+)\s*", re.ASCII)


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """What the log says of one round.

    Attributes:
        round: Its number, from 0.
        metrics: Name, such as `validation-logloss`, to its value, which may be `nan` or `inf`.
    """

    round: int
    metrics: Mapping[str, float]


def parsed(messages: Iterable[str]) -> Iterator[Line]:
    """Yield those of `messages` that are lines of metrics, in their order."""
    for message in messages:
        if match := _LINE.fullmatch(message):
            pairs = (each.rpartition(":") for each in re.split(_GAP, match[2]) if each)
            yield Line(
                round=int(match[1]), metrics={name: float(value) for name, _, value in pairs}
            )
