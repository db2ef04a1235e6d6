"""Finding and ending processes, on Linux and macOS, with the standard library."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

_PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class Process:
    """One running process: its id, its process group and its command line."""

    pid: int
    group: int
    command: str


def list_processes() -> list[Process]:
    """Return the processes of this machine that have not ended (zombies do not count)."""
    return _from_proc() if _PROC.joinpath("self", "stat").exists() else _from_ps()


def _from_proc() -> list[Process]:
    found = []
    for folder in _PROC.iterdir():
        if not folder.name.isdigit():
            continue
        try:
            # The second field is the program's name in parentheses and may hold anything.
            fields = folder.joinpath("stat").read_text().rpartition(")")[2].split()
            command = folder.joinpath("cmdline").read_bytes().replace(b"\0", b" ")
        except OSError:  # it ended while we looked
            continue
        state, group = fields[0], int(fields[2])
        if state not in "ZX":
            found.append(Process(int(folder.name), group, command.decode(errors="replace")))
    return found


def _from_ps() -> list[Process]:
    listing = subprocess.run(
        ["/bin/ps", "-axo", "pid=,pgid=,state=,command="],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    rows = (line.split(None, 3) for line in listing.splitlines())
    return [
        Process(int(row[0]), int(row[1]), row[3])
        for row in rows
        if len(row) == 4 and not row[2].startswith("Z")  # noqa: PLR2004 -- the columns asked for
    ]


def wait_until(condition: Callable[[], bool], *, seconds: float, interval: float = 0.05) -> bool:
    """Return True as soon as `condition` holds, or False when `seconds` have passed."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() >= deadline:
            return False
        time.sleep(interval)
    return True


def send_signal(pids: Iterable[int], number: signal.Signals) -> None:
    """Send a signal to each process that still exists."""
    for pid in pids:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            continue
