"""Heat maps: many values beside their thresholds, of which few should stand out."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.patches import Patch, Rectangle

from reporting.canvas import canvas, legend_above, shifted
from reporting.colours import drawn

_STEPS = (0.25, 0.5, 0.75, 1.0, 2.0, 4.0)
"""Upper ends of the colours' steps, as multiples of the threshold; the last has none."""
_NAMES = ("to ¼ of the threshold", "to ½", "to ¾", "to 1", "above it", "above 2 ×", "above 4 ×")
_GAP = 0.04
_SIGN_POINTS, _CHARACTER_POINTS = 4.5, 2.9
"""From the end of a figure to its sign, and half the width of one of its characters."""
_LONG_NAMES = 8
"""Characters; longer names of many columns are slanted."""
_MANY_COLUMNS = 8


@dataclass(frozen=True, slots=True)
class Cell:
    """One value of a heat map.

    Attributes:
        value: 0 or more.
        threshold: What it should not exceed, above 0; None where nobody compares.
    """

    value: float
    threshold: float | None

    @property
    def is_above(self) -> bool:
        """Whether it is above its threshold."""
        return self.threshold is not None and self.value > self.threshold


def heatmap(
    rows: Sequence[str], columns: Sequence[str], cells: Sequence[Sequence[Cell | None]]
) -> str:
    """Draw values in cells, coloured by their share of the threshold.

    Whoever sees no colours finds those above it by bold figures and a sign beside them.

    Args:
        rows: Names of the rows, the first on top.
        columns: Names of the columns, in order.
        cells: One sequence per row with one cell per column; None where there is no value.
    """
    with canvas(1.0 + 0.27 * len(rows)) as (axes, result):
        for row, of_row in enumerate(cells):
            for column, cell in enumerate(of_row):
                if cell is not None:
                    _draw(axes, row, column, cell)
        axes.set(xlim=(0, len(columns)), ylim=(len(rows), 0))
        axes.set_xticks([each + 0.5 for each in range(len(columns))], columns)
        axes.set_yticks([each + 0.5 for each in range(len(rows))], rows)
        if len(columns) > _MANY_COLUMNS and max(map(len, columns)) > _LONG_NAMES:
            axes.tick_params(axis="x", rotation=40)
        axes.tick_params(length=0, labelcolor=drawn("ink"))
        axes.spines[:].set_visible(False)
        axes.grid(visible=False)
        legend_above(
            axes,
            columns=len(_NAMES),
            handles=[
                Patch(facecolor=drawn(f"heat-{number}"), label=name)
                for number, name in enumerate(_NAMES, start=1)
            ],
            fontsize=8,
            labelcolor=drawn("soft"),
        )
    return result[0]


def _draw(axes: Axes, row: int, column: int, cell: Cell) -> None:
    if cell.threshold is None:
        fill, ink = "none", drawn("soft")
    else:
        number = 1 + bisect_left(_STEPS, cell.value / cell.threshold)
        fill, ink = drawn(f"heat-{number}"), drawn(f"heat-ink-{number}")
    side = 1 - 2 * _GAP
    axes.add_patch(Rectangle((column + _GAP, row + _GAP), side, side, facecolor=fill, linewidth=0))
    figure = f"{cell.value:.2f}"
    axes.text(column + 0.5, row + 0.5, figure, ha="center", va="center", fontsize=8, color=ink,
              weight="bold" if cell.is_above else "normal")  # fmt: skip
    if cell.is_above:
        # In points, as the figure's width is, however wide a cell is.
        right = _SIGN_POINTS + _CHARACTER_POINTS * len(figure)
        beside = shifted(axes, axes.transData, x=right)
        axes.plot(column + 0.5, row + 0.5, marker="^", markersize=3.5, color=ink, transform=beside)
