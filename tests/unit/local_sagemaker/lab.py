"""A local SageMaker under test, each of whose answers is checked against botocore's model."""

import os
import sys
import threading
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from textwrap import dedent
from typing import Any

import botocore.session
from botocore.validate import ParamValidator

from local.sagemaker import SageMaker, Settings
from tests.cloud import eventually
from tests.unit.local_sagemaker import requests
from tests.unit.local_sagemaker.buckets import Buckets

SERVICE = botocore.session.Session().get_service_model("sagemaker")
ENDED = ("Completed", "Failed", "Stopped")
POLL_SECONDS = 0.02


class Lab:
    """A service with its S3, and what it told of.

    Attributes:
        sagemaker: The service.
        buckets: Its S3.
        events: Detail type, detail and resources of each event.
        logs: Lines by group and stream.
    """

    def __init__(self, folder: Path, buckets: Buckets, **settings: Any) -> None:
        self.folder = folder
        self.buckets = buckets
        self.events: list[tuple[str, dict[str, Any], list[str]]] = []
        self.logs: dict[tuple[str, str], list[str]] = defaultdict(list)
        self._settings = {"on_event": self._event, "on_log": self._log, **settings}
        self.sagemaker = self._new()

    def _new(self) -> SageMaker:
        return SageMaker(lab_settings(self.folder, self.buckets.url, **self._settings))

    def _event(self, detail_type: str, detail: dict[str, Any], resources: list[str]) -> None:
        self.events.append((detail_type, detail, resources))

    def _log(self, group: str, stream: str, lines: Sequence[str]) -> None:
        self.logs[group, stream].extend(lines)

    def restart(self) -> None:
        """End the service and start another one in its folder."""
        self.sagemaker.close()
        self.sagemaker = self._new()

    def call(self, operation: str, /, role: str | None = None, **params: Any) -> dict[str, Any]:
        """Return a checked answer."""
        answer = self.sagemaker.call(operation, params, role=role)
        check_answer(operation, answer)
        return answer

    def code(self, name: str, script: str) -> str:
        """Put a script where a job finds it, and return its folder."""
        folder = f"s3://lake/code/{name}/"
        self.buckets.put(f"{folder}main.py", dedent(script))
        return folder

    def train(self, name: str, script: str = "", **members: Any) -> None:
        """Create a training job that runs a script."""
        self.call(
            "CreateTrainingJob", **requests.training(name, self.code(name, script), **members)
        )

    def process(self, name: str, script: str = "", **members: Any) -> None:
        """Create a processing job that runs a script."""
        self.call(
            "CreateProcessingJob", **requests.processing(name, self.code(name, script), **members)
        )

    def training(self, name: str) -> dict[str, Any]:
        return self.call("DescribeTrainingJob", TrainingJobName=name)

    def processing(self, name: str) -> dict[str, Any]:
        return self.call("DescribeProcessingJob", ProcessingJobName=name)

    def trained(self, name: str) -> dict[str, Any]:
        """Await a training job's end and return its description."""
        return self.ended(self.training, name, "TrainingJobStatus")

    def processed(self, name: str) -> dict[str, Any]:
        """Await a processing job's end and return its description."""
        return self.ended(self.processing, name, "ProcessingJobStatus")

    def ended(self, describe: Any, name: str, status: str) -> dict[str, Any]:
        found: dict[str, Any] = eventually(
            lambda: (job := describe(name))[status] in ENDED and job,
            f"{name} ends",
            seconds=60,
            interval=POLL_SECONDS,
        )
        return found

    def log_of(self, job: str) -> list[str]:
        """Return what a job has printed."""
        return [
            line
            for (_, stream), lines in list(self.logs.items())
            if stream.startswith(f"{job}/")
            for line in lines
        ]

    def await_line(self, job: str, line: str) -> None:
        """Await a line in a job's log."""
        eventually(
            lambda: line in self.log_of(job),
            f"{job} prints {line!r}",
            seconds=60,
            interval=POLL_SECONDS,
        )


class Gate:
    """Holds programs until it is opened: they wait at the pipe that `GATE` names."""

    WAIT = "open(os.environ['GATE']).read()"

    def __init__(self, folder: Path) -> None:
        self.path = folder / "gate"
        os.mkfifo(self.path)
        self.environment = {"GATE": str(self.path)}
        self._opener: threading.Thread | None = None

    def open(self) -> None:
        """Let every program pass that waits now or comes later."""
        self._opener = threading.Thread(target=self._keep_open, daemon=True)
        self._opener.start()

    def _keep_open(self) -> None:
        while self.path.exists():
            # Opening blocks until somebody waits.
            with self.path.open("w"):
                pass


def lab_settings(folder: Path, endpoint_url: str, **settings: Any) -> Settings:
    """Return settings whose only image is this interpreter."""
    images = {"toy:1": Path(sys.executable)}
    return Settings(
        folder=folder,
        endpoint_url=endpoint_url,
        region=requests.REGION,
        account=requests.ACCOUNT,
        **{"images": images, **settings},
    )


def check_answer(operation: str, answer: Mapping[str, Any]) -> None:
    """Assert that botocore would accept an answer: members, types, required ones."""
    shape = SERVICE.operation_model(operation).output_shape
    if shape is None:
        assert answer == {}
        return
    report = ParamValidator().validate(answer, shape)
    assert not report.has_errors(), f"{operation}: {report.generate_report()}"
