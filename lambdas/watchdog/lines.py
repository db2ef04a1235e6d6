"""Metrics in the log of a training job, as XGBoost prints them."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

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


def since_last_start(lines: Sequence[Line]) -> Sequence[Line]:
    """Return the lines since a job began last.

    SageMaker runs a job that an error of its own has ended once more, by the same name: rounds are
    counted from 0 again, below what the first attempt has logged.
    """
    pairs = enumerate(pairwise(lines), start=1)
    starts = (number for number, (before, line) in pairs if line.round <= before.round)
    return lines[max(starts, default=0) :]
