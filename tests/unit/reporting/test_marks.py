"""Names of moments: each at its line, above all that is drawn, and nothing runs through any."""

import itertools
import re

import pytest

from reporting import charts, marks
from reporting.canvas import POINTS_PER_INCH, WIDTH_INCHES
from reporting.marks import Mark

# Of a run of the demo, in which six steps take less than two minutes together.
STEPS = {"wrong contract": 1.0, "stream": 25.0, "right contract": 78.0, "replay": 104.0,
         "damaged month": 117.0, "correction": 131.0, "the year": 140.0, "serving": 610.0,
         "burst": 790.0, "late events": 814.0, "audit": 815.5}  # fmt: skip
SECONDS = [float(each) for each in range(824)]


def timeline(waiting: float = 300.0, names: dict[str, float] | None = None) -> str:
    values = [waiting] * len(SECONDS)
    return charts.timeline(SECONDS, {"waiting": values}, y_label="messages", marks=names or STEPS)


def stacks() -> str:
    values = [3.0] * len(SECONDS)
    return charts.stacks(SECONDS, {"model 4": values}, y_label="requests", marks=STEPS)


def names(svg: str) -> dict[str, tuple[float, float]]:
    """Return where each name begins, and how far down its foot is."""
    found = re.findall(r"<!--  (.*?) -->.*?translate\(([\d.]+) ([\d.]+)\)", svg, re.DOTALL)
    return {name: (float(x), float(y)) for name, x, y in found if name in STEPS}


def lines(svg: str) -> list[float]:
    """Return where the dotted lines of moments are, from left to right."""
    found = re.findall(r'<path d="M ([\d.]+) [\d.]+ \nL \1 [\d.]+ \n" clip-path[^>]*dash', svg)
    return sorted(float(each) for each in found)


@pytest.mark.parametrize("svg", [timeline(), stacks()], ids=["timeline", "stacks"])
def test_each_name_begins_at_its_line(svg: str) -> None:
    places = sorted(x for x, _ in names(svg).values())

    assert len(places) == len(lines(svg)) == len(STEPS)
    assert places == pytest.approx(lines(svg), abs=0.5)


@pytest.mark.parametrize("svg", [timeline(), stacks()], ids=["timeline", "stacks"])
def test_no_peak_reaches_the_names(svg: str) -> None:
    clip = re.search(r'<rect x="[\d.]+" y="([\d.]+)" width', svg)
    assert clip
    assert max(y for _, y in names(svg).values()) < float(clip[1])


def test_no_line_runs_through_a_name_and_no_names_overlap() -> None:
    placed = marks.placed(STEPS, SECONDS)

    assert [each.name for each in placed] == list(STEPS)
    for first, second in itertools.combinations(placed, 2):
        # As wide as its characters are on the whole, on axes that are nine tenths of the picture.
        points = 0.6 * 7.5 * (1 + len(first.name))
        width = points / (0.9 * WIDTH_INCHES * POINTS_PER_INCH) * len(SECONDS)
        if second.second < first.second + width:
            assert second.row > first.row, (first, second)


def test_names_far_from_each_other_are_in_one_row() -> None:
    assert marks.placed({"b": 90.0, "a": 10.0}, [0.0, 100.0]) == [
        Mark("a", 10, 0),
        Mark("b", 90, 0),
    ]


def test_a_moment_alone_needs_no_samples() -> None:
    assert marks.placed({"a": 1.0}, []) == [Mark("a", 1.0, 0)]
    assert marks.placed({}, []) == []
    assert charts.stacks([], {}, y_label="y", marks={"a": 1.0}).startswith("<svg")


def test_names_take_no_room_from_what_is_drawn() -> None:
    def height(svg: str) -> float:
        clip = re.search(r'<rect x="[\d.]+" y="[\d.]+" width="[\d.]+" height="([\d.]+)"', svg)
        assert clip
        return float(clip[1])

    bare = charts.timeline(SECONDS, {"waiting": [1.0] * len(SECONDS)}, y_label="messages")
    assert height(timeline()) == pytest.approx(height(bare), abs=6)
