import os
import subprocess
import sys
import zipfile
from html.parser import HTMLParser
from pathlib import Path

import pytest

import reporting
from reporting import Arrow, Figure, Flow, Page, Section, Side, Stage, Table, Tile, charts


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
            is_elsewhere = value and not value.startswith(("#", "data:"))
            if name in {"src", "href", "xlink:href"} and is_elsewhere:
                self.found.append(f"{tag} {value}")


def test_a_page_loads_nothing_from_elsewhere() -> None:
    parser = LoadedAddresses()
    parser.feed(a_page().html())
    assert parser.found == []


def test_text_is_escaped() -> None:
    html = a_page("<script>alert(1)</script>").html()
    assert "<script>" not in html
    assert "&lt;script&gt;" in html


def test_what_stands_between_backticks_is_code_and_text_all_the_same() -> None:
    html = a_page("Run `ops <b>audit</b>` or `nothing").html()
    assert "<p>Run <code>ops &lt;b&gt;audit&lt;/b&gt;</code> or `nothing</p>" in html


def test_code_is_code_in_a_tile_too() -> None:
    tile = Tile(label="sized as `<b>`", value="1")
    html = Page(title="t", verdict="v", is_good=True, tiles=[tile]).html()
    assert "<span>sized as <code>&lt;b&gt;</code></span>" in html


def test_the_same_data_gives_the_same_bytes(tmp_path: Path) -> None:
    first, second = (a_page().write(tmp_path / name).read_bytes() for name in ("a", "b"))
    assert first == second


@pytest.mark.parametrize(
    ("cells", "style"),
    [
        (["1,204", "3.5 %", "21 s", "-3", "+0.046"], "figure"),
        (["0.7", "", "–"], "figure"),
        (["", "–"], "short"),
        (["1-2", "2013-04"], "short"),
        (["3", "many"], "short"),
        (["short", "as long as a sentence is, and longer"], "text"),
        ([], "short"),
    ],
)
def test_columns_are_set_by_what_they_hold(cells: list[str], style: str) -> None:
    rows = [[each, "x" * 50] for each in cells]
    assert Table(header=["a", "b"], rows=rows).styles[0] == style


def test_a_folded_table_shows_its_title_only_until_it_is_opened() -> None:
    table = Table(title="Every row", header=["a"], rows=[["b"]], is_folded=True, has_total=True)
    html = a_page_of(Section(title="s", tables=[table])).html()
    assert "<details>\n<summary>Every row</summary>" in html
    assert '<table class="total">' in html


def test_contents_are_listed_where_there_is_much_to_list() -> None:
    sections = [Section(title=f"Part {number}") for number in range(1, 5)]
    assert '<a href="#section-4">Part 4</a>' in a_page_of(*sections).html()
    assert "<nav" not in a_page_of(*sections[:3]).html()


@pytest.mark.parametrize(
    ("tiles", "columns"), [(0, 6), (3, 4), (4, 4), (5, 5), (6, 6), (7, 4), (8, 4), (9, 5), (12, 6)]
)
def test_the_last_row_of_tiles_is_full_or_nearly(tiles: int, columns: int) -> None:
    page = Page(title="t", verdict="v", is_good=True, tiles=[Tile(label="a", value="1")] * tiles)
    assert page.tile_columns == columns


def test_a_flow_has_its_stages_in_their_places_and_its_arrows() -> None:
    stage = Stage(name="Lake", value="7", label="rows", row=2, column=3, details=["<1 aside>"],
                  arrows=[Arrow(side=Side.UP, label="back", at=0.25)], is_good=False,
                  columns=2)  # fmt: skip
    html = a_page_of(Section(title="s", flow=Flow(stages=[stage]))).html()
    for text in ('class="flow" style="--columns: 4"',
                 'style="--row: 2; --column: 3; --span: 2"',
                 '<b class="bad">7</b>', "<li>&lt;1 aside&gt;</li>",
                 '<div class="arrow up" style="--at: 0.25"><span>back</span></div>'):  # fmt: skip
        assert text in html, text


def a_page_of(*sections: Section) -> Page:
    return Page(title="t", verdict="v", is_good=True, sections=sections)


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
