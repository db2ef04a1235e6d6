"""Whatever happens to the service, its processes end with it."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.processes import list_processes
from tests.cloud import eventually
from tests.unit.local_sagemaker.buckets import Buckets
from tests.unit.local_sagemaker.lab import Lab

ROOT = Path(__file__).resolve().parents[3]
# A service in a process of its own. What its job starts ignores every polite request.
SERVER = """
import pathlib, sys, threading
from tests.unit.local_sagemaker import requests
from tests.unit.local_sagemaker.lab import lab_settings
from local.sagemaker import SageMaker
service = SageMaker(lab_settings(pathlib.Path(sys.argv[1]), sys.argv[2]))
service.call("CreateTrainingJob", requests.training("t", "s3://lake/code/t/",
    AlgorithmSpecification={"ContainerArguments": [sys.argv[3]]}))
threading.Event().wait()
"""
JOB = """
import os, signal, subprocess, sys
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
with open(sys.argv[1] + ".partial", "w") as file:
    file.write(f"{os.getpid()} {child.pid}")
os.rename(sys.argv[1] + ".partial", sys.argv[1])
child.wait()
"""


@pytest.fixture
def server(tmp_path: Path, buckets: Buckets) -> Iterator[tuple[subprocess.Popen[bytes], list[int]]]:
    """A service whose job runs, and the ids of the job's processes."""
    buckets.put("s3://lake/code/t/main.py", JOB)
    ids = tmp_path / "ids"
    command = [sys.executable, "-c", SERVER, str(tmp_path / "sagemaker"), buckets.url, str(ids)]
    with subprocess.Popen(command, cwd=ROOT) as process:
        eventually(ids.exists, "the job runs", seconds=60)
        yield process, [int(pid) for pid in ids.read_text().split()]
        process.kill()


def running(pids: list[int]) -> list[int]:
    return [process.pid for process in list_processes() if process.pid in pids]


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_job_ends_with_the_service(
    server: tuple[subprocess.Popen[bytes], list[int]], number: signal.Signals
) -> None:
    process, pids = server
    assert sorted(running(pids)) == sorted(pids)

    process.send_signal(number)

    eventually(lambda: not running(pids), "the job and what it started have ended")


@pytest.fixture
def job(lab: Lab, tmp_path: Path) -> list[int]:
    """Ids of the processes of a job that runs in this test's service."""
    ids = tmp_path / "ids"
    arguments = {"ContainerArguments": [str(ids)]}
    lab.train("t", JOB, AlgorithmSpecification=arguments)
    eventually(ids.exists, "the job runs", seconds=60)
    return [int(pid) for pid in ids.read_text().split()]


def test_closing_kills_what_runs(lab: Lab, job: list[int]) -> None:
    lab.sagemaker.close()

    eventually(lambda: not running(job), "the job and what it started have ended")


def test_a_job_outlives_no_guard(lab: Lab, job: list[int]) -> None:
    """When only the process between them is killed, the job is seen to have been killed."""
    os.kill(os.getpgid(job[0]), signal.SIGKILL)

    assert lab.trained("t")["FailureReason"] == "AlgorithmError: , exit code: 137"
    eventually(lambda: not running(job), "the job and what it started have ended")
