"""Temporary files. Lambda keeps `/tmp` between invocations, also after it killed one."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_PREFIX = "ingest-"


@contextmanager
def workspace() -> Iterator[Path]:
    """Give an empty folder, and remove it with what it holds by then."""
    name = f"{_PREFIX}{os.getpid()}-"
    with tempfile.TemporaryDirectory(prefix=name, ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def remove_leftovers() -> None:
    """Remove the folders of runs that were killed: of this process, or of one that is gone.

    Call it while no `workspace` is open in this process. Other processes may work in the same
    temporary folder (the local cloud runs several workers on one machine).
    """
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*-*"):
        owner = folder.name.removeprefix(_PREFIX).partition("-")[0]
        if owner.isdigit() and (int(owner) == os.getpid() or not _is_alive(int(owner))):
            shutil.rmtree(folder, ignore_errors=True)


def _is_alive(process_id: int) -> bool:
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        pass
    return True
