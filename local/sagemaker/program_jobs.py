"""A job that runs a program of the request: inputs, program, outputs."""

import threading
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from local.sagemaker.containers import Container
from local.sagemaker.errors import JobStoppedError
from local.sagemaker.jobs import DEFAULT_LIMIT_SECONDS, Ending, Job
from local.sagemaker.processes import Child
from local.sagemaker.records import Record
from local.sagemaker.world import World


@dataclass(frozen=True, slots=True)
class Program:
    """What a job runs."""

    command: Sequence[str]
    environment: Mapping[str, str]
    folder: Path


class ProgramJob(Job):
    """One run of a job that is a program."""

    def __init__(self, world: World, record: Record) -> None:
        super().__init__(world, record)
        self._starting = threading.Lock()
        self._child: Child | None = None

    @property
    @abstractmethod
    def image(self) -> str:
        """The image that the job runs."""

    @property
    @abstractmethod
    def is_isolated(self) -> bool:
        """Whether the job's program gets no network, and so no credentials."""

    @abstractmethod
    def prepare(self, container: Container) -> Program:
        """Bring the inputs and return what to run."""

    @abstractmethod
    def observe(self, lines: Sequence[str]) -> None:
        """Read what the program prints."""

    @abstractmethod
    def reason_of(self, container: Container, code: int) -> str:
        """Return why a program that ended with `code` failed."""

    @abstractmethod
    def deliver(self, container: Container, *, complete: bool) -> None:
        """Put the outputs, of a program that was stopped when it is not `complete`."""

    def stop(self) -> None:
        """Ask the job to stop; its program has a while to save what it has."""
        self._stop_requested.set()
        with self._starting:
            if self._child is not None:
                self._end_child(self._child)

    def kill(self) -> None:
        """End the job's program at once."""
        self._stop_requested.set()
        with self._starting:
            if self._child is not None:
                self._child.kill()

    def execute(self, folder: Path) -> Ending:
        """Bring the inputs, run the program and put the outputs."""
        container = Container(self._world.settings, folder, self.image)
        self.enter("Downloading")
        program = self.prepare(container)
        self.enter("Running")
        code, out_of_time = self._run(program)
        stopped = out_of_time or self._stop_requested.is_set()
        if code and not stopped:
            return Ending("Failed", self.reason_of(container, code))
        self.enter("Uploading")
        self.deliver(container, complete=not stopped)
        return Ending("Stopped" if stopped else "Completed", out_of_time=out_of_time)

    def _run(self, program: Program) -> tuple[int, bool]:
        """Return the program's exit code, and whether its time was up."""
        with self._starting:
            if self.is_stopping():
                raise JobStoppedError
            child = self._child = Child(
                program.command,
                environment=program.environment,
                folder=program.folder,
                on_lines=self._printed,
            )
        ended = child.wait(self._limit_seconds)
        if not ended:
            self._end_child(child)
            child.wait(None)
        return child.exit_code, not ended

    @property
    def _limit_seconds(self) -> float:
        condition = self.request.get("StoppingCondition", {})
        return float(condition.get("MaxRuntimeInSeconds", DEFAULT_LIMIT_SECONDS))

    def _printed(self, lines: Sequence[str]) -> None:
        self.observe(lines)
        self.say(lines)

    def _end_child(self, child: Child) -> None:
        child.terminate()
        killer = threading.Timer(self._world.settings.stop_seconds, child.kill)
        killer.daemon = True
        killer.start()
