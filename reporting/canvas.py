"""What all charts are drawn on: one style, and SVG text that takes the colours of its page."""

import io
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import matplotlib as mpl
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.transforms import ScaledTranslation, Transform

from reporting.colours import drawn, themed

WIDTH_INCHES = 9.0
POINTS_PER_INCH = 72
_ROOM, _SIGN = 118, 6
"""Characters that a row of a legend has room for, and those that a sign and its gaps take."""

STYLE: dict[Any, Any] = {  # keys are matplotlib's own literal type
    "font.size": 9,
    "text.color": drawn("ink"),
    # Names come from data; a dollar sign in them begins no formula.
    "text.parse_math": False,
    "axes.edgecolor": drawn("axis"),
    "axes.facecolor": "none",
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.labelcolor": drawn("soft"),
    "axes.spines.top": False,
    "axes.spines.right": False,
    "date.converter": "concise",
    "figure.facecolor": "none",
    "grid.color": drawn("line"),
    "legend.frameon": False,
    "legend.handlelength": 1.4,
    "legend.columnspacing": 1.6,
    "svg.fonttype": "path",
    "svg.hashsalt": "reporting",
    "xtick.color": drawn("axis"),
    "xtick.labelcolor": drawn("soft"),
    "ytick.color": drawn("axis"),
    "ytick.labelcolor": drawn("soft"),
}
# Nobody refers to groups, and a page has many charts, whose ids would be the same.
_GROUP_ID = re.compile(r'<g id="[^"]*"')
_NO_METADATA = dict.fromkeys(("Creator", "Date", "Format", "Type"))


@contextmanager
def canvas(height: float) -> Iterator[tuple[Axes, list[str]]]:
    """Yield axes to draw on, `height` inches high, and a list that receives the SVG text."""
    result: list[str] = []
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(WIDTH_INCHES, height), layout="constrained")
        yield figure.add_subplot(), result
        buffer = io.StringIO()
        figure.savefig(buffer, format="svg", metadata=_NO_METADATA)
    text = buffer.getvalue()
    result.append(themed(_GROUP_ID.sub("<g", text[text.index("<svg") :])))


def legend_above(
    axes: Axes,
    *,
    handles: Sequence[Artist] | None = None,
    columns: int = 4,
    lift: float = 0.0,
    **options: Any,
) -> None:
    """Name the series in rows above the axes, with as many columns as have room, or fewer.

    Args:
        axes: What is drawn on.
        handles: What to name; everything that has a label where nothing is said.
        columns: Most columns.
        lift: Room between the axes and the names, in points.
        options: Passed to matplotlib.
    """
    if handles is None:
        handles, _ = axes.get_legend_handles_labels()
    names = [str(each.get_label()) for each in handles]
    while columns > 1 and _width(names, columns) > _ROOM:
        columns -= 1
    above = shifted(axes, axes.transAxes, y=lift)
    axes.legend(handles=handles, loc="lower left", bbox_to_anchor=(0, 1), bbox_transform=above,
                borderaxespad=0.3, ncols=columns, **options)  # fmt: skip


def shifted(axes: Axes, of: Transform, *, x: float = 0.0, y: float = 0.0) -> Transform:
    """Return a transformation of `axes` that goes some points further, whatever their scale."""
    across, up = x / POINTS_PER_INCH, y / POINTS_PER_INCH
    return of + ScaledTranslation(across, up, axes.figure.dpi_scale_trans)


def _width(names: Sequence[str], columns: int) -> int:
    """Return how wide a legend is, in characters; names fill one column after the other."""
    rows = max(1, -(-len(names) // columns))
    columns_of_names = (names[first : first + rows] for first in range(0, len(names), rows))
    return sum(_SIGN + max(map(len, each)) for each in columns_of_names)
