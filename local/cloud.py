"""The local cloud as tests, the demo and the operator's tools use it."""

import os
import re
import signal
import subprocess
import threading
import time
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from local import calls, cdk
from local.environment import ROOT, client_environment, endpoint_url, inherited_environment
from local.errors import LocalCloudError
from local.processes import send_signal
from local.server import Server, find_free_port

MIN_TIME_SCALE = 1
MAX_TIME_SCALE = 60


_lock = threading.Lock()


@cache
def _session() -> Any:
    """Return a session that reads no variable and no file of the caller.

    Not even a profile that does not exist. One for all clouds: what it has read of AWS's models
    takes a fifth of a second to read again.
    """
    import boto3.session  # noqa: PLC0415 -- the supervisor needs the standard library only
    import botocore.session  # noqa: PLC0415

    settings = client_environment(0)
    own = {"profile": (None, None, None, None), "config_file": (None, None, os.devnull, None)}
    return boto3.session.Session(
        botocore_session=botocore.session.Session(session_vars=own),
        aws_access_key_id=settings["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=settings["AWS_SECRET_ACCESS_KEY"],
        region_name=settings["AWS_REGION"],
    )


def default_state_dir(port: int) -> Path:
    """Return the folder of the emulator on `port`."""
    return ROOT / "build" / "local" / str(port)


class LocalCloud:
    """A running emulator. As a context manager it ends with the block, and with its process.

    Attributes:
        server: The emulator's process and folder.
        environment: Variables that make any child process a client of this cloud; complete,
            so pass it as the whole environment.
    """

    def __init__(
        self,
        server: Server,
        process: "subprocess.Popen[bytes]",
        *,
        time_scale: float,
        detached: bool,
    ) -> None:
        self.server = server
        self.environment = inherited_environment() | client_environment(server.port)
        self._time_scale = time_scale
        self._detached = detached
        # Its standard input is the line by which the emulator notices the end of this process.
        self._process: subprocess.Popen[bytes] | None = process

    @classmethod
    def start(
        cls,
        *,
        port: int = 0,
        state_dir: Path | None = None,
        time_scale: float = 1,
        fresh: bool = True,
        detached: bool = False,
    ) -> Self:
        """Start an emulator and return once it answers.

        Args:
            port: Port on the loopback interface; 0 takes a free one.
            state_dir: Folder for its log, data and temporary files, made when missing.
            time_scale: Divisor of alarm periods, Wait states and schedules (60 makes a minute
                last a second), 1-60.
            fresh: Start empty instead of with what the last graceful stop saved.
            detached: Let it outlive this process.

        Raises:
            LocalCloudError: it cannot start; the message says why and what to do.
        """
        if not MIN_TIME_SCALE <= time_scale <= MAX_TIME_SCALE:
            raise LocalCloudError(
                f"TIME_SCALE must be {MIN_TIME_SCALE} to {MAX_TIME_SCALE}, got {time_scale:g}: "
                "metrics are counted per scaled minute, which must last a second or more"
            )
        port = port or find_free_port()
        server = Server(port, (state_dir or default_state_dir(port)).resolve())
        process = server.start(time_scale=time_scale, fresh=fresh, die_with_parent=not detached)
        return cls(server, process, time_scale=time_scale, detached=detached)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def endpoint_url(self) -> str:
        """The URL of every AWS service."""
        return endpoint_url(self.server.port)

    def client(self, service: str, **options: Any) -> Any:
        """Return a boto3 client of the local cloud, whatever the caller's own AWS settings are.

        Args:
            service: Name of the service as boto3 has it.
            options: What else `boto3.client` takes, such as `config`.
        """
        # The stubs want a literal here; which service it is only the caller knows.
        make: Any = _session().client
        with _lock:  # sessions are not safe to use from several threads, clients are
            return make(service, endpoint_url=self.endpoint_url, **options)

    def deploy(
        self, source: Path, *, stacks: Iterable[str] = (), env: str | None = None
    ) -> cdk.Outputs:
        """Bootstrap and deploy with the real CDK CLI, as against AWS.

        Args:
            source: A synthesized assembly (it holds `manifest.json`) or an app (`cdk.json`).
            stacks: Stacks to deploy, with those they need; empty means all.
            env: Value of the app's context `env`; an assembly has been given its own.

        Returns:
            Outputs by stack and name.

        Raises:
            LocalCloudError: a tool is missing, or the deployment failed.
        """
        return cdk.deploy(source, self.environment, stacks=stacks, env=env)

    def destroy(self, source: Path, *, stacks: Iterable[str] = (), env: str | None = None) -> None:
        """Destroy stacks with the real CDK CLI; the arguments are those of `deploy`."""
        cdk.destroy(source, self.environment, stacks=stacks, env=env)

    def lambda_workers(self, function_name: str) -> list[int]:
        """Return the ids of the processes that run a function now, idle or busy, oldest first."""
        # The emulator names a worker's folder after the function, then eight random characters.
        folder = re.compile(rf"/ministack-lambda-{re.escape(function_name)}-\w{{8}}/")
        return sorted(p.pid for p in self.server.processes() if folder.search(p.command))

    def kill_lambda_workers(self, function_name: str) -> int:
        """Kill a function's processes as a crash would, and return how many there were."""
        workers = self.lambda_workers(function_name)
        send_signal(workers, signal.SIGKILL)
        return len(workers)

    def calls(self) -> frozenset[calls.Call]:
        """Return what roles have asked of AWS so far: distinct calls, restarts included."""
        return calls.read(self.server.calls_file)

    def restart(self) -> float:
        """Stop gracefully, start again with the same data, and return the seconds it took.

        Raises:
            LocalCloudError: it did not stop in time and was killed, so there is no data.
        """
        began = time.monotonic()
        if not self.stop():
            raise LocalCloudError(
                "the local cloud was killed because it did not end by itself, and what it held is "
                f"lost: look into {self.server.log_file} for what kept it, then start it anew"
            )
        self.resume()
        return time.monotonic() - began

    def resume(self) -> None:
        """Start again after `stop` or `kill`, with what the last graceful stop saved, if any."""
        self._process = self.server.start(
            time_scale=self._time_scale, fresh=False, die_with_parent=not self._detached
        )

    def stop(self) -> bool:
        """End the emulator and everything it started; the log and saved data stay.

        Returns:
            Whether it ended by itself, with its data saved.
        """
        graceful = self.server.stop()
        self._collect()
        return graceful

    def kill(self) -> None:
        """End the emulator as a power cut would."""
        self.server.kill()
        self._collect()

    def _collect(self) -> None:
        if self._process:
            self._process.communicate()
            self._process = None
