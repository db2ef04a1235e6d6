"""What people and machines see: tables, progress and JSON."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import fields, is_dataclass
from datetime import datetime
from typing import Any

import typer
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

Advance = Callable[[int], None]
"""Called with the number of things that were just finished."""
Show = Callable[[Iterable[RenderableType]], None]
"""Called with the parts of a result, in order."""

WIDTH_WITHOUT_TERMINAL = 160
KEY_DIGITS = 12
"""Digits of a message key that people see."""


def ignore(finished: int) -> None:
    """Be an `Advance` that nobody looks at."""
    del finished


class Screen:
    """Where a command's result goes: results to stdout, everything else to stderr.

    Args:
        as_json: Whether a machine reads the result.
    """

    def __init__(self, *, as_json: bool) -> None:
        self.as_json = as_json
        self._people = _console(stderr=False)
        self._errors = _console(stderr=True)

    def show(self, result: object, *parts: RenderableType) -> None:
        """Print `result` as JSON for machines, or `parts` for people."""
        if self.as_json:
            typer.echo(json.dumps(plain(result), indent=2))
            return
        for part in parts:
            self._people.print(_safe(part))

    def show_text(self, result: object, text: str) -> None:
        """Print `result` as JSON for machines, or `text` as it is: it may be piped on as CSV."""
        typer.echo(json.dumps(plain(result), indent=2) if self.as_json else text, nl=self.as_json)

    def note(self, text: str) -> None:
        """Tell people, not machines, something on stderr."""
        if not self.as_json:
            self._errors.print(Text(printable(text)))

    def error(self, cause: str, remedy: str) -> None:
        """Say on stderr what is wrong and what to do."""
        self._errors.print(Text.assemble(("error: ", "bold red"), printable(cause)))
        self._errors.print(Text.assemble(("remedy: ", "bold"), printable(remedy)))

    @contextmanager
    def progress(self, label: str, total: int | None) -> Iterator[Advance]:
        """Show a bar on stderr while something runs; nothing under `--json`."""
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
        )
        with Progress(*columns, console=self._errors, disable=self.as_json) as bar:
            task = bar.add_task(label, total=total)
            yield lambda finished: bar.update(task, advance=finished)

    @contextmanager
    def live(self) -> Iterator[Show]:
        """Let each result take the place of the one before it; without a terminal, follow it."""
        if not self._people.is_terminal:
            yield lambda parts: self.show(None, *parts)
            return
        # What does not fit is cut: lines that have scrolled away cannot be replaced.
        with Live(console=self._people, auto_refresh=False, vertical_overflow="crop") as place:
            yield lambda parts: place.update(Group(*map(_safe, parts)), refresh=True)

    @contextmanager
    def activity(self, text: str) -> Iterator[Callable[[str], None]]:
        """Show on a terminal that something runs, and what it does now; nothing under `--json`."""
        if self.as_json:
            yield lambda _: None
            return
        with self._errors.status(Text(printable(text))) as status:
            yield lambda now: status.update(Text(printable(now)))


def _safe(part: RenderableType) -> RenderableType:
    """Return texts as they are to be shown; tables are made of such already."""
    return Text(printable(part)) if isinstance(part, str) else part


def _console(*, stderr: bool) -> Console:
    console = Console(stderr=stderr, highlight=False)
    if not console.is_terminal:
        console.width = WIDTH_WITHOUT_TERMINAL
    return console


def printable(text: str) -> str:
    """Escape what a terminal would obey instead of show; lines stay lines."""
    return "".join(
        letter if letter.isprintable() or letter == "\n" else repr(letter)[1:-1] for letter in text
    )


def object_key(uri: str) -> str:
    """Return the key of an S3 URI: people know the bucket, and commands take keys."""
    return uri.removeprefix("s3://").partition("/")[2] or uri


def short_time(moment: str) -> str:
    """Return an ISO 8601 moment to the second, without its zone."""
    return moment[:19].replace("T", " ")


def table(
    title: str, columns: Sequence[str], rows: Iterable[Sequence[object]], *, caption: str = ""
) -> Table:
    """Return a table of plain texts; numbers are right-aligned, None and empty texts are dashes."""
    body = [list(row) for row in rows]
    result = Table(
        title=Text(title), title_justify="left", caption=Text(caption) if caption else None
    )
    for index, column in enumerate(columns):
        is_number = bool(body) and all(isinstance(row[index], int | float) for row in body)
        result.add_column(column, justify="right" if is_number else "left", overflow="fold")
    for row in body:
        result.add_row(*(Text(_cell(value)) for value in row))
    return result


def _cell(value: object) -> str:
    if value is None or value == "":
        return "–"
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return printable(str(value))


def facts(title: str, pairs: Mapping[str, object]) -> Table:
    """Return a table of two columns without headings: names and values."""
    result = Table(title=Text(title), title_justify="left", show_header=False)
    result.add_column(style="bold")
    result.add_column(overflow="fold")
    for name, value in pairs.items():
        result.add_row(Text(name), Text(_cell(value)))
    return result


def plain(value: object) -> Any:
    """Return `value` as what JSON can express: dataclasses as objects, sets sorted."""
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, set | frozenset):
        return sorted(plain(item) for item in value)
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if value is None or isinstance(value, str | int | float | bool):
        return value
    return value.isoformat() if isinstance(value, datetime) else str(value)
