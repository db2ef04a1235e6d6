"""Which months a model is trained on, and which later ones it is judged by."""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

_MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])")
_MONTHS_PER_YEAR = 12


class WindowError(ValueError):
    """The months make no window; the text says which and why."""


def month_number(month: str) -> int:
    """Return months since year 0, so that months can be counted.

    Raises:
        WindowError: `month` is not of the form `YYYY-MM`.
    """
    match = _MONTH.fullmatch(month)
    if match is None:
        raise WindowError(f"a month is written YYYY-MM, such as 2013-03; got {month!r}")
    return int(match[1]) * _MONTHS_PER_YEAR + int(match[2]) - 1


def month_name(number: int) -> str:
    """Return the month of `month_number`, `YYYY-MM`."""
    year, index = divmod(number, _MONTHS_PER_YEAR)
    return f"{year:04d}-{index + 1:02d}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Window:
    """Months in the data's own time: training first, then the holdout, never mixed.

    Attributes:
        train_from: First month of training, `YYYY-MM`.
        holdout_from: First month of the holdout, and the end of training.
        holdout_to: First month after the holdout.

    Raises:
        WindowError: a month is malformed, or the months are not in this order.
    """

    train_from: str
    holdout_from: str
    holdout_to: str

    def __post_init__(self) -> None:
        start, middle, end = (
            month_number(each) for each in (self.train_from, self.holdout_from, self.holdout_to)
        )
        if not start < middle < end:
            raise WindowError(
                "months must be in the order train_from < holdout_from < holdout_to, got "
                f"{self.train_from}, {self.holdout_from}, {self.holdout_to}"
            )

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "Window":
        """Read what `to_json` wrote; other keys are ignored."""
        return cls(**{name: document[name] for name in cls.__dataclass_fields__})

    def to_json(self) -> dict[str, str]:
        """Return the months by their names."""
        return asdict(self)

    @property
    def months(self) -> tuple[str, ...]:
        """All months, training and holdout, in order."""
        return _months(self.train_from, self.holdout_to)

    @property
    def training_months(self) -> tuple[str, ...]:
        """The months of training, in order."""
        return _months(self.train_from, self.holdout_from)

    @property
    def holdout_months(self) -> tuple[str, ...]:
        """The months of the holdout, in order."""
        return _months(self.holdout_from, self.holdout_to)


def _months(start: str, end: str) -> tuple[str, ...]:
    return tuple(month_name(n) for n in range(month_number(start), month_number(end)))
