"""A service that goes on where another one ended."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from local.sagemaker import ApiError
from tests.cloud import eventually
from tests.unit.local_sagemaker import requests
from tests.unit.local_sagemaker.buckets import Buckets
from tests.unit.local_sagemaker.lab import Gate, Lab
from tests.unit.local_sagemaker.tunings import trials, tuning

WAITS = f"import os; print('ready'); {Gate.WAIT}"


def test_everything_known_is_known_again(lab: Lab) -> None:
    lab.train("t")
    trained = lab.trained("t")
    lab.call("CreateModelPackageGroup", ModelPackageGroupName="flights", role="admin")
    arn = lab.call("CreateModelPackage", **requests.package("flights"))["ModelPackageArn"]
    package = lab.call("DescribeModelPackage", ModelPackageName=arn)
    lab.call("AddTags", ResourceArn=trained["TrainingJobArn"], Tags=[{"Key": "a", "Value": "b"}])

    lab.restart()

    assert lab.training("t") == trained
    assert lab.call("DescribeModelPackage", ModelPackageName=arn) == package
    tags = lab.call("ListTags", ResourceArn=trained["TrainingJobArn"])
    assert tags["Tags"] == [{"Key": "a", "Value": "b"}]


def test_versions_go_on(lab: Lab) -> None:
    lab.call("CreateModelPackageGroup", ModelPackageGroupName="flights")
    first = lab.call("CreateModelPackage", **requests.package("flights"))["ModelPackageArn"]
    lab.call("DeleteModelPackage", ModelPackageName=first)

    lab.restart()

    second = lab.call("CreateModelPackage", **requests.package("flights"))["ModelPackageArn"]
    assert second.endswith("model-package/flights/2")


def test_jobs_that_ran_or_waited_count_as_interrupted(lab: Lab, gate: Gate) -> None:
    lab.train("t", WAITS, Environment=gate.environment)
    lab.process("p", WAITS, Environment=gate.environment)
    lab.await_line("t", "ready")
    lab.await_line("p", "ready")
    lab.train("waits")

    lab.restart()

    for job in (lab.training("t"), lab.training("waits")):
        assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Failed", "Failed")
        assert job["FailureReason"].startswith("InternalServerError: The local SageMaker ended")
    assert lab.processing("p")["ProcessingJobStatus"] == "Failed"
    assert not (lab.folder / "training-job").exists()


def test_a_tuning_job_that_ran_counts_as_interrupted(lab: Lab, gate: Gate) -> None:
    tuning(lab, "tune", WAITS, Environment=gate.environment)

    lab.restart()

    job = lab.call("DescribeHyperParameterTuningJob", HyperParameterTuningJobName="tune")
    assert job["HyperParameterTuningJobStatus"] == "Failed"
    assert job["FailureReason"].startswith("InternalServerError: The local SageMaker ended")


def test_a_tuning_job_whose_trainings_wait_does_not_keep_the_service_from_ending(
    new_lab: Callable[..., Lab], gate: Gate
) -> None:
    lab = new_lab(concurrency=1)
    tuning(lab, "tune", WAITS, Environment=gate.environment)
    eventually(lambda: "Pending" in states(lab), "a training waits for its turn")

    lab.restart()

    job = lab.call("DescribeHyperParameterTuningJob", HyperParameterTuningJobName="tune")
    assert job["HyperParameterTuningJobStatus"] == "Failed"


def states(lab: Lab) -> list[str]:
    return [
        lab.training(each["TrainingJobName"])["SecondaryStatus"] for each in trials(lab, "tune")
    ]


def test_a_job_that_comes_while_the_service_ends_counts_as_interrupted(lab: Lab) -> None:
    lab.sagemaker.close()

    lab.train("late")
    lab.restart()

    assert lab.training("late")["TrainingJobStatus"] == "Failed"
    assert lab.training("late")["FailureReason"].startswith("InternalServerError: The local")


@pytest.mark.slow
def test_the_state_survives_a_kill(tmp_path: Path, buckets: Buckets) -> None:
    folder = tmp_path / "sagemaker"
    script = """
import pathlib, sys, threading
from tests.unit.local_sagemaker.lab import lab_settings
from local.sagemaker import SageMaker
service = SageMaker(lab_settings(pathlib.Path(sys.argv[1]), "http://127.0.0.1:1"))
service.call("CreateModelPackageGroup", {"ModelPackageGroupName": "flights"})
print("created", flush=True)
threading.Event().wait()
"""
    root = Path(__file__).resolve().parents[3]
    command = [sys.executable, "-c", script, str(folder)]
    with subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stdout.readline() == b"created\n"
        os.kill(process.pid, signal.SIGKILL)

    lab = Lab(folder, buckets)

    groups = lab.call("ListModelPackageGroups")["ModelPackageGroupSummaryList"]
    assert [group["ModelPackageGroupName"] for group in groups] == ["flights"]
    lab.sagemaker.close()


def test_a_name_stays_taken(lab: Lab) -> None:
    lab.train("t")
    lab.trained("t")

    lab.restart()

    with pytest.raises(ApiError, match="already exists"):
        lab.train("t")
    lab.call("DeleteTrainingJob", TrainingJobName="t")
    lab.train("t")
    eventually(lambda: lab.training("t")["TrainingJobStatus"] == "Completed", "it runs again")
