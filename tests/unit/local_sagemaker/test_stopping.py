"""Jobs that are stopped: by a request, or because their time is up."""

import threading
from collections.abc import Callable
from typing import Any

import pytest

from local.sagemaker import ApiError
from tests.cloud import eventually
from tests.unit.local_sagemaker.lab import Gate, Lab

# Saves its model when asked to end, as AWS gives programs two minutes to do.
SAVES = """
    import os, signal, sys
    def save(*_):
        open("model/saved", "w").write("1")
        sys.exit(0)
    signal.signal(signal.SIGTERM, save)
    print("ready")
    open(os.environ["GATE"]).read()
"""
STUBBORN = """
    import os, signal
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    print("ready")
    open(os.environ["GATE"]).read()
"""


def test_a_stopped_job_saves_its_model(lab: Lab, gate: Gate) -> None:
    lab.train("t", SAVES, Environment=gate.environment)
    lab.await_line("t", "ready")

    lab.call("StopTrainingJob", TrainingJobName="t")

    job = lab.trained("t")
    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Stopped", "Stopped")
    assert "FailureReason" not in job
    steps = [step["Status"] for step in job["SecondaryStatusTransitions"]]
    assert steps[-3:] == ["Training", "Stopping", "Stopped"]
    assert lab.buckets.keys("s3://lake/models/t") == ["models/t/output/model.tar.gz"]


def test_a_job_that_does_not_heed_is_killed(new_lab: Callable[..., Lab], gate: Gate) -> None:
    lab = new_lab(stop_seconds=0.1)
    lab.train("t", STUBBORN, Environment=gate.environment)
    lab.await_line("t", "ready")

    lab.call("StopTrainingJob", TrainingJobName="t")

    assert lab.trained("t")["TrainingJobStatus"] == "Stopped"


def test_a_processing_job_stops(lab: Lab, gate: Gate) -> None:
    lab.process("p", STUBBORN.replace("SIG_IGN", "SIG_DFL"), Environment=gate.environment)
    lab.await_line("p", "ready")

    lab.call("StopProcessingJob", ProcessingJobName="p")

    assert lab.processed("p")["ProcessingJobStatus"] == "Stopped"
    assert [detail["ProcessingJobStatus"] for _, detail, _ in lab.events] == [
        "InProgress", "Stopping", "Stopped",
    ]  # fmt: skip


def test_a_waiting_job_stops_without_having_run(new_lab: Callable[..., Lab], gate: Gate) -> None:
    lab = new_lab(concurrency=1)
    lab.train("first", STUBBORN, Environment=gate.environment)
    lab.await_line("first", "ready")
    lab.train("second", 'print("ran")')

    lab.call("StopTrainingJob", TrainingJobName="second")

    job = lab.training("second")
    assert job["TrainingJobStatus"] == "Stopped"
    assert "TrainingStartTime" not in job
    gate.open()
    lab.trained("first")
    assert lab.log_of("second") == []


def stop_at(lab: Lab, method: str, script: str) -> dict[str, Any]:
    """Stop a training job while it makes a request to S3, and return its description."""
    meeting = lab.buckets.meeting = threading.Barrier(2)
    lab.buckets.meets = method
    lab.train("t", script)
    eventually(lambda: meeting.n_waiting, f"it waits for its {method}")
    lab.call("StopTrainingJob", TrainingJobName="t")
    meeting.wait(30)
    return lab.trained("t")


def test_a_job_stops_while_its_inputs_come(lab: Lab) -> None:
    job = stop_at(lab, "GET", 'print("ran")')

    assert job["TrainingJobStatus"] == "Stopped"
    assert lab.log_of("t") == []


def test_a_job_that_has_ended_stops_with_its_model(lab: Lab) -> None:
    job = stop_at(lab, "PUT", 'open("model/whole", "w").write("1")')

    assert job["TrainingJobStatus"] == "Stopped"
    assert lab.buckets.keys("s3://lake/models/t") == ["models/t/output/model.tar.gz"]


@pytest.mark.slow
def test_training_that_is_out_of_time_is_stopped(lab: Lab, gate: Gate) -> None:
    limit = {"MaxRuntimeInSeconds": 1}
    lab.train("t", SAVES, Environment=gate.environment, StoppingCondition=limit)

    job = lab.trained("t")

    assert job["TrainingJobStatus"] == "Stopped"
    assert job["SecondaryStatus"] == "MaxRuntimeExceeded"
    assert job["SecondaryStatusTransitions"][-1]["Status"] == "MaxRuntimeExceeded"
    assert lab.buckets.keys("s3://lake/models/t") == ["models/t/output/model.tar.gz"]


@pytest.mark.slow
def test_processing_that_is_out_of_time_is_stopped(lab: Lab, gate: Gate) -> None:
    limit = {"MaxRuntimeInSeconds": 1}
    lab.process("p", SAVES, Environment=gate.environment, StoppingCondition=limit)

    assert lab.processed("p")["ProcessingJobStatus"] == "Stopped"


def test_stopping_twice_is_stopping_once(lab: Lab, gate: Gate) -> None:
    lab.train("t", STUBBORN, Environment=gate.environment)
    lab.await_line("t", "ready")

    lab.call("StopTrainingJob", TrainingJobName="t")
    lab.call("StopTrainingJob", TrainingJobName="t")

    assert lab.training("t")["SecondaryStatus"] == "Stopping"
    gate.open()
    assert lab.trained("t")["TrainingJobStatus"] == "Stopped"


def test_an_ended_job_cannot_be_stopped(lab: Lab) -> None:
    lab.train("t")
    lab.trained("t")

    with pytest.raises(ApiError, match="rejected because the training job is in status Completed"):
        lab.call("StopTrainingJob", TrainingJobName="t")


def test_a_running_job_cannot_be_deleted(lab: Lab, gate: Gate) -> None:
    lab.train("t", STUBBORN, Environment=gate.environment)

    with pytest.raises(ApiError) as refused:
        lab.call("DeleteTrainingJob", TrainingJobName="t")

    assert refused.value.code == "ResourceInUse"
    gate.open()
    lab.trained("t")
