"""The table as a page, with what belongs in a picture."""

from collections.abc import Sequence
from pathlib import Path

from bench.results import HEADER, Line, Verdict, cells
from reporting import Figure, Page, Section, Table, Tile, charts

PICTURES = {
    "peak memory, ": ("Peak memory", "MB", "Memory does not follow the size of the file."),
    "CPU per MB, ": ("CPU time per MB", "ms per MB", "Nor does the time for a megabyte."),
    "AUC gained by retraining, ": (
        "What retraining gains",
        "points of AUC",
        "A model that knows all months before, against one that knows January and February.",
    ),
}


def write_report(path: Path, lines: Sequence[Line], machine: str) -> Path:
    """Write the page to `path`, and return `path`."""
    missed = [line for line in lines if line.verdict is Verdict.MISSED]
    at_goal = sum(line.verdict is Verdict.GOAL for line in lines)
    aimed = sum(line.goal is not None for line in lines)
    promised = sum(line.must is not None for line in lines)
    page = Page(
        title="Benchmarks",
        verdict=f"Missed: {missed[0].what}" if missed else "Every promise is kept.",
        is_good=not missed,
        tiles=[
            Tile(
                label="promises kept",
                value=f"{promised - len(missed)} of {promised}",
                is_good=not missed,
            ),
            Tile(label="goals reached", value=f"{at_goal} of {aimed}"),
        ],
        sections=[
            Section(
                title="All figures",
                text=f"Compare figures of one run only. Machine: {machine}.",
                tables=[Table(header=HEADER, rows=[cells(line) for line in lines])],
            ),
            *_pictures(lines),
        ],
    )
    return page.write(path)


def _pictures(lines: Sequence[Line]) -> list[Section]:
    sections = []
    for prefix, (title, label, caption) in PICTURES.items():
        values = {
            line.what.removeprefix(prefix): line.figure
            for line in lines
            if line.what.startswith(prefix) and line.unit != "×"
        }
        if values:
            figure = Figure(svg=charts.bars(values, x_label=label), caption=caption)
            sections.append(Section(title=title, figures=[figure]))
    return sections
