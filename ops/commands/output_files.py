"""Files that results are written to."""

import webbrowser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from ops.errors import OpsError
from ops.output import Screen

BUILD = Path(__file__).resolve().parents[2] / "build"
"""Where pages go that nobody said another place for; git ignores it."""

OutputOption = Annotated[
    Path | None, typer.Option("--output", help="File to write to instead of the screen.")
]
PageOption = Annotated[
    Path | None, typer.Option("--output", help="File to write the page to, instead of build/.")
]
OpenOption = Annotated[bool, typer.Option("--open", help="Open the page in a browser.")]


def check_writable(path: Path | None) -> None:
    """Find out whether a file can be written, before the work whose result it is to hold.

    What it holds stays; one that is not there is made. Without a path there is nothing to check.

    Raises:
        OpsError: it cannot.
    """
    if path:
        with _written(path), path.open("a"):
            pass


def write(path: Path, text: str) -> None:
    """Replace what a file holds.

    Raises:
        OpsError: it cannot be written.
    """
    with _written(path):
        path.write_text(text, encoding="utf-8")


def write_page(screen: Screen, path: Path, text: str, *, open_it: bool) -> None:
    """Write a page, whose folder is made if it is missing, and say where it is.

    Args:
        screen: Where people look.
        path: The file.
        text: The page.
        open_it: Whether to open it in a browser.

    Raises:
        OpsError: it cannot be written.
    """
    with _written(path):
        path.parent.mkdir(parents=True, exist_ok=True)
    write(path, text)
    # Some browsers, and the graphical desktop, take addresses only.
    if open_it and not webbrowser.open(path.resolve().as_uri()):
        screen.note("No browser could be opened: open the file with one.")
    screen.show({"page": str(path.resolve())}, str(path))


@contextmanager
def _written(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise OpsError(
            f"{path} cannot be written: {error.strerror}", "Give another --output, or none"
        ) from error
