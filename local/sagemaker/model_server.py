"""One model's process: started when needed, again when it died, and asked for predictions."""

import http.client
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from local.sagemaker import serving
from local.sagemaker.errors import JobFailedError
from local.sagemaker.processes import Child

if TYPE_CHECKING:
    from collections.abc import Iterator

START_SECONDS = 120.0
_LOG_TAIL_LINES = 12
_POLL_SECONDS = 0.02


class RetiredError(Exception):
    """The process was ended for good; something else answers in its place, or nothing does."""


LineSink = Callable[[Sequence[str]], None]


class Response(NamedTuple):
    """What a container answered, and in how many seconds."""

    status: int
    content_type: str
    body: bytes
    custom_attributes: str
    seconds: float


class ModelServer:
    """A model's process."""

    def __init__(
        self,
        *,
        command: Sequence[str],
        environment: Mapping[str, str],
        folder: Path,
        on_lines: LineSink,
        closing: threading.Event,
        answer_seconds: float,
    ) -> None:
        """Describe it; nothing is started.

        Args:
            command: Interpreter, and the arguments of `serving` but the port file.
            environment: All of its variables.
            folder: Where it starts and writes its port.
            on_lines: Called with what it prints.
            closing: Set when waiting for its start has become useless.
            answer_seconds: How long it may take to answer a request.
        """
        self._closing = closing
        self._answer_seconds = answer_seconds
        self._command = command
        self._environment = environment
        self._folder = folder
        self._on_lines = on_lines
        self._tail: deque[str] = deque(maxlen=_LOG_TAIL_LINES)
        self._child: Child | None = None
        self._port = 0
        self._starting = threading.Lock()
        self._active = 0
        self._is_retired = False
        self._idle = threading.Condition()

    def start(self) -> None:
        """Start the process unless it runs, and return when it answers.

        Raises:
            JobFailedError: it ended instead, or took too long; the message ends with its log.
            RetiredError: it was ended for good.
        """
        with self._starting:
            if self._is_retired:
                raise RetiredError
            if self._child is not None and self._child.is_running:
                return
            port_file = self._folder / "port"
            port_file.unlink(missing_ok=True)
            self._tail.clear()
            self._child = Child(
                [*self._command, "--port-file", str(port_file)],
                environment=self._environment,
                folder=self._folder,
                on_lines=self._printed,
            )
            self._await(self._child, port_file)
            self._port = int(port_file.read_text())

    def _await(self, child: Child, port_file: Path) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not port_file.exists():
            over = self._closing.is_set() or time.monotonic() >= deadline
            if over or not child.is_running:
                child.kill()
                child.wait(None)  # for all of its log
                raise JobFailedError("\n".join(self._tail))
            time.sleep(_POLL_SECONDS)

    def _printed(self, lines: Sequence[str]) -> None:
        self._tail.extend(lines)
        self._on_lines(lines)

    def invoke(
        self, body: bytes, content_type: str, accept: str, custom_attributes: str = ""
    ) -> Response:
        """Return what the model answers.

        Raises:
            JobFailedError: the process does not start.
            OSError: it does not answer (TimeoutError: in time).
            RetiredError: it never will again.
        """
        headers = {"Content-Type": content_type, "Accept": accept}
        if custom_attributes:
            headers[serving.CUSTOM_ATTRIBUTES] = custom_attributes
        with self._in_use():
            self.start()
            return self._ask(body, headers)

    def _ask(self, body: bytes, headers: Mapping[str, str]) -> Response:
        began = time.monotonic()
        connection = http.client.HTTPConnection(
            "127.0.0.1", self._port, timeout=self._answer_seconds
        )
        try:
            connection.request("POST", "/invocations", body, headers)
            answer = connection.getresponse()
            return Response(
                status=answer.status,
                content_type=answer.getheader("Content-Type") or serving.JSON,
                body=answer.read(),
                custom_attributes=answer.getheader(serving.CUSTOM_ATTRIBUTES) or "",
                seconds=time.monotonic() - began,
            )
        except http.client.HTTPException as error:
            raise ConnectionError(str(error)) from error
        finally:
            connection.close()

    @property
    def active(self) -> int:
        """How many requests it is answering."""
        with self._idle:
            return self._active

    @contextmanager
    def _in_use(self) -> "Iterator[None]":
        with self._idle:
            if self._is_retired:
                raise RetiredError
            self._active += 1
        try:
            yield
        finally:
            with self._idle:
                self._active -= 1
                self._idle.notify_all()

    def drain(self) -> None:
        """End the process for good once the requests that it has are answered."""
        with self._idle:
            while self._active and not self._closing.is_set():
                self._idle.wait(_POLL_SECONDS)
            self._is_retired = True
        self.kill()

    def stop(self) -> None:
        """End the process until the next request."""
        with self._starting:
            self._end()

    def kill(self) -> None:
        """End the process for good."""
        with self._idle:
            self._is_retired = True
        with self._starting:
            self._end()

    def _end(self) -> None:
        if self._child is not None:
            self._child.kill()
            self._child.wait(None)
