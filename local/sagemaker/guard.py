"""Stands between the server and a program: ends the program when the server ends, however it ends.

Run as a script by a bare interpreter, so it imports what costs nothing. Its standard input is a
pipe that the server holds open and never writes to; the pipe closes even when the server is
killed. Program and guard are one process group, so one signal reaches both.
"""

import os
import select
import signal
import sys

NOT_FOUND = 127
SIGNALLED = 128
# What Python ignores; a program starts with the defaults, as from a shell.
_IGNORED_BY_PYTHON = [signal.SIGPIPE, signal.SIGXFSZ]


def main(command: list[str]) -> int:
    """Run a command and return its exit code, 128 and more for a signal, as a shell does."""
    wake, woken = os.pipe()
    os.set_blocking(woken, False)
    signal.set_wakeup_fd(woken)
    # Handlers that do nothing: unlike ignored signals, programs do not inherit them.
    for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    try:
        program = os.posix_spawnp(
            command[0],
            command,
            os.environ,
            file_actions=[(os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0)],
            setsigdef=_IGNORED_BY_PYTHON,
        )
    except OSError as error:
        sys.stderr.write(f"cannot run {command[0]}: {error.strerror}\n")
        return NOT_FOUND
    while True:
        readable, _, _ = select.select([0, wake], [], [])
        if 0 in readable and not os.read(0, 1):
            os.killpg(0, signal.SIGKILL)
        if wake in readable:
            os.read(wake, 64)
            ended, status = os.waitpid(program, os.WNOHANG)
            if ended:
                code = os.waitstatus_to_exitcode(status)
                return code if code >= 0 else SIGNALLED - code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
