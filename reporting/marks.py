"""Names of moments above a chart: each stands at its line, and no line runs through a name."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes

from reporting.canvas import POINTS_PER_INCH, WIDTH_INCHES
from reporting.colours import drawn

_FONT_POINTS = 7.5
_ROW_POINTS = 11.0
_GAP_POINTS = 3.0
_WIDTH_OF_A_CHARACTER = 0.65 * _FONT_POINTS / POINTS_PER_INCH / WIDTH_INCHES / 0.8
"""As a share of the axes, which take more than 0.8 of the picture."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A moment with its name.

    Attributes:
        name: A few words.
        second: When.
        row: Row of the name, from 0; the first lies highest.
    """

    name: str
    second: float
    row: int


def placed(marks: Mapping[str, float], seconds: Sequence[float]) -> list[Mark]:
    """Give each name a row, so that it can begin at its line.

    A line rises to its name and so runs through all rows below it. A name therefore lies below
    those that reach over its line, and the rows fall like stairs where moments are near.

    Args:
        marks: Name of each moment to its second.
        seconds: Times of the samples, in order.
    """
    every = [*marks.values(), *seconds]
    span = max(every, default=0.0) - min(every, default=0.0)
    result: list[Mark] = []
    for name, second in sorted(marks.items(), key=lambda mark: mark[1]):
        over = (each.row for each in result if second <= each.second + _width(each.name) * span)
        result.append(Mark(name, second, max(over, default=-1) + 1))
    return result


def _width(name: str) -> float:
    # A blank on either side.
    return _WIDTH_OF_A_CHARACTER * (2 + len(name))


def points(marks: Sequence[Mark]) -> float:
    """Return how much room names need above the axes, in points."""
    return _GAP_POINTS + _ROW_POINTS * _rows(marks) if marks else 0.0


def _rows(marks: Sequence[Mark]) -> int:
    return 1 + max((each.row for each in marks), default=-1)


def draw(axes: Axes, marks: Sequence[Mark]) -> None:
    """Draw a line for each moment, which rises above the axes to its name."""
    # As dark as text: it has to be seen on whatever is filled.
    line: dict[str, Any] = {"color": drawn("ink"), "linewidth": 0.7, "linestyle": ":"}
    for each in marks:
        axes.axvline(each.second, **line)
        height = _GAP_POINTS + _ROW_POINTS * (_rows(marks) - 1 - each.row)
        axes.annotate(
            f" {each.name}", (each.second, 1.0), xycoords=axes.get_xaxis_transform(),
            xytext=(0, height), textcoords="offset points", va="bottom", fontsize=_FONT_POINTS,
            color=drawn("soft"),
            # From the top of the axes to the head of the name.
            arrowprops={"arrowstyle": "-", "relpos": (0, 1), "shrinkA": 0, "shrinkB": 0,
                        "capstyle": "butt", **line},
        )  # fmt: skip
