"""Child processes that print into a callback and never outlive this process."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, cast

from local.sagemaker import guard

_GUARD = Path(guard.__file__)
_CHUNK_BYTES = 65536

LineSink = Callable[[Sequence[str]], None]


class Child:
    """A running program, with everything it started itself."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        environment: Mapping[str, str],
        folder: Path,
        on_lines: LineSink,
    ) -> None:
        """Start it.

        Args:
            command: Program and arguments.
            environment: All of its variables.
            folder: Where it starts.
            on_lines: Called, in a thread of its own, with what it prints, while it prints.
        """
        self._process = subprocess.Popen(
            # Isolated and without site: nothing but the standard library, in a few milliseconds.
            [sys.executable, "-I", "-S", str(_GUARD), *command],
            env=dict(environment),
            cwd=folder,
            # Nobody writes to it: it closes with this process, which the guard notices.
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self._reader = threading.Thread(
            target=_read_lines,
            args=(cast("IO[bytes]", self._process.stdout), on_lines),
            daemon=True,
        )
        self._reader.start()

    def wait(self, seconds: float | None) -> bool:
        """Return True once it and its output have ended, or False when `seconds` have passed."""
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        # What the program left behind would keep its output open.
        self._signal(signal.SIGKILL)
        self._reader.join()
        cast("IO[bytes]", self._process.stdin).close()
        return True

    @property
    def exit_code(self) -> int:
        """The exit code of a program that has ended, as a shell gives it."""
        code = int(self._process.returncode)
        return code if code >= 0 else guard.SIGNALLED - code

    @property
    def is_running(self) -> bool:
        """Whether the program has not ended."""
        return self._process.poll() is None

    def terminate(self) -> None:
        """Ask it to end."""
        if self.is_running:
            self._signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it and everything it started."""
        if self.is_running:
            self._signal(signal.SIGKILL)

    def _signal(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError, PermissionError):  # macOS answers EPERM for zombies
            os.killpg(self._process.pid, number)


def _read_lines(stream: IO[bytes], on_lines: LineSink) -> None:
    """Pass on whole lines as they come; an unfinished one at the end counts as one."""
    rest = b""
    with stream:
        while chunk := os.read(stream.fileno(), _CHUNK_BYTES):
            *lines, rest = (rest + chunk).split(b"\n")
            if lines:
                on_lines([_text(line) for line in lines])
    if rest:
        on_lines([_text(rest)])


def _text(line: bytes) -> str:
    return line.decode(errors="replace").rstrip("\r")
