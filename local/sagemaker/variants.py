"""One variant of an endpoint: its share of the requests, and the instances that answer them."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from local.sagemaker.errors import ApiError, JobFailedError
from local.sagemaker.model_server import ModelServer, Response

_MAX_LOG = 600


class Variant:
    """A variant. Each of its instances is a process; a serverless variant has one, when asked.

    Attributes:
        name: Unique in its fleet.
        description: What the fleet's description has of it: see `fleets.deploy`.
    """

    def __init__(self, description: Mapping[str, Any], launch: Callable[[], ModelServer]) -> None:
        """Describe it; no process is started.

        Args:
            description: See above.
            launch: Returns one more instance, which does not run yet.
        """
        self.name: str = description["VariantName"]
        self.description = description
        self._launch = launch
        self._lock = threading.Lock()
        self._turn = 0
        self._servers = [launch() for _ in range(description["InstanceCount"] or 1)]
        self._limit: threading.Semaphore | None = None
        if serverless := description["ServerlessConfig"]:
            # One process holds the model once, however many requests wait for it.
            self._limit = threading.Semaphore(serverless["MaxConcurrency"])

    @property
    def weight(self) -> float:
        """Its share of the requests, relative to the fleet's others."""
        return float(self.description["Weight"])

    @property
    def is_serverless(self) -> bool:
        """Whether it has no instances of its own."""
        return self._limit is not None

    def start(self) -> None:
        """Start all instances and return once they answer; a serverless one rests again then.

        Raises:
            JobFailedError: one does not start; the message ends with its log.
        """
        for server in self._servers:
            self._started(server)
            if self.is_serverless:
                server.stop()

    def _started(self, server: ModelServer) -> None:
        try:
            server.start()
        except JobFailedError as error:
            log = str(error)[-_MAX_LOG:]
            raise JobFailedError(
                f"The primary container for production variant {self.name} did not pass the ping "
                f"health check. Please check CloudWatch logs for this endpoint. Its log ends: {log}"
            ) from error

    def invoke(
        self, body: bytes, content_type: str, accept: str, custom_attributes: str = ""
    ) -> Response:
        """Return what the least busy instance answers; see `ModelServer.invoke`.

        Raises:
            ApiError: ThrottlingException, as a serverless variant answers as many requests as it
                may already.
        """
        with self._admitted():
            return self._least_busy().invoke(body, content_type, accept, custom_attributes)

    @contextmanager
    def _admitted(self) -> Iterator[None]:
        if self._limit is None:
            yield
            return
        if not self._limit.acquire(blocking=False):
            raise ApiError("ThrottlingException", "Rate exceeded")
        try:
            yield
        finally:
            self._limit.release()

    def _least_busy(self) -> ModelServer:
        with self._lock:
            self._turn += 1
            first = self._turn % len(self._servers)
            in_turn = self._servers[first:] + self._servers[:first]
        return min(in_turn, key=lambda server: server.active)

    def weigh(self, weight: float) -> None:
        """Change its share of the requests."""
        self._describe(Weight=weight)

    def resize(self, count: int) -> None:
        """Change the number of instances (not of a serverless one); returns once all answer.

        Raises:
            JobFailedError: an instance does not start; then nothing has changed.
        """
        added = [self._launch() for _ in range(count - len(self._servers))]
        try:
            for server in added:
                self._started(server)
        except BaseException:
            for server in added:
                server.kill()
            raise
        with self._lock:
            removed = self._servers[count:]
            self._servers = [*self._servers[:count], *added]
        self._describe(InstanceCount=count)
        for server in removed:
            server.drain()

    def _describe(self, **members: Any) -> None:
        with self._lock:
            self.description = {**self.description, **members}

    def drain(self) -> None:
        """End the instances for good once they are idle."""
        for server in self._servers:
            server.drain()

    def kill(self) -> None:
        """End the instances for good."""
        for server in self._servers:
            server.kill()
