"""Files that results are written to."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from ops.errors import OpsError

OutputOption = Annotated[
    Path | None, typer.Option("--output", help="File to write to instead of the screen.")
]


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
        path.write_text(text)


@contextmanager
def _written(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise OpsError(
            f"{path} cannot be written: {error.strerror}", "Give another --output, or none"
        ) from error
