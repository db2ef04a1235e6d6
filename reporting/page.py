"""A page is a verdict, a row of tiles, and sections of text, flows, pictures and tables."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from pathlib import Path

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup, escape

from reporting.colours import COLOURS
from reporting.flow import Flow

FIGURE = re.compile(r"[-+]?[\d,]+(\.\d+)?( \S+)?")
_CODE = re.compile(r"`([^`]+)`")
_MANY_SECTIONS = 4
"""So many sections are worth a list of contents."""
_SHORT = 22
"""Characters of a cell that fit a line."""
_NOTHING = ("", "–")
_TILES = (6, 5, 4)
"""Side by side, as many as are neither crowded nor lost."""


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
    """Rows of text under a header; columns that hold only figures are set right.

    Attributes:
        header: Names of the columns.
        rows: Rows of as many cells.
        title: What they are; empty where the section's title says it.
        is_folded: Whether only the title is seen until a reader opens it.
        has_total: Whether the last row adds up the others.
    """

    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    title: str = ""
    is_folded: bool = False
    has_total: bool = False

    @property
    def styles(self) -> list[str]:
        """How each column is set: as `figure`, as `short` names on one line, or as `text`.

        Figures are numbers, perhaps with a unit; cells without one say nothing or a dash.
        """
        columns = range(len(self.header))
        return [self._style([row[column] for row in self.rows]) for column in columns]

    @staticmethod
    def _style(cells: Sequence[str]) -> str:
        told = [each for each in cells if each not in _NOTHING]
        if told and all(FIGURE.fullmatch(each) for each in told):
            return "figure"
        return "short" if all(len(each) <= _SHORT for each in cells) else "text"


@dataclass(frozen=True, kw_only=True, slots=True)
class Figure:
    """A picture as SVG text, with a caption that says what to see in it."""

    svg: str
    caption: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Section:
    """A heading, a few sentences, then a flow, pictures and tables."""

    title: str
    text: str = ""
    flow: Flow | None = None
    figures: Sequence[Figure] = ()
    tables: Sequence[Table] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Page:
    """One HTML document.

    Attributes:
        title: What the page is about.
        verdict: The result, in one sentence.
        is_good: Whether the verdict is the one hoped for.
        subtitle: Of what, where and when it is.
        tiles: The few figures to see first.
        sections: Everything else, in reading order.
    """

    title: str
    verdict: str
    is_good: bool
    subtitle: str = ""
    tiles: Sequence[Tile] = ()
    sections: Sequence[Section] = field(default_factory=tuple)

    @property
    def has_contents(self) -> bool:
        """Whether there are enough sections for a list of them."""
        return len(self.sections) >= _MANY_SECTIONS

    @property
    def tile_columns(self) -> int:
        """How many tiles lie side by side on a wide screen: the last row is full, or nearly."""
        count = len(self.tiles)
        return count if count in _TILES else min(_TILES, key=lambda each: (-count % each, -each))

    def write(self, path: Path) -> Path:
        """Write the page to `path`, whose folder is made if it is missing; return `path`."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(self.html(), encoding="utf-8")
        return path

    def html(self) -> str:
        """Return the document; everything but the pictures is escaped."""
        return _environment().get_template("page.html.j2").render(page=self, colours=COLOURS)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FunctionLoader(_read_template),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["prose"] = _prose
    return environment


def _prose(text: str) -> Markup:
    """Return text as HTML: what stands between backticks is code, and nothing else is more."""
    return Markup(_CODE.sub(r"<code>\1</code>", str(escape(text))))  # noqa: S704 - escaped


def _read_template(name: str) -> str:
    """Return a template's text; in a container this package lies in a zip, which is no folder."""
    return resources.files("reporting").joinpath("templates", name).read_text(encoding="utf-8")
