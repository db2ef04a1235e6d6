"""Line charts as SVG, by hand: no library, and the same text for the same figures."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

WIDTH, LEFT, RIGHT, TOP = 760, 64, 16, 46
PANEL, GAP, BOTTOM = 110, 40, 34
MOST_POINTS = 400
LEAST = 4
"""What an axis counts to at least: whole things, four of them."""
TIME_UNITS = ((86_400, "days"), (3_600, "hours"), (60, "minutes"), (1, "seconds"))
STYLE = (
    "text{font:12px sans-serif;fill:#333}.title{font-size:15px;font-weight:bold}"
    ".panel{font-weight:bold}.end{text-anchor:end}.middle{text-anchor:middle}"
    ".grid{stroke:#ddd}.line{fill:none;stroke-width:1.8;stroke-linejoin:round}"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """One line; the value holds until the next point.

    Attributes:
        label: What it shows.
        colour: Its colour in CSS.
        points: Seconds and values.
    """

    label: str
    colour: str
    points: Sequence[tuple[float, float]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Panel:
    """One chart; all charts of a picture share the axis of time.

    Attributes:
        title: What its lines count.
        lines: What is drawn, in this order.
    """

    title: str
    lines: Sequence[Line]


def draw(title: str, panels: Sequence[Panel]) -> str:
    """Return a picture of panels beneath each other."""
    end = max(point[0] for panel in panels for line in panel.lines for point in line.points) or 1
    height = TOP + len(panels) * (PANEL + GAP) - GAP + BOTTOM
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img">',
        f"<title>{escape(title)}</title>",
        f"<style>{STYLE}</style>",
        f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>',
        f'<text class="title" x="{LEFT}" y="18">{escape(title)}</text>',
    ]
    for index, panel in enumerate(panels):
        parts += _panel(panel, end, TOP + index * (PANEL + GAP))
    parts += _time_axis(end, height - BOTTOM)
    return "\n".join([*parts, "</svg>"]) + "\n"


def _panel(panel: Panel, end: float, top: float) -> Iterator[str]:
    most = max(LEAST, *(point[1] for line in panel.lines for point in line.points))
    tick = _tick(most)
    ceiling = tick * math.ceil(most / tick)
    yield f'<text class="panel" x="{LEFT}" y="{top - 8}">{escape(panel.title)}</text>'
    for step in range(round(ceiling / tick) + 1):
        y = top + PANEL * (1 - step * tick / ceiling)
        yield f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
        yield f'<text class="end" x="{LEFT - 6}" y="{y + 4:.1f}">{step * tick:,g}</text>'
    x = WIDTH - RIGHT
    for line in reversed(panel.lines):
        yield (
            f'<text class="end" x="{x:.0f}" y="{top - 8}" style="fill:{line.colour}">'
            f"{escape(line.label)}</text>"
        )
        x -= 7 * len(line.label) + 16
    for line in panel.lines:
        yield (f'<path class="line" stroke="{line.colour}" d="{_path(line, end, ceiling, top)}"/>')


def _path(line: Line, end: float, ceiling: float, top: float) -> str:
    """Return the path of a line as steps, thinned to what can be seen; its last value stays."""
    commands: list[str] = []
    last_y = None
    for seconds, value in _thinned(line.points, end):
        x = f"{LEFT + (WIDTH - LEFT - RIGHT) * seconds / end:.1f}"
        y = f"{top + PANEL * (1 - value / ceiling):.1f}"
        if last_y is None:
            commands.append(f"M{x} {y}")
        elif y != last_y:
            commands += [f"H{x}", f"V{y}"]
        last_y = y
    return "".join([*commands, f"H{WIDTH - RIGHT}"])


def _thinned(points: Sequence[tuple[float, float]], end: float) -> Iterator[tuple[float, float]]:
    """Keep the highest of the points that fall together, and the last of all."""
    width = end / MOST_POINTS
    kept: tuple[float, float] | None = None
    for point in points:
        if kept is not None and point[0] // width != kept[0] // width:
            yield kept
            kept = None
        if kept is None or point[1] > kept[1]:
            kept = point
    if kept is not None:
        yield kept
        if points[-1] != kept:
            yield points[-1]


def _time_axis(end: float, y: float) -> Iterator[str]:
    size, unit = next(each for each in TIME_UNITS if end >= 2 * each[0] or each[0] == 1)
    tick = _tick(end / size, steps=10)
    for step in range(int(end / size / tick + 1e-9) + 1):
        x = LEFT + (WIDTH - LEFT - RIGHT) * step * tick * size / end
        yield f'<text class="middle" x="{x:.1f}" y="{y + 16}">{step * tick:g}</text>'
    yield f'<text class="end" x="{WIDTH - RIGHT}" y="{y + 31}">{unit}</text>'


def _tick(most: float, *, steps: int = 4) -> float:
    """Return a round distance, of which at most about `steps` make `most`."""
    exponent = 10.0 ** math.floor(math.log10(most / steps))
    return next(
        factor * exponent for factor in (1, 2, 5, 10) if factor * exponent * steps >= most * 0.999
    )
