"""One run of a job, whatever its kind and whatever it does: its steps, its log, its end."""

import logging
import shutil
import threading
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from local.sagemaker.errors import JobFailedError, JobStoppedError
from local.sagemaker.kinds import Kind
from local.sagemaker.records import Record, now
from local.sagemaker.storage import RoleStorage
from local.sagemaker.world import World

logger = logging.getLogger(__name__)

DEFAULT_LIMIT_SECONDS = 86400
MAX_REASON = 1024


@dataclass(frozen=True, slots=True)
class Ending:
    """How a job ended.

    Attributes:
        status: `Completed`, `Failed` or `Stopped`.
        reason: Why it failed.
        out_of_time: Whether it was stopped because its time was up.
    """

    status: str
    reason: str = ""
    out_of_time: bool = False


class Job(ABC):
    """One run of a job.

    Attributes:
        kind: What it is a job of.
        log_group: Where what it prints goes.
        name: Its name.
        request: Its record as it was created.
    """

    kind: ClassVar[Kind]
    log_group: ClassVar[str]

    def __init__(self, world: World, record: Record) -> None:
        self.name: str = record[self.kind.name_member]
        self.request = record
        self._world = world
        self._stop_requested = threading.Event()
        self._log_stream = ""

    @abstractmethod
    def enter(self, stage: str) -> None:
        """Record that the job has come to a stage: Pending, Downloading, Running, Uploading."""

    @abstractmethod
    def final_members(self, ending: Ending) -> dict[str, Any]:
        """Return what the record holds of the end beside status, reason and time."""

    @abstractmethod
    def execute(self, folder: Path) -> Ending:
        """Do what the job is for, with a folder of its own, and return how that ended.

        Raises:
            JobFailedError: it cannot go on.
            JobStoppedError: it was asked to stop.
        """

    @abstractmethod
    def stop(self) -> None:
        """Ask the job to stop."""

    @abstractmethod
    def kill(self) -> None:
        """End what the job runs at once."""

    @property
    def storage(self) -> RoleStorage:
        """S3 as the job's role sees it."""
        return self._world.storage.of_role(self.request["RoleArn"])

    def is_stopping(self) -> bool:
        """Whether the job was asked to stop."""
        return self._stop_requested.is_set() or self._world.closing.is_set()

    def run(self) -> None:
        """Do all of it and record how it ended."""
        folder = self._world.folder_of(self.kind, self.name)
        try:
            ending = self._execute_unless_stopped(folder)
        except JobStoppedError:
            ending = Ending("Stopped")
        except JobFailedError as error:
            ending = Ending("Failed", str(error))
        except Exception:
            logger.exception("%s %s", self.kind.name, self.name)
            ending = Ending(
                "Failed", "InternalServerError: We encountered an internal error. Please try again."
            )
        shutil.rmtree(folder, ignore_errors=True)
        self.end(ending)

    def end(self, ending: Ending) -> None:
        """Record how the job ended.

        Nothing is recorded when the service is about to end: the next one sees from the record
        that the job was interrupted.
        """
        if self._world.closing.is_set():
            return
        kind, records = self.kind, self._world.records
        with records.lock:
            if records.get(kind, self.name)[kind.status_member] == "Stopping":
                ending = Ending("Stopped")
            record = records.update(
                kind,
                self.name,
                {
                    kind.status_member: ending.status,
                    "FailureReason": ending.reason[:MAX_REASON] or None,
                    **self.final_members(ending),
                },
            )
        self._world.telemetry.changed(kind, record)

    def say(self, lines: Sequence[str]) -> None:
        """Write lines into the job's log."""
        self._log_stream = self._log_stream or f"{self.name}/algo-1-{int(now())}"
        self._world.telemetry.printed(self.log_group, self._log_stream, lines)

    def _execute_unless_stopped(self, folder: Path) -> Ending:
        if self._world.records.get(self.kind, self.name)[self.kind.status_member] == "Stopping":
            raise JobStoppedError
        return self.execute(folder)
