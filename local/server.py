"""One emulator process: start it, see how it is, end it with everything it started."""

import errno
import fcntl
import json
import shutil
import signal
import socket
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from local import calls
from local.environment import HOST, ROOT, endpoint_url, server_environment
from local.errors import LocalCloudError
from local.processes import Process, list_processes, send_signal, wait_until

INTERPRETER = ROOT / ".venv-emulator" / "bin" / "python"
START_SECONDS = 60.0
# An idle emulator ends within a second or two; invocations that are about to end, and a busy
# machine, take longer. Killing it earlier would lose its data.
STOP_SECONDS = 60.0
_LOG_TAIL_LINES = 15


@dataclass(frozen=True, slots=True)
class Server:
    """The emulator that belongs to one state folder, running or not.

    Attributes:
        port: Port it listens on, on the loopback interface only.
        state_dir: Its folder: `server.log`, `server.json` (who runs),
            `calls.jsonl`, `state/`, `s3/`, `tmp/`.
    """

    port: int
    state_dir: Path

    @property
    def log_file(self) -> Path:
        """What the emulator and the adapter printed, of all starts since the folder was made."""
        return self.state_dir / "server.log"

    @property
    def calls_file(self) -> Path:
        """What was asked of AWS in roles' names since the emulator was last started empty."""
        return self.state_dir / calls.FILE_NAME

    @property
    def _record_file(self) -> Path:
        return self.state_dir / "server.json"

    def start(
        self, *, time_scale: float, fresh: bool, die_with_parent: bool
    ) -> "subprocess.Popen[bytes]":
        """Start the emulator and return its process once it answers.

        Args:
            time_scale: Divisor of alarm periods, waits and schedules, 1-60.
            fresh: Start empty; otherwise resume what the last graceful stop saved.
            die_with_parent: End the emulator when this process ends, however it ends, or drops
                what is returned.

        Raises:
            LocalCloudError: it runs already, the port is taken, or it does not come up.
        """
        if not INTERPRETER.exists():
            raise LocalCloudError(
                f"the emulator's environment is missing ({INTERPRETER}): run `make setup`"
            )
        self.state_dir.mkdir(parents=True, exist_ok=True)
        with self._exclusive():
            self._refuse_if_occupied()
            self._tidy(fresh=fresh)
            process = self._spawn(time_scale, die_with_parent=die_with_parent)
            self._wait_until_healthy(process)
            return process

    @contextmanager
    def _exclusive(self) -> Iterator[None]:
        """Let one process at a time start an emulator in this folder."""
        with (self.state_dir / "start.lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                if error.errno not in (errno.EAGAIN, errno.EACCES):
                    raise
                raise LocalCloudError(
                    f"another process is starting the local cloud in {self.state_dir}: "
                    "wait for it, then ask for `python -m local status`"
                ) from None
            yield

    def _refuse_if_occupied(self) -> None:
        if self.processes():
            state = "runs already" if self.is_healthy() else "is half started or stuck"
            raise LocalCloudError(
                f"the local cloud {state} on port {self.port}: use it, or end it with "
                f"`python -m local down --port {self.port}`"
            )
        if not port_is_free(self.port):
            raise LocalCloudError(
                f"port {self.port} is in use by another program: end that program, or choose "
                "another port with PORT=<number> (`python -m local up --port <number>`)"
            )

    def _tidy(self, *, fresh: bool) -> None:
        """Remove what a former emulator left: its record and folders, its data when `fresh`."""
        self._record_file.unlink(missing_ok=True)
        for name in ("tmp", "state", "s3") if fresh else ("tmp",):
            shutil.rmtree(self.state_dir / name, ignore_errors=True)
        if fresh:
            self.calls_file.unlink(missing_ok=True)
        (self.state_dir / "tmp").mkdir()

    def _spawn(self, time_scale: float, *, die_with_parent: bool) -> "subprocess.Popen[bytes]":
        command = [str(INTERPRETER), "-m", "local.adapter", "--state-dir", str(self.state_dir)]
        if die_with_parent:
            command.append("--end-with-stdin")
        with self.log_file.open("ab") as log:
            process = subprocess.Popen(
                command,
                cwd=ROOT,
                env=server_environment(self.port, self.state_dir, time_scale),
                # Nobody writes to the pipe: it closes when this process ends.
                stdin=subprocess.PIPE if die_with_parent else subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._record_file.write_text(
            json.dumps({"pid": process.pid, "port": self.port, "time_scale": time_scale})
        )
        return process

    def _wait_until_healthy(self, process: "subprocess.Popen[bytes]") -> None:
        wait_until(lambda: process.poll() is not None or self.is_healthy(), seconds=START_SECONDS)
        if process.poll() is None and self.is_healthy():
            return
        self.kill()
        process.wait()
        raise LocalCloudError(
            f"the emulator did not come up on port {self.port}; the end of {self.log_file}:\n"
            + "\n".join(self.log_file.read_text(errors="replace").splitlines()[-_LOG_TAIL_LINES:])
        )

    def is_healthy(self) -> bool:
        """Return whether an emulator answers on the port."""
        try:
            with urllib.request.urlopen(  # noqa: S310 -- our own loopback URL
                f"{endpoint_url(self.port)}/_ministack/health", timeout=2
            ) as answer:
                return bool(answer.status == 200)  # noqa: PLR2004 -- HTTP's OK
        except (urllib.error.URLError, OSError, ValueError):
            return False

    def processes(self) -> list[Process]:
        """Return the emulator and everything it started that still runs.

        A recorded id alone proves nothing, because ids are used again. Every process of ours
        names the state folder in its command line: the emulator as an argument, the function
        workers because their code lies below it.
        """
        group = self._recorded().get("pid")
        return [
            process
            for process in list_processes()
            if process.group == group and str(self.state_dir) in process.command
        ]

    def _recorded(self) -> dict[str, float]:
        try:
            recorded = json.loads(self._record_file.read_text())
        except (OSError, ValueError):
            return {}
        return recorded if isinstance(recorded, dict) else {}

    @property
    def was_started(self) -> bool:
        """Whether a start was recorded that no stop has ended."""
        return self._record_file.exists()

    def stop(self) -> bool:
        """End the emulator: ask, wait, insist. Its saved state stays.

        Returns:
            Whether it ended by itself, with its state saved.
        """
        pid = self._recorded().get("pid")
        main = [process.pid for process in self.processes() if process.pid == pid]
        send_signal(main, signal.SIGTERM)
        graceful = bool(main) and wait_until(lambda: not self._runs(main[0]), seconds=STOP_SECONDS)
        self.kill()
        return graceful

    def _runs(self, pid: int) -> bool:
        return any(process.pid == pid for process in self.processes())

    def kill(self) -> None:
        """End the emulator and its function workers at once; unsaved state is lost."""
        send_signal([process.pid for process in self.processes()], signal.SIGKILL)
        wait_until(lambda: not self.processes(), seconds=STOP_SECONDS)
        self._record_file.unlink(missing_ok=True)
        shutil.rmtree(self.state_dir / "tmp", ignore_errors=True)


def port_is_free(port: int) -> bool:
    """Return whether this process could listen on the loopback port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True


def find_free_port() -> int:
    """Return a port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])
