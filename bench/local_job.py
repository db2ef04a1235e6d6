"""What the local SageMaker adds to a job: files from and to S3, records, events, logs, a queue."""

import subprocess
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

from bench.measuring import TWIN, clocked, in_turns
from bench.results import Line
from bench.workshop import Workshop
from config.images import IMAGE, IMAGE_ACCOUNTS
from local import LocalCloud
from local.environment import ACCOUNT, REGION

REPETITIONS = 9
BUCKET = "bench"
CONTENT = b"x" * 10**6
ROOT = "/opt/ml/processing"
COPY = "import shutil, sys; shutil.copytree(*sys.argv[1:], dirs_exist_ok=True)"
POLL_SECONDS = 0.01


def local_job(workshop: Workshop) -> Iterator[Line]:
    """Run a job that copies a megabyte, beside the process alone.

    What is added is waiting more than work, so it is the one thing that is timed by the clock.
    """
    source, target = workshop.folder / "megabyte", workshop.folder / "copy"
    source.mkdir()
    source.joinpath("file").write_bytes(CONTENT)
    workshop.say(f"a processing job on the local cloud, {REPETITIONS} times, and its process alone")
    with LocalCloud.start(state_dir=workshop.folder / "cloud") as cloud:
        storage = cloud.client("s3")
        storage.create_bucket(Bucket=BUCKET)
        storage.put_object(Bucket=BUCKET, Key="input/file", Body=CONTENT)
        client, numbers = cloud.client("sagemaker"), count()
        seconds = in_turns(
            {
                "job": lambda: clocked(lambda: run_job(client, f"copy-{next(numbers)}")),
                "process": lambda: clocked(lambda: _run_process(source, target)),
            },
            REPETITIONS,
        )
    yield Line(
        what="a local processing job, beyond its process",
        ours=f"{1000 * seconds['job']:,.0f} ms",
        peer=f"the process {1000 * seconds['process']:,.0f} ms",
        figure=1000 * (seconds["job"] - seconds["process"]),
        unit="ms by the clock",
    )


def run_job(client: Any, name: str) -> None:
    """Run the job to its end.

    Raises:
        RuntimeError: it failed; the message says why.
    """
    client.create_processing_job(
        ProcessingJobName=name,
        RoleArn=f"arn:aws:iam::{ACCOUNT}:role/bench",
        AppSpecification={
            "ImageUri": f"{IMAGE_ACCOUNTS[REGION]}.dkr.ecr.{REGION}.amazonaws.com/{IMAGE}",
            "ContainerEntrypoint": ["python3", "-c", COPY, f"{ROOT}/input", f"{ROOT}/output"],
        },
        ProcessingInputs=[
            {
                "InputName": "input",
                "S3Input": {
                    "S3Uri": f"s3://{BUCKET}/input/",
                    "LocalPath": f"{ROOT}/input",
                    "S3DataType": "S3Prefix",
                    "S3InputMode": "File",
                },
            }
        ],
        ProcessingOutputConfig={
            "Outputs": [
                {
                    "OutputName": "output",
                    "S3Output": {
                        "S3Uri": f"s3://{BUCKET}/output/{name}",
                        "LocalPath": f"{ROOT}/output",
                        "S3UploadMode": "EndOfJob",
                    },
                }
            ]
        },
        ProcessingResources={
            "ClusterConfig": {
                "InstanceCount": 1,
                "InstanceType": "ml.m5.large",
                "VolumeSizeInGB": 1,
            }
        },
    )
    while (job := client.describe_processing_job(ProcessingJobName=name))[
        "ProcessingJobStatus"
    ] == "InProgress":
        time.sleep(POLL_SECONDS)
    if job["ProcessingJobStatus"] != "Completed":
        raise RuntimeError(f"the job {name} has failed: {job.get('FailureReason')}")


def _run_process(source: Path, target: Path) -> None:
    subprocess.run([TWIN, "-c", COPY, source, target], check=True)
