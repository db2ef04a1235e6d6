"""Time lines with a lane per kind of event."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from matplotlib.axes import Axes

from reporting.canvas import POINTS_PER_INCH, WIDTH_INCHES, canvas
from reporting.colours import drawn

_ROW_INCHES, _GAP_ROWS = 0.24, 0.6
_SECOND = 1 / (24 * 60 * 60)
_FONT_POINTS = 7.5
_WIDTH_OF_A_CHARACTER = 0.8 * _FONT_POINTS / POINTS_PER_INCH / WIDTH_INCHES
"""As a share of the picture; of a wide one, as the axes take less than all of it."""
_MARK_SHARE = 0.025
_LONGEST = 1.3
"""Of the picture, as a multiple of the time from first to last: a longer name is cut off."""
_MOST_ROWS = 8
"""With names, of one lane; what finds no place in them stands in one more, without its name."""
_BRIEF_SHARE = 0.012
"""Of the picture; what lasts no longer is drawn as a point."""


class Tone(StrEnum):
    """How an event is to be taken; its value is a colour."""

    NEUTRAL = "series-1"
    GOOD = "series-3"
    WARNING = "series-2"
    BAD = "series-bad"


_MARKERS = {Tone.NEUTRAL: "o", Tone.GOOD: "o", Tone.WARNING: "^", Tone.BAD: "X"}
_LOUD = (Tone.WARNING, Tone.BAD)
"""Of these a bar has the sign at its end, for whoever does not see colours."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    """Something that happened.

    Attributes:
        lane: Kind of event.
        name: A few words.
        began: When, with its zone; the time line is in UTC.
        ended: When it was over; None when it took no time.
        tone: How to take it.
    """

    lane: str
    name: str
    began: datetime
    ended: datetime | None = None
    tone: Tone = Tone.NEUTRAL


def lanes(events: Sequence[Event], *, x_label: str = "") -> str:
    """Draw events on a common time line, a lane per kind in order of first mention.

    Args:
        events: What happened, in any order; one at least.
        x_label: What the time is.
    """
    first = min(_day(each.began) for each in events)
    last = max(_day(each.ended or each.began) for each in events)
    span = max(last - first, _SECOND)
    placed, ends = _placed(events, first, span)
    heights = {lane: len(rows) for lane, rows in ends.items()}
    gaps = _GAP_ROWS * (len(heights) - 1)
    with canvas(0.9 + _ROW_INCHES * (sum(heights.values()) + gaps)) as (axes, result):
        axes.xaxis_date()
        tops = _tops(heights)
        for lane, top in tops.items():
            axes.axhspan(top, top + heights[lane], color=drawn("line"), alpha=0.45, linewidth=0)
            axes.text(-0.012, top + heights[lane] / 2, lane, va="center", ha="right",
                      transform=axes.get_yaxis_transform())  # fmt: skip
        for event, row, is_named in placed:
            _draw(axes, event, tops[event.lane] + row + 0.5, span, is_named=is_named)
        # A margin on the left for the first mark, on the right for names.
        right = min(max(1.02, *map(max, ends.values())), _LONGEST)
        axes.set(xlim=(first - 0.02 * span, first + right * span), xlabel=x_label, yticks=[])
        axes.set_ylim(sum(heights.values()) + gaps + 0.2, -0.2)
        axes.spines["left"].set_visible(False)
        axes.grid(axis="y", visible=False)
    return result[0]


def _day(moment: datetime) -> float:
    """Return a moment as matplotlib has it: days since 1970 in UTC."""
    return moment.timestamp() / (24 * 60 * 60)


def _tops(heights: Mapping[str, int]) -> dict[str, float]:
    tops, top = {}, 0.0
    for lane, height in heights.items():
        tops[lane] = top
        top += height + _GAP_ROWS
    return tops


def _placed(
    events: Sequence[Event], first: float, span: float
) -> tuple[list[tuple[Event, int, bool]], dict[str, list[float]]]:
    """Give each event the first row of its lane in which it and its name overlap nothing.

    Returns:
        Events with row and whether there is room for the name; lane to where each of its rows
        ends, as a multiple of `span`.
    """
    ends: dict[str, list[float]] = {each.lane: [] for each in events}
    placed = []
    for event in sorted(events, key=lambda each: each.began):
        rows = ends[event.lane]
        begin = (_day(event.began) - first) / span
        end = (_day(event.ended or event.began) - first) / span
        free = next((row for row, until in enumerate(rows) if until <= begin), len(rows))
        is_named = free < _MOST_ROWS
        row = min(free, _MOST_ROWS)
        if row == len(rows):
            rows.append(0.0)
        if is_named:
            rows[row] = end + _MARK_SHARE + len(event.name) * _WIDTH_OF_A_CHARACTER
        placed.append((event, row, is_named))
    return placed, ends


def _draw(axes: Axes, event: Event, height: float, span: float, *, is_named: bool) -> None:
    colour = drawn(event.tone)
    began = ended = _day(event.began)
    if event.ended and _day(event.ended) - began > _BRIEF_SHARE * span:
        ended = _day(event.ended)
        axes.plot([began, ended], [height, height], color=colour, linewidth=6,
                  solid_capstyle="butt", alpha=0.85)  # fmt: skip
        if event.tone in _LOUD:
            # A rim in the ground's colour parts the sign from its bar.
            for shade, rim in ((drawn("card"), 3), (colour, 1)):
                axes.plot(ended, height, marker=_MARKERS[event.tone], color=shade, markersize=7,
                          markeredgewidth=rim)  # fmt: skip
    else:
        axes.plot(began, height, marker=_MARKERS[event.tone], color=colour, markersize=6)
    if is_named:
        axes.annotate(event.name, (ended, height), xytext=(7, 0), textcoords="offset points",
                      va="center", fontsize=_FONT_POINTS)  # fmt: skip
