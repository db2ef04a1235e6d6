"""Texts that a person edits, in the editor of their choice."""

import os
import shlex
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ops.errors import OpsError

EDITORS = ("VISUAL", "EDITOR")
"""Variables that name the editor, as git and crontab look at them."""


@contextmanager
def edited(text: str, *, tell: Callable[[str], None]) -> Iterator[str]:
    """Let a person edit a text, and yield what they made of it.

    When what follows fails, their text is kept in a file, so that nothing has to be typed twice.

    Args:
        text: What they begin with.
        tell: Called with where their text is kept.

    Raises:
        OpsError: no editor is set, it cannot be started, or it ended with a failure.
    """
    command = _editor()
    descriptor, name = tempfile.mkstemp(prefix="edited-", suffix=".json")
    os.close(descriptor)
    path, is_done = Path(name), False
    path.write_text(text)
    try:
        _run([*command, name])
        yield path.read_text()
        is_done = True
    finally:
        if is_done or path.read_text() == text:
            path.unlink()
        else:
            tell(f"What you wrote is kept; go on with it: --file {path}")


def _editor() -> list[str]:
    for variable in EDITORS:
        # It may have arguments, such as `code --wait`.
        if command := shlex.split(os.environ.get(variable, "")):
            return command
    raise OpsError(
        f"no editor is set: neither {' nor '.join(EDITORS)}",
        "Set EDITOR, or give the whole document with --file",
    )


def _run(command: list[str]) -> None:
    try:
        status = subprocess.run(command, check=False).returncode
    except OSError as error:
        raise OpsError(
            f"the editor {command[0]} cannot be started: {error.strerror}",
            "Set EDITOR to another one, or give the whole document with --file",
        ) from error
    if status:
        raise OpsError(
            f"the editor {command[0]} ended with status {status}; nothing was stored",
            "Repeat it, or give the whole document with --file",
        )
