"""Heat maps, time lines and estimates: what must be seen is there, whatever the names are."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from reporting import charts
from reporting.charts import Estimate, estimates
from reporting.colours import drawn
from reporting.heatmaps import Cell, heatmap
from reporting.lanes import Event, Tone, lanes

HOSTILE = '</svg><script>alert(1)</script> --> $\\frac{1}$ "&'
BEGAN = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)


def said(svg: str) -> list[str]:
    """Return what a picture says: text is drawn as paths, and noted in comments."""
    return re.findall(r"<!-- (.*?) -->", svg)


def at(minutes: float) -> datetime:
    return BEGAN + timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("value", "step"),
    [(0.0, 1), (0.05, 1), (0.1, 2), (0.15, 3), (0.2, 4), (0.21, 5), (0.4, 5), (0.5, 6), (9, 7)],
)
def test_a_cell_is_coloured_by_its_share_of_the_threshold(value: float, step: int) -> None:
    svg = heatmap(["row"], ["column"], [[Cell(value, 0.2)]])
    # The other time it is in the legend, as every step is.
    assert svg.count(f"var(--heat-{step}, ") == 2
    assert f"var(--heat-ink-{step}, " in svg


def test_cells_above_the_threshold_are_marked_without_colour_too() -> None:
    calm = heatmap(["row"], ["column"], [[Cell(0.2, 0.2)]])
    loud = heatmap(["row"], ["column"], [[Cell(0.21, 0.2)]])

    assert "DejaVuSans-Bold" in loud
    assert "DejaVuSans-Bold" not in calm
    ink = drawn("heat-ink-5")
    assert f"stroke: var(--heat-ink-5, {ink})" in loud  # the sign beside the figure
    assert "stroke: var(--heat-ink-" not in calm


@pytest.mark.parametrize("columns", [1, 3, 12])
def test_the_sign_is_beside_its_figure_however_wide_a_cell_is(columns: int) -> None:
    cells = [Cell(0.9, 0.2), *[Cell(0.1, 0.2)] * (columns - 1)]
    svg = heatmap(["row"], [f"c{number}" for number in range(columns)], [cells])

    sign = re.search(r'<use xlink:href="#m\w+" x="([\d.]+)"[^>]*stroke: var\(--heat-ink-', svg)
    figure = re.search(r"<!-- 0.90 -->.*?translate\(([\d.]+) ", svg, re.DOTALL)
    assert sign
    assert figure
    # A figure of four characters, 8 points high and bold, is 20 points wide.
    assert 21 < float(sign[1]) - float(figure[1]) < 30


def test_what_nobody_compares_has_a_figure_and_no_colour_and_what_is_not_there_has_neither() -> (
    None
):
    svg = heatmap(["a", "b"], ["x", "y"], [[Cell(7.5, None), None], [None, Cell(0.0, 0.2)]])

    figures = [each for each in said(svg) if re.fullmatch(r"\d\.\d\d", each)]
    assert figures == ["7.50", "0.00"]
    assert not Cell(7.5, None).is_above
    assert all(svg.count(f"var(--heat-{step}, ") == 1 for step in range(2, 8))


def test_events_have_their_lane_name_tone_and_length() -> None:
    svg = lanes(
        [
            Event(lane="trainings", name="first", began=at(0), ended=at(5)),
            Event(lane="releases", name="model 1", began=at(6), ended=at(6.01), tone=Tone.GOOD),
            Event(lane="releases", name="model 2", began=at(9), tone=Tone.BAD),
        ],
        x_label="time, UTC",
    )

    words = said(svg)
    assert {"trainings", "releases", "first", "model 1", "model 2", "time, UTC"} <= set(words)
    assert words.index("trainings") < words.index("releases")
    for tone in (Tone.NEUTRAL, Tone.GOOD, Tone.BAD):
        assert f"var(--{tone}, " in svg


def test_events_at_the_same_time_lie_above_each_other_and_are_drawn_even_without_a_name() -> None:
    events = [Event(lane="a", name=f"event {number}", began=at(0)) for number in range(10)]

    svg = lanes([*events, Event(lane="a", name="later", began=at(60))])

    assert {f"event {number}" for number in range(8)} | {"later"} <= set(said(svg))
    assert not {"event 8", "event 9"} & set(said(svg))
    assert len(heights(svg)) == len(heights(lanes(events[:8]))) + 1, "the nameless share a row"


def heights(svg: str) -> set[str]:
    """Return the heights at which something is marked, the axis included."""
    mark = r'<use xlink:href="#m\w+" x="[\d.]+" y="([\d.]+)" style="fill: var'
    return set(re.findall(mark, svg))


@pytest.mark.parametrize(
    ("tone", "signs"), [(Tone.NEUTRAL, 0), (Tone.GOOD, 0), (Tone.WARNING, 1), (Tone.BAD, 1)]
)
def test_a_bar_says_without_colour_that_something_went_wrong(tone: Tone, signs: int) -> None:
    svg = lanes([Event(lane="a", name="long", began=at(0), ended=at(9), tone=tone)])

    bars = drawn_paths(svg, f"stroke: var(--{tone}, ")
    places = re.findall(rf'<use xlink:href="#m\w+" x="([\d.]+)"[^>]*fill: var\(--{tone}, ', svg)
    assert len(places) == signs
    assert all(float(place) == pytest.approx(float(bars[0][2])) for place in places)


def test_one_event_is_enough() -> None:
    assert "alone" in said(lanes([Event(lane="a", name="alone", began=at(0))]))


def test_estimates_have_intervals_gaps_and_references() -> None:
    svg = estimates(
        ["Jan", "Feb", "Mar"],
        {"model": [Estimate(0.7, 0.69, 0.71), None, Estimate(0.6, 0.5, 0.65)]},
        x_label="month",
        y_label="AUC",
        references={"least": [0.55, None, 0.55]},
    )

    words = said(svg)
    assert words.index("model") < words.index("least")  # in the legend
    assert {"Jan", "Feb", "Mar", "month", "AUC"} <= set(words)


def test_long_names_of_series_lie_below_each_other() -> None:
    """So that they take no room from the axes, and none is cut off."""
    months, values = ["Jan", "Feb"], [0.7, 0.71]

    def width(name: str) -> float:
        svg = charts.lines(
            months, {f"{name} {each}": values for each in range(3)}, x_label="x", y_label="y"
        )
        return axes_width(svg)

    assert width("a name that is longer than others are used to be") == width("short")


@pytest.mark.parametrize("months", [["Jan"], ["Jan", "Feb", "Mar"]])
def test_what_estimates_are_compared_with_reaches_over_all_positions(months: list[str]) -> None:
    """Where there is one alone, too: without a length, nobody would see it."""
    values = [Estimate(0.7, 0.69, 0.71)] * len(months)
    svg = estimates(
        months,
        {"model": values},
        x_label="x",
        y_label="y",
        references={"least": [0.5] * len(months)},
    )

    # Elsewhere the colour is in the legend, which has no room for a line as long.
    lengths = [
        abs(float(path[-2]) - float(path[0]))
        for path in drawn_paths(svg, f"stroke: var(--soft, {drawn('soft')})")
    ]
    assert max(lengths) == pytest.approx(axes_width(svg), abs=0.1)


def drawn_paths(svg: str, style: str) -> list[list[str]]:
    """Return the numbers of each path of a style, as x, y, x, y."""
    found = re.findall(rf'<path d="([^"]*)"[^>]*style="[^"]*{re.escape(style)}', svg)
    return [re.findall(r"[\d.]+", each) for each in found]


def axes_width(svg: str) -> float:
    clip = re.search(r'<rect x="[\d.]+" y="[\d.]+" width="([\d.]+)"', svg)
    assert clip
    return float(clip[1])


def test_nothing_but_gaps_is_drawn_too() -> None:
    assert "AUC" in said(estimates(["Jan"], {"model": [None]}, x_label="month", y_label="AUC"))


@pytest.mark.filterwarnings("error")
def test_names_that_mean_something_elsewhere_are_drawn_as_they_are() -> None:
    pictures = [
        heatmap([HOSTILE], [HOSTILE], [[Cell(1.0, 0.2)]]),
        lanes([Event(lane=HOSTILE, name=HOSTILE, began=at(0))], x_label=HOSTILE),
        estimates([HOSTILE], {HOSTILE: [None]}, x_label=HOSTILE, y_label=HOSTILE),
    ]

    for picture in pictures:
        assert "<script" not in picture
        assert picture.count("</svg>") == 1


def test_pictures_on_one_page_share_no_ids_but_those_of_equal_shapes() -> None:
    """An id stands for one thing on a page."""
    first, second = (heatmap(["r"], ["c"], [[Cell(value, 0.2)]]) for value in (0.1, 0.9))
    shapes = [dict(re.findall(r'<path id="([^"]+)" d="([^"]+)"', each)) for each in (first, second)]
    assert '<g id="' not in first + second
    for name in shapes[0].keys() & shapes[1].keys():
        assert shapes[0][name] == shapes[1][name]
