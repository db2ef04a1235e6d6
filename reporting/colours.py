"""Every colour of a page, for bright and for dark surroundings.

Charts are drawn with the bright ones and then refer to them by name, so that the reader's browser
chooses; the style sheet is written from the same table. All pairs that meet have the contrast that
WCAG 2.2 asks for, 4.5 for text and 3 for lines: a test computes it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

_IN_A_STYLE = re.compile(r"(?<=: )#[0-9a-f]{6}\b")


@dataclass(frozen=True, slots=True)
class Colour:
    """One colour, as `#rrggbb` in lower case.

    Attributes:
        light: In bright surroundings; no other colour has the same.
        dark: In dark ones.
    """

    light: str
    dark: str


COLOURS: Mapping[str, Colour] = {
    "paper": Colour("#f6f7f9", "#0e1216"),
    "card": Colour("#ffffff", "#161b21"),
    "ink": Colour("#17202a", "#e6ebf0"),
    "soft": Colour("#55626e", "#a0adb9"),
    "line": Colour("#e2e7ec", "#2a323b"),
    "axis": Colour("#84919d", "#66747f"),
    "accent": Colour("#0b6bab", "#6cb8f0"),
    "good": Colour("#17764a", "#4fc68d"),
    "good-tint": Colour("#e8f5ee", "#11261b"),
    "bad": Colour("#b3261e", "#ff8d82"),
    "bad-tint": Colour("#fcebe9", "#321816"),
    # After Okabe and Ito, told apart by everybody; made darker, or brighter, to be seen.
    # https://jfly.uni-koeln.de/color/
    "series-1": Colour("#0072b2", "#58aeee"),
    "series-2": Colour("#c27c00", "#f0b234"),
    "series-3": Colour("#008f68", "#2fca9c"),
    "series-4": Colour("#cf5a00", "#ff9152"),
    "series-5": Colour("#b65d93", "#e5a0c6"),
    "series-6": Colour("#2b8cc4", "#93d2f6"),
    "series-7": Colour("#857500", "#e4d949"),
    "series-8": Colour("#5b6b7a", "#a3b0bc"),
    "series-bad": Colour("#c62828", "#ff6f66"),
    # Of a heat map: four steps up to the threshold, three above it, each with its ink.
    "heat-1": Colour("#f0f5fa", "#1a222b"),
    "heat-2": Colour("#d8e7f4", "#1d3144"),
    "heat-3": Colour("#b8d4eb", "#214562"),
    "heat-4": Colour("#92bddf", "#285a84"),
    "heat-5": Colour("#f6bd6a", "#8a5210"),
    "heat-6": Colour("#b9501a", "#e08b32"),
    "heat-7": Colour("#8c1d18", "#ffc09b"),
    "heat-ink-1": Colour("#3d4955", "#b9c4ce"),
    "heat-ink-2": Colour("#3a4652", "#c3ced8"),
    "heat-ink-3": Colour("#2c3844", "#d5dee6"),
    "heat-ink-4": Colour("#1d2833", "#e9eff4"),
    "heat-ink-5": Colour("#2a1a02", "#fff3e0"),
    "heat-ink-6": Colour("#fffdfa", "#1d1002"),
    "heat-ink-7": Colour("#fffcfb", "#2a1006"),
}
_NAMES = {colour.light: name for name, colour in COLOURS.items()}

PALETTE = tuple(COLOURS[f"series-{number}"].light for number in range(1, 9))
"""Of the series of a chart, in order."""
BAD = COLOURS["series-bad"].light


def drawn(name: str) -> str:
    """Return what a chart is drawn with where `COLOURS` has `name`."""
    return COLOURS[name].light


def themed(svg: str) -> str:
    """Let an SVG text take the page's colours; alone it keeps those that it was drawn with."""
    return _IN_A_STYLE.sub(_reference, svg)


def _reference(found: re.Match[str]) -> str:
    name = _NAMES.get(found[0])
    return f"var(--{name}, {found[0]})" if name else found[0]
