"""What the operations on training, processing and transform jobs have in common."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from typing import Any, ClassVar

from local.sagemaker import listing
from local.sagemaker.errors import ApiError, invalid
from local.sagemaker.job_queue import JobQueue
from local.sagemaker.jobs import Job
from local.sagemaker.kinds import Kind
from local.sagemaker.records import Record
from local.sagemaker.world import Handlers, Request, World

_RUNNING = ("InProgress", "Stopping")


class JobApi(ABC):
    """The operations on jobs of one kind.

    Attributes:
        kind: The kind.
        newest_first: The order of a listing that asks for none.
        world: The shared parts.
    """

    kind: ClassVar[Kind]
    newest_first: ClassVar[bool] = False

    def __init__(self, world: World, queue: JobQueue) -> None:
        self.world = world
        self._queue = queue

    @abstractmethod
    def create(self, request: Request) -> dict[str, Any]:
        """Create a job and let it run."""

    @abstractmethod
    def stopping_members(self, record: Record) -> dict[str, Any]:
        """Return what changes, beside the status, in the record of a job that is to stop."""

    def handlers(self) -> Handlers:
        """Return what answers each operation."""
        name = self.kind.name
        return {
            f"Create{name}": self.create,
            f"Describe{name}": self.describe,
            f"List{name}s": self.list,
            f"Stop{name}": self.stop,
            f"Delete{name}": self.delete,
        }

    def describe(self, request: Request) -> Record:
        """Return a job's record."""
        return self.world.records.get(self.kind, request[self.kind.name_member])

    def list(self, request: Request) -> dict[str, Any]:
        """Return a page of jobs."""
        page = listing.page_of(
            self.kind,
            self.world.records.all_of(self.kind),
            request.params,
            descending=self.newest_first,
        )
        return page.answer(self.world.model.summaries_member(request.operation))

    def stop(self, request: Request) -> None:
        """Ask a running job to stop."""
        name, records = request[self.kind.name_member], self.world.records
        with records.lock:
            record = records.get(self.kind, name)
            status = record[self.kind.status_member]
            if status not in _RUNNING:
                raise invalid(
                    f"The request was rejected because the {self._spoken} is in status {status}."
                )
            if status == "InProgress":
                record = records.update(
                    self.kind,
                    name,
                    {self.kind.status_member: "Stopping", **self.stopping_members(record)},
                )
        if status == "InProgress":
            self.world.telemetry.changed(self.kind, record)
        self._queue.stop(self.kind, name)

    def delete(self, request: Request) -> None:
        """Forget a job that has ended."""
        name, records = request[self.kind.name_member], self.world.records
        with records.lock:
            status = records.get(self.kind, name)[self.kind.status_member]
            if status in _RUNNING:
                raise ApiError("ResourceInUse", f"The {self._spoken} {name} is in status {status}.")
            records.remove(self.kind, name)

    def start(
        self, name: str, members: Mapping[str, Any], make: Callable[[Record], Job]
    ) -> "Future[None]":
        """Create a job's record and let the job run; the result is there when it has ended.

        Raises:
            ApiError: the name is taken, or too many jobs wait.
        """
        with self.world.records.lock:
            self._queue.refuse_when_full()
            record = self.world.records.create(self.kind, name, members)
        self.world.telemetry.changed(self.kind, record)
        return self._queue.start(make(record))

    @property
    def _spoken(self) -> str:
        return self.kind.path.replace("-", " ")
