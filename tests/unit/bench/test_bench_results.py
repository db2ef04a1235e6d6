import pytest

from bench.results import Bound, Line, Verdict

AT_MOST_TWO, AT_MOST_ONE = Bound(2), Bound(1)


@pytest.mark.parametrize(
    ("figure", "must", "goal", "verdict"),
    [
        (1, AT_MOST_TWO, AT_MOST_ONE, Verdict.GOAL),
        (2, AT_MOST_TWO, AT_MOST_ONE, Verdict.SHORT),
        (2.1, AT_MOST_TWO, AT_MOST_ONE, Verdict.MISSED),
        (2, AT_MOST_TWO, None, Verdict.OK),
        (1.1, None, AT_MOST_ONE, Verdict.SHORT),
        (9, None, None, Verdict.REPORTED),
        (5, Bound(5, is_floor=True), None, Verdict.OK),
        (4.9, Bound(5, is_floor=True), None, Verdict.MISSED),
    ],
)
def test_a_figure_is_held_against_what_was_promised_and_what_is_aimed_at(
    figure: float, must: Bound | None, goal: Bound | None, verdict: Verdict
) -> None:
    line = Line(what="x", ours="", figure=figure, unit="×", must=must, goal=goal)

    assert line.verdict is verdict


@pytest.mark.parametrize(
    ("figure", "shown"),
    [(0, "0 s"), (1.0, "1.00 s"), (12.34, "12.3 s"), (1234.5, "1,234 s"), (-1.25, "-1.25 s")],
)
def test_figures_are_shown_with_the_digits_that_mean_something(figure: float, shown: str) -> None:
    assert Line(what="x", ours="", figure=figure, unit="s").shown_figure == shown
