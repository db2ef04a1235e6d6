import os
import subprocess
import sys
import zipfile
from html.parser import HTMLParser
from pathlib import Path

import reporting
from reporting import Figure, Page, Section, Table, Tile, charts


def a_page(text: str = "text") -> Page:
    svg = charts.timeline([0.0, 1.0, 2.0], {"queued": [0, 5, 1]}, y_label="messages")
    return Page(
        title="Run",
        verdict="Nothing was lost.",
        is_good=True,
        tiles=[Tile(label="files", value="1,095", is_good=True)],
        sections=[
            Section(
                title="Rows",
                text=text,
                figures=[Figure(svg=svg, caption="The queue empties.")],
                tables=[Table(header=["reason", "rows"], rows=[["type", "1,204"]])],
            )
        ],
    )


class LoadedAddresses(HTMLParser):
    """Collects what a browser would fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in {"src", "href", "xlink:href"} and value and not value.startswith("#"):
                self.found.append(f"{tag} {value}")


def test_a_page_loads_nothing_from_elsewhere() -> None:
    parser = LoadedAddresses()
    parser.feed(a_page().html())
    assert parser.found == []


def test_text_is_escaped() -> None:
    html = a_page("<script>alert(1)</script>").html()
    assert "<script>" not in html
    assert "&lt;script&gt;" in html


def test_the_same_data_gives_the_same_bytes(tmp_path: Path) -> None:
    first, second = (a_page().write(tmp_path / name).read_bytes() for name in ("a", "b"))
    assert first == second


def test_only_columns_of_figures_are_set_right() -> None:
    table = Table(header=["reason", "rows", "share"], rows=[["type", "1,204", "3.5 %"]])
    assert [table.is_figure(column) for column in range(3)] == [False, True, True]


def test_bars_show_every_name() -> None:
    svg = charts.bars({"type": 3, "range": 5}, x_label="rows")
    assert svg.startswith("<svg")
    assert svg == charts.bars({"type": 3, "range": 5}, x_label="rows")


def test_curves_and_dots_name_every_series() -> None:
    curve = charts.curves(
        {"a": ([0.0, 1.0], [0.0, 1.0]), "b": ([0.0, 1.0], [0.2, 0.9])}, x_label="x", y_label="y"
    )
    dots = charts.dots({"a": {"EWR": 0.6, "JFK": 0.7}, "b": {"JFK": 0.65}}, x_label="AUC")
    # Text is drawn as paths; matplotlib notes what it says in comments.
    for picture, words in ((curve, ("a", "b", "x", "y")), (dots, ("EWR", "JFK", "AUC", "a", "b"))):
        for word in words:
            assert f"<!-- {word} -->" in picture


def test_a_page_is_made_from_a_zip(tmp_path: Path) -> None:
    """As in a container, where no template is a file."""
    root = Path(reporting.__file__).parents[1]
    archive = tmp_path / "code.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        for path in (root / "reporting").rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                packed.write(path, path.relative_to(root))
    program = (
        "from reporting import Page; print(Page(title='t', verdict='zipped', is_good=True).html())"
    )
    finished = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": str(archive)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert '<p class="verdict good">zipped</p>' in finished.stdout
