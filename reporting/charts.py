"""Charts as SVG text, in one style; the same data gives the same bytes."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes

from reporting import marks as moments
from reporting.canvas import POINTS_PER_INCH, canvas, legend_above
from reporting.colours import BAD, PALETTE, drawn

_HEIGHT_INCHES = 3.4
_REFERENCES: tuple[dict[str, Any], ...] = (
    {"color": drawn("soft"), "linestyle": "--", "linewidth": 1.2},
    {"color": BAD, "linestyle": ":", "linewidth": 1.6},
    {"color": BAD, "linestyle": "-", "linewidth": 0.9},
)


def timeline(
    seconds: Sequence[float],
    series: Mapping[str, Sequence[float]],
    *,
    y_label: str,
    marks: Mapping[str, float] | None = None,
) -> str:
    """Draw quantities over time as lines.

    Args:
        seconds: Times of the samples, in seconds.
        series: Name of each quantity to its values, one per sample.
        y_label: What the values are, with their unit.
        marks: Events to name, each with its time in seconds.
    """
    with _over_time(marks, seconds, y_label) as (axes, result):
        for colour, (name, values) in zip(PALETTE, series.items(), strict=False):
            axes.plot(seconds, values, label=name, color=colour, linewidth=1.6)
    return result[0]


def stacks(
    seconds: Sequence[float],
    series: Mapping[str, Sequence[float]],
    *,
    y_label: str,
    marks: Mapping[str, float] | None = None,
    bad: str = "",
) -> str:
    """Draw quantities per interval of time on top of each other.

    Args:
        seconds: Where each interval begins; all are equally long.
        series: Name of each quantity to its values, one per interval; the first lies lowest.
        y_label: What the values are, with their unit.
        marks: Events to name, each with its time in seconds.
        bad: Name of a quantity to draw in red; empty for none.
    """
    width = seconds[1] - seconds[0] if len(seconds) > 1 else 1.0
    colours = {name: BAD for name in series if name == bad}
    colours |= zip((name for name in series if name != bad), PALETTE, strict=False)
    # The last interval ends somewhere, too.
    edges = [*seconds, *(each + width for each in seconds[-1:])]
    with _over_time(marks, seconds, y_label) as (axes, result):
        below = [0.0] * len(edges)
        for name, values in series.items():
            above = [low + each for low, each in zip(below, [*values, *values[-1:]], strict=True)]
            axes.fill_between(edges, below, above, step="post", label=name, linewidth=0,
                              color=colours[name])  # fmt: skip
            below = above
    return result[0]


@contextmanager
def _over_time(
    marks: Mapping[str, float] | None, seconds: Sequence[float], y_label: str
) -> Iterator[tuple[Axes, list[str]]]:
    """Yield a canvas on which moments have names above what is drawn, and legends above those."""
    named = moments.placed(marks or {}, seconds)
    room = moments.points(named)
    with canvas(_HEIGHT_INCHES + room / POINTS_PER_INCH) as (axes, result):
        yield axes, result
        moments.draw(axes, named)
        axes.set(xlabel="seconds", ylabel=y_label)
        axes.set_ylim(bottom=0)
        legend_above(axes, lift=room)


def lines(
    positions: Sequence[str],
    series: Mapping[str, Sequence[float]],
    *,
    x_label: str,
    y_label: str,
) -> str:
    """Draw a line per series over named positions, such as months; the scale need not begin at 0.

    Args:
        positions: Names along the x axis, in order.
        series: Name of each line to its values, one per position.
        x_label: What the positions are.
        y_label: What the values are, with their unit.
    """
    with canvas(_HEIGHT_INCHES) as (axes, result):
        for colour, (name, values) in zip(PALETTE, series.items(), strict=False):
            axes.plot(positions, values, label=name, color=colour, linewidth=1.8, marker="o")
        axes.set(xlabel=x_label, ylabel=y_label)
        legend_above(axes)
    return result[0]


def curves(
    series: Mapping[str, tuple[Sequence[float], Sequence[float]]],
    *,
    x_label: str,
    y_label: str,
    marker: str = "",
) -> str:
    """Draw curves from 0 to 1 in both directions, with the diagonal for comparison.

    Args:
        series: Name of each curve to its x and y values.
        x_label: What x is.
        y_label: What y is.
        marker: Matplotlib's name of a sign for each point; empty for the line alone.
    """
    with canvas(4.6) as (axes, result):
        axes.plot([0, 1], [0, 1], color=drawn("axis"), linewidth=0.8, linestyle=":")
        for colour, (name, (x, y)) in zip(PALETTE, series.items(), strict=False):
            axes.plot(x, y, label=name, color=colour, linewidth=1.6, marker=marker, markersize=4)
        axes.set(xlabel=x_label, ylabel=y_label, xlim=(0, 1), ylim=(0, 1), aspect="equal")
        legend_above(axes)
    return result[0]


def dots(series: Mapping[str, Mapping[str, float]], *, x_label: str) -> str:
    """Draw a row per name, the first on top, with a dot for its value in each series.

    Args:
        series: Name of each series to its values by row; a series may lack rows.
        x_label: What the values are.
    """
    rows = list(dict.fromkeys(name for values in series.values() for name in values))
    with canvas(0.9 + 0.32 * len(rows)) as (axes, result):
        for colour, (name, values) in zip(PALETTE, series.items(), strict=False):
            heights = [rows.index(row) for row in values]
            axes.scatter(list(values.values()), heights, label=name, color=colour, s=34)
        axes.set(xlabel=x_label, yticks=range(len(rows)), yticklabels=rows)
        axes.set_ylim(len(rows) - 0.5, -0.5)
        legend_above(axes)
    return result[0]


def bars(values: Mapping[str, float], *, x_label: str, value_format: str = "{:,.0f}") -> str:
    """Draw one horizontal bar per name, the first on top, with its value beside it."""
    with canvas(0.9 + 0.32 * len(values)) as (axes, result):
        names = list(values)[::-1]
        drawn = axes.barh(names, [values[name] for name in names], color=PALETTE[0], height=0.65)
        axes.bar_label(drawn, fmt=value_format, padding=3, fontsize=9)
        axes.set(xlabel=x_label)
        axes.margins(x=0.1)
        axes.grid(axis="y", visible=False)
    return result[0]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value with its uncertainty.

    Attributes:
        value: As estimated.
        low: Lower end of its interval.
        high: Upper end.
    """

    value: float
    low: float
    high: float


def estimates(
    positions: Sequence[str],
    series: Mapping[str, Sequence[Estimate | None]],
    *,
    x_label: str,
    y_label: str,
    references: Mapping[str, Sequence[float | None]] | None = None,
) -> str:
    """Draw estimates with their intervals over named positions; the scale need not begin at 0.

    Args:
        positions: Names along the x axis, in order.
        series: Name of each line to its estimates, one per position; None leaves a gap.
        x_label: What the positions are.
        y_label: What the values are, with their unit.
        references: Name of each thing to compare with to its values, one per position.
    """
    places = range(len(positions))
    with canvas(_HEIGHT_INCHES) as (axes, result):
        for colour, (name, values) in zip(PALETTE, series.items(), strict=False):
            known = [(place, each) for place, each in zip(places, values, strict=True) if each]
            axes.errorbar(
                [place for place, _ in known],
                [each.value for _, each in known],
                yerr=[
                    [each.value - each.low for _, each in known],
                    [each.high - each.value for _, each in known],
                ],
                label=name, color=colour, marker="o", linewidth=1.8, elinewidth=1.1, capsize=3,
            )  # fmt: skip
        for style, (name, marks) in zip(_REFERENCES, (references or {}).items(), strict=False):
            heights = [float("nan") if each is None else each for each in marks]
            # Half a position to either side: one alone has a length, too.
            edges = [place - 0.5 for place in range(len(positions) + 1)]
            axes.stairs(heights, edges, baseline=None, label=name, **style)
        axes.set_xticks(places, positions)
        axes.set_xlim(-0.5, len(positions) - 0.5)
        axes.set(xlabel=x_label, ylabel=y_label)
        # Matplotlib would name the references first.
        handles, _ = axes.get_legend_handles_labels()
        legend_above(axes, handles=[*handles[-len(series) :], *handles[: -len(series)]])
    return result[0]
