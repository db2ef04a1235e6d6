"""What is read or told apart by colour can be, in bright and in dark surroundings."""

import re
from collections.abc import Iterator

import pytest

from reporting import charts
from reporting.colours import COLOURS, drawn, themed
from reporting.heatmaps import Cell, heatmap

TEXT, LINE = 4.5, 3.0
"""Least contrast, by WCAG 2.2: 1.4.3 and 1.4.11."""
SCHEMES = ("light", "dark")


def luminance(colour: str) -> float:
    """Return the relative luminance of `#rrggbb`, as WCAG defines it."""
    parts = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    linear = [
        each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(first: str, second: str, scheme: str) -> float:
    both = (luminance(getattr(COLOURS[name], scheme)) for name in (first, second))
    low, high = sorted(both)
    return (high + 0.05) / (low + 0.05)


def texts() -> Iterator[tuple[str, str]]:
    for ink in ("ink", "soft", "accent", "good", "bad"):
        yield from ((ink, ground) for ground in ("paper", "card"))
    yield from (("good", "good-tint"), ("bad", "bad-tint"))
    yield from ((f"heat-ink-{number}", f"heat-{number}") for number in range(1, 8))


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize(("ink", "ground"), list(texts()))
def test_text_can_be_read(ink: str, ground: str, scheme: str) -> None:
    assert contrast(ink, ground, scheme) >= TEXT


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("name", [*(f"series-{number}" for number in range(1, 9)), "series-bad",
                                  "axis"])  # fmt: skip
def test_lines_can_be_seen(name: str, scheme: str) -> None:
    assert contrast(name, "card", scheme) >= LINE


def test_a_chart_tells_the_colours_by_what_it_is_drawn_with() -> None:
    lights = [each.light for each in COLOURS.values()]
    assert len(set(lights)) == len(lights)
    assert all(re.fullmatch("#[0-9a-f]{6}", each) for each in lights)


def test_only_colours_of_styles_are_themed() -> None:
    ink = drawn("ink")
    assert themed(f'<g style="fill: {ink}; stroke: #123456"/><!-- {ink} -->') == (
        f'<g style="fill: var(--ink, {ink}); stroke: #123456"/><!-- {ink} -->'
    )


@pytest.mark.parametrize(
    "svg",
    [
        charts.timeline([0.0, 1.0], {"a": [1, 2], "b": [2, 1]}, y_label="y", marks={"m": 0.5}),
        charts.stacks([0.0, 1.0], {"a": [1, 2], "b": [2, 1]}, y_label="y", bad="b"),
        charts.curves({"a": ([0.0, 1.0], [0.0, 1.0])}, x_label="x", y_label="y", marker="o"),
        charts.dots({"a": {"r": 1.0}}, x_label="x"),
        charts.bars({"a": 1.0}, x_label="x"),
        heatmap(["r"], ["a", "b", "c"], [[Cell(0.1, 0.2), Cell(1.0, 0.2), Cell(1.0, None)]]),
    ],
)
def test_nothing_in_a_chart_keeps_a_colour_of_its_own(svg: str) -> None:
    styles = re.findall(r'style="([^"]*)"', svg)
    fixed = {
        value
        for style in styles
        for name, value in re.findall(r"(fill|stroke): ([^;]+)", style)
        if not value.startswith(("none", "var(--"))
    }
    assert fixed == set()
    # Text in black would not say so: black is what SVG takes without a word.
    assert not re.search(r"<g transform=[^>]*>\s*(<defs>.*?</defs>\s*)?<use", svg, re.DOTALL)
