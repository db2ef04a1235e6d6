"""What watching the model costs as the predictions grow, beside plain libraries; in the twin."""

import tempfile
from collections.abc import Iterator

from bench.measuring import run_in_twin
from bench.results import Bound, Line
from bench.workshop import Workshop

MOST_SECONDS, AIMED_SECONDS = 1.0, 0.6
MOST_GROWTH = 1.2
"""Of the time per row, from the smallest to the largest size; sorting alone makes it 1.1."""


def monitor(workshop: Workshop) -> Iterator[Line]:
    """Watch windows of real flights, which the model of half a year has answered."""
    snapshot, trained = workshop.snapshot(), workshop.trained()
    workshop.say("the monitor on 100,000 to 400,000 predictions: ours, plain libraries")
    with tempfile.TemporaryDirectory(dir=workshop.folder) as folder:
        result = run_in_twin("monitor", str(snapshot), str(trained.folder), folder)
    first, *larger = (int(size) for size in result["watch"])
    of_rows = {int(size): seconds for size, seconds in result["watch"].items()}
    yield Line(
        what=f"monitor, {first:,} × {result['columns']}, CPU",
        ours=f"{of_rows[first]:.2f} s",
        peer=f"scipy, pandas and sklearn {result['plain']:.2f} s",
        figure=of_rows[first],
        unit="s",
        must=Bound(MOST_SECONDS),
        goal=Bound(AIMED_SECONDS),
    )
    yield Line(
        what="the same, from files to files and page",
        ours=f"{result['job']:.2f} s",
        figure=result["job"],
        unit="s",
    )
    for rows in larger:
        yield Line(
            what=f"monitor, {rows:,} × {result['columns']}, CPU per row",
            ours=f"{of_rows[rows]:.2f} s",
            peer=f"{of_rows[first]:.2f} s for {first:,}",
            figure=of_rows[rows] / rows / (of_rows[first] / first),
            unit="× that of fewer rows",
            must=Bound(MOST_GROWTH),
            goal=Bound(1.0),
        )
