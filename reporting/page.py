"""A page is a verdict, a row of tiles, and sections of text, tables and pictures."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from pathlib import Path

from jinja2 import Environment, FunctionLoader, StrictUndefined

FIGURE = re.compile(r"-?[\d,]+(\.\d+)?( \S+)?")


@dataclass(frozen=True, kw_only=True, slots=True)
class Tile:
    """One figure that a reader should see first.

    Attributes:
        label: What it counts.
        value: The figure, formatted.
        is_good: Green or red; None where a figure is neither.
    """

    label: str
    value: str
    is_good: bool | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Table:
    """Rows of text under a header; columns that hold only figures are set right."""

    header: Sequence[str]
    rows: Sequence[Sequence[str]]

    def is_figure(self, column: int) -> bool:
        """Whether every cell of `column` (from 0) is a number, perhaps with a unit."""
        return bool(self.rows) and all(FIGURE.fullmatch(row[column]) for row in self.rows)


@dataclass(frozen=True, kw_only=True, slots=True)
class Figure:
    """A picture as SVG text, with a caption that says what to see in it."""

    svg: str
    caption: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Section:
    """A heading, a few sentences, then pictures and tables."""

    title: str
    text: str = ""
    figures: Sequence[Figure] = ()
    tables: Sequence[Table] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Page:
    """One HTML document.

    Attributes:
        title: What the page is about.
        verdict: The result, in one sentence.
        is_good: Whether the verdict is the one hoped for.
        tiles: The few figures to see first.
        sections: Everything else, in reading order.
    """

    title: str
    verdict: str
    is_good: bool
    tiles: Sequence[Tile] = ()
    sections: Sequence[Section] = field(default_factory=tuple)

    def write(self, path: Path) -> Path:
        """Write the page to `path`, whose folder is made if it is missing; return `path`."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(self.html(), encoding="utf-8")
        return path

    def html(self) -> str:
        """Return the document; everything but the pictures is escaped."""
        return _environment().get_template("page.html.j2").render(page=self)


@cache
def _environment() -> Environment:
    return Environment(
        loader=FunctionLoader(_read_template),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _read_template(name: str) -> str:
    """Return a template's text; in a container this package lies in a zip, which is no folder."""
    return resources.files("reporting").joinpath("templates", name).read_text(encoding="utf-8")
