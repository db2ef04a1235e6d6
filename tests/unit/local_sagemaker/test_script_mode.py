"""Training jobs without an entrypoint: the image runs a script of the user's."""

import io
import tarfile
from typing import Any

import pytest

from tests.unit.local_sagemaker.lab import Lab

SCRIPT = 'import sys; print("ran", sys.argv[1:])'


def archive(**files: str) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, text in files.items():
            member = tarfile.TarInfo(f"{name}.py")
            member.size = len(text)
            tar.addfile(member, io.BytesIO(text.encode()))
    return buffer.getvalue()


def train(lab: Lab, directory: str, *, isolated: bool = True) -> dict[str, Any]:
    lab.train(
        "t",
        SCRIPT,
        AlgorithmSpecification={"ContainerEntrypoint": None},
        HyperParameters={
            "sagemaker_program": '"main.py"',
            "sagemaker_submit_directory": f'"{directory}"',
            "eta": "0.5",
        },
        EnableNetworkIsolation=isolated,
    )
    return lab.trained("t")


def test_code_in_a_channel(lab: Lab) -> None:
    train(lab, "/opt/ml/input/data/code")

    assert lab.log_of("t") == ["ran ['--eta', '0.5']"]


def test_an_archive_in_a_channel(lab: Lab) -> None:
    lab.buckets.put("s3://lake/code/t/sourcedir.tar.gz", archive(main=SCRIPT))

    train(lab, "/opt/ml/input/data/code/sourcedir.tar.gz")

    assert lab.log_of("t") == ["ran ['--eta', '0.5']"]


def test_a_single_file(lab: Lab) -> None:
    train(lab, "/opt/ml/input/data/code/main.py")

    assert lab.log_of("t") == ["ran ['--eta', '0.5']"]


def test_an_archive_in_s3(lab: Lab) -> None:
    lab.buckets.put("s3://lake/sourcedir.tar.gz", archive(main=SCRIPT))

    train(lab, "s3://lake/sourcedir.tar.gz", isolated=False)

    assert lab.log_of("t") == ["ran ['--eta', '0.5']"]


def test_a_module_that_a_variable_names(lab: Lab) -> None:
    """It may be anywhere on the path: the code's folder is empty without the hyperparameter."""
    lab.train(
        "t",
        SCRIPT,
        AlgorithmSpecification={"ContainerEntrypoint": None},
        Environment={
            "SAGEMAKER_PROGRAM": "main",
            "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/no/such/folder",
            "PYTHONPATH": "/opt/ml/input/data/code",
        },
        EnableNetworkIsolation=True,
    )

    assert lab.trained("t")["TrainingJobStatus"] == "Completed", lab.log_of("t")
    assert lab.log_of("t") == ["ran []"]


@pytest.mark.parametrize(
    ("directory", "reason"),
    [
        ("s3://lake/sourcedir.tar.gz", "a job with network isolation cannot download"),
        ("/opt/ml/input/data/none", "there is no /opt/ml/input/data/none"),
    ],
)
def test_code_that_cannot_be_had(lab: Lab, directory: str, reason: str) -> None:
    assert reason in train(lab, directory)["FailureReason"]


def test_a_broken_archive(lab: Lab) -> None:
    lab.buckets.put("s3://lake/sourcedir.tar.gz", b"\x1f\x8b nothing")

    reason = train(lab, "s3://lake/sourcedir.tar.gz", isolated=False)["FailureReason"]

    assert reason.startswith("ClientError: Failed to extract the archive sourcedir.tar.gz")
