"""Charts as SVG text, in one style; the same data gives the same bytes."""

import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

# Okabe and Ito's palette: told apart by everybody. https://jfly.uni-koeln.de/color/
PALETTE = ("#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9", "#F0E442", "#5b6b7a")
BAD = "#c62828"
_NEAR = 0.02  # of the axis: two names would overlap
_HEADROOM = 1.4  # for the names of events, above what fills the picture

STYLE: dict[Any, Any] = {  # keys are matplotlib's own literal type
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#8a97a3",
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#e8ecf0",
    "svg.hashsalt": "reporting",
    "svg.fonttype": "path",
}


@contextmanager
def _axes(height: float) -> Iterator[tuple[Axes, list[str]]]:
    """Yield axes to draw on and a list that receives the SVG text."""
    result: list[str] = []
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(9, height), layout="constrained")
        yield figure.add_subplot(), result
        buffer = io.StringIO()
        figure.savefig(buffer, format="svg", metadata={"Date": None})
        text = buffer.getvalue()
        result.append(text[text.index("<svg") :])


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
    with _axes(3.4) as (axes, result):
        for colour, (name, values) in zip(PALETTE, series.items(), strict=False):
            axes.plot(seconds, values, label=name, color=colour, linewidth=1.6)
        _name_events(axes, marks or {})
        axes.set(xlabel="seconds", ylabel=y_label)
        axes.set_ylim(bottom=0)
        axes.legend(frameon=False, loc="upper left", bbox_to_anchor=(1, 1))
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
    with _axes(3.4) as (axes, result):
        below = [0.0] * len(seconds)
        for name, values in series.items():
            axes.bar(seconds, values, width, bottom=below, align="edge", label=name,
                     color=colours[name])  # fmt: skip
            below = [low + value for low, value in zip(below, values, strict=True)]
        _name_events(axes, marks or {})
        axes.set(xlabel="seconds", ylabel=y_label)
        axes.set_ylim(0, _HEADROOM * max(below, default=0) or 1)
        axes.legend(frameon=False, loc="upper left", bbox_to_anchor=(1, 1))
    return result[0]


def _name_events(axes: Axes, marks: Mapping[str, float]) -> None:
    left, right = axes.get_xlim()
    following = [*sorted(marks.values())[1:], float("inf")]
    for (name, second), after in zip(
        sorted(marks.items(), key=lambda mark: mark[1]), following, strict=False
    ):
        is_crowded = after - second < _NEAR * (right - left)
        axes.axvline(second, color="#8a97a3", linewidth=0.8, linestyle=":")
        axes.text(second, 1.0, f" {name}", transform=axes.get_xaxis_transform(), rotation=90,
                  va="top", ha="right" if is_crowded else "left", fontsize=8,
                  color="#5b6b7a")  # fmt: skip


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
    with _axes(3.4) as (axes, result):
        for colour, (name, values) in zip(PALETTE, series.items(), strict=False):
            axes.plot(positions, values, label=name, color=colour, linewidth=1.8, marker="o")
        axes.set(xlabel=x_label, ylabel=y_label)
        axes.legend(frameon=False, loc="lower left", bbox_to_anchor=(0, 1), ncols=2)
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
    with _axes(4.6) as (axes, result):
        axes.plot([0, 1], [0, 1], color="#8a97a3", linewidth=0.8, linestyle=":")
        for colour, (name, (x, y)) in zip(PALETTE, series.items(), strict=False):
            axes.plot(x, y, label=name, color=colour, linewidth=1.6, marker=marker, markersize=4)
        axes.set(xlabel=x_label, ylabel=y_label, xlim=(0, 1), ylim=(0, 1), aspect="equal")
        axes.legend(frameon=False, loc="upper left", bbox_to_anchor=(1, 1))
    return result[0]


def dots(series: Mapping[str, Mapping[str, float]], *, x_label: str) -> str:
    """Draw a row per name, the first on top, with a dot for its value in each series.

    Args:
        series: Name of each series to its values by row; a series may lack rows.
        x_label: What the values are.
    """
    rows = list(dict.fromkeys(name for values in series.values() for name in values))
    with _axes(0.9 + 0.32 * len(rows)) as (axes, result):
        for colour, (name, values) in zip(PALETTE, series.items(), strict=False):
            heights = [rows.index(row) for row in values]
            axes.scatter(list(values.values()), heights, label=name, color=colour, s=34)
        axes.set(xlabel=x_label, yticks=range(len(rows)), yticklabels=rows)
        axes.set_ylim(len(rows) - 0.5, -0.5)
        axes.legend(frameon=False, loc="upper left", bbox_to_anchor=(1, 1))
    return result[0]


def bars(values: Mapping[str, float], *, x_label: str, value_format: str = "{:,.0f}") -> str:
    """Draw one horizontal bar per name, the first on top, with its value beside it."""
    with _axes(0.9 + 0.32 * len(values)) as (axes, result):
        names = list(values)[::-1]
        drawn = axes.barh(names, [values[name] for name in names], color=PALETTE[0], height=0.65)
        axes.bar_label(drawn, fmt=value_format, padding=3, fontsize=9)
        axes.set(xlabel=x_label)
        axes.margins(x=0.1)
        axes.grid(axis="y", visible=False)
    return result[0]
