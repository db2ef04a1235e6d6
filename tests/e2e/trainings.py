"""Executions of the deployed training pipeline, and what became of them."""

import json
import re
import secrets
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from local.processes import list_processes, send_signal
from ops import executions, runs
from ops.conclusions import Outcome, conclude
from ops.executions import Execution
from schemas.names import Output
from schemas.runs import TrainingRun
from tests.cloud import eventually
from tests.e2e.lake import PATIENCE_SECONDS, Lake
from tests.e2e.subscriber import Notice, Subscriber, subscribed

# What a dozen jobs, two at a time, take on a machine that others use as well.
LONGEST_SECONDS = 300


@dataclass(frozen=True, slots=True)
class Training:
    """An execution that has ended.

    Attributes:
        execution: Where it went.
        outcome: What it came to.
        run: Its run as the table has it; None when it holds none.
        notice: What was announced of it; None when nothing was.
    """

    execution: Execution
    outcome: Outcome
    run: TrainingRun | None
    notice: Notice | None

    @property
    def states(self) -> list[str]:
        """The states that it went through, those that do work."""
        return [visit.state for visit in self.execution.visits]


@dataclass(frozen=True, slots=True)
class Trainer:
    """Begins executions and waits for them.

    Attributes:
        lake: Where.
        subscriber: Hears what is announced.
    """

    lake: Lake
    subscriber: Subscriber

    def begin(self, document: Mapping[str, Any]) -> str:
        """Start an execution with an input, and return its ARN."""
        return executions.start(self.lake.deployment, f"e2e-{secrets.token_hex(4)}", document)

    def run(self, document: Mapping[str, Any]) -> Training:
        """Start an execution, and return it when it has ended."""
        return self.await_end(self.begin(document))

    def await_end(self, arn: str) -> Training:
        """Wait until an execution has ended."""
        deployment = self.lake.deployment
        eventually(
            lambda: not executions.describe(deployment, arn).is_running,
            f"{arn} has ended",
            seconds=LONGEST_SECONDS,
        )
        execution = executions.read(deployment, arn)
        return Training(
            execution,
            conclude(deployment, execution),
            next((run for run in runs.read(deployment) if run.execution_arn == arn), None),
            self._await_notice(execution),
        )

    def _await_notice(self, execution: Execution) -> Notice | None:
        if not any(visit.state.startswith("Announce") for visit in execution.visits):
            return None
        return self.subscriber.await_notice(
            lambda each: execution.arn in each["Message"], f"{execution.name} is announced"
        )

    def await_alarm(self, construct_id: str) -> dict[str, Any]:
        """Wait until an alarm is announced, and return what CloudWatch says."""
        notice = self.subscriber.await_notice(
            lambda each: construct_id in each.get("Subject", ""),
            f"{construct_id} is announced",
        )
        message: dict[str, Any] = json.loads(notice["Message"])
        return message

    def await_job(self, arn: str, job: str) -> list[int]:
        """Wait until the program of a processing job runs, and return its processes.

        Args:
            arn: The execution.
            job: What its name ends with: step and number of the attempt, such as `profile-0`.
        """
        deployment = self.lake.deployment
        run = eventually(
            lambda: executions.read(deployment, arn).run,
            f"{arn} has claimed its run",
            seconds=PATIENCE_SECONDS,
        )
        # A folder of its own below the cloud's, which its command line names.
        own = re.compile(rf"{self.lake.cloud.server.state_dir}/.*/{run['job_prefix']}-{job}/")
        pids: list[int] = eventually(
            lambda: [each.pid for each in list_processes() if own.search(each.command)],
            f"the program of {job} runs",
            seconds=LONGEST_SECONDS,
            # It runs for seconds, and a look at all processes takes some of their time.
            interval=0.05,
        )
        return pids

    def kill_job(self, arn: str, job: str) -> None:
        """Kill the program of a processing job, as a machine out of memory would."""
        send_signal(self.await_job(arn, job), signal.SIGKILL)


@contextmanager
def trainer(lake: Lake) -> Iterator[Trainer]:
    """Listen to the announcements of trainings until the end of the block."""
    topic = lake.deployment[Output.ALARM_TOPIC_ARN]
    with subscribed(lake.cloud, topic, "e2e-training-subscriber") as subscriber:
        yield Trainer(lake, subscriber)
