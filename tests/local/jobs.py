"""Requests of small SageMaker jobs for tests: a line of Python each, done in milliseconds."""

import io
import tarfile
import uuid
from typing import Any

import pytest

from config.images import IMAGE
from local import LocalCloud
from tests.cloud import eventually

Request = dict[str, Any]

BUCKET = "jobs"
ROLE = "arn:aws:iam::000000000000:role/job"
URI = f"000000000000.dkr.ecr.us-east-1.amazonaws.com/{IMAGE}"
RESOURCES = {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 1}
MODEL = "import pathlib; pathlib.Path('/opt/ml/model/model').write_text('m'); "
FAILING = (
    "import pathlib; pathlib.Path('/opt/ml/output/failure').write_text('no such luck'); exit(1)"
)
ENDLESS = "import time; time.sleep(600)"
# What answers with the content of the model's file `answer`.
SERVING = """
import pathlib

def model_fn(model_dir):
    return pathlib.Path(model_dir, "answer").read_text()

def input_fn(data, content_type):
    return data

def predict_fn(data, model):
    return f"{model} to {data}"

def output_fn(prediction, accept):
    return prediction
"""


def new_name(stem: str) -> str:
    """Return a name that no other test has used."""
    return f"{stem}-{uuid.uuid4().hex[:8]}"


def code_of(text: str) -> list[str]:
    """Return the entry point that runs `text`, with `/opt/ml` where the job has it."""
    return ["python3", "-c", text]


def training(name: str, code: str = "print('auc=0.75')", **fields: Any) -> Request:
    """Return a training job's request."""
    return {
        "TrainingJobName": name,
        "RoleArn": ROLE,
        "AlgorithmSpecification": {
            "TrainingImage": URI,
            "TrainingInputMode": "File",
            "ContainerEntrypoint": code_of(code),
            "MetricDefinitions": [{"Name": "auc", "Regex": "auc=([0-9.]+)"}],
        },
        "OutputDataConfig": {"S3OutputPath": f"s3://{BUCKET}/models"},
        "ResourceConfig": RESOURCES,
        "StoppingCondition": {"MaxRuntimeInSeconds": 60},
        **fields,
    }


def processing(name: str, code: str = "print('done')", **fields: Any) -> Request:
    """Return a processing job's request."""
    return {
        "ProcessingJobName": name,
        "RoleArn": ROLE,
        "AppSpecification": {"ImageUri": URI, "ContainerEntrypoint": code_of(code)},
        "ProcessingResources": {"ClusterConfig": RESOURCES},
        **fields,
    }


def tuning(cloud: LocalCloud, name: str, code: str) -> Request:
    """Return a tuning job's request: two trainings, one at a time, of a script put into S3.

    The definition of a tuning's trainings takes no entry point.
    """
    key = f"code/{name}/sourcedir.tar.gz"
    cloud.client("s3").put_object(Bucket=BUCKET, Key=key, Body=archive({"train.py": code}))
    definition = training("unused")
    algorithm = definition["AlgorithmSpecification"]
    del definition["TrainingJobName"], algorithm["ContainerEntrypoint"]
    return {
        "HyperParameterTuningJobName": name,
        "HyperParameterTuningJobConfig": {
            "Strategy": "Random",
            "HyperParameterTuningJobObjective": {"Type": "Maximize", "MetricName": "auc"},
            "ResourceLimits": {"MaxNumberOfTrainingJobs": 2, "MaxParallelTrainingJobs": 1},
            "ParameterRanges": {
                "IntegerParameterRanges": [{"Name": "depth", "MinValue": "1", "MaxValue": "9"}]
            },
        },
        "TrainingJobDefinition": definition
        | {
            "StaticHyperParameters": {
                "sagemaker_program": "train.py",
                "sagemaker_submit_directory": f"s3://{BUCKET}/{key}",
            }
        },
    }


def transform(name: str, model: str) -> Request:
    """Return a transform job's request: a model is asked each line of what is below `asked/`."""
    source = {"S3DataType": "S3Prefix", "S3Uri": f"s3://{BUCKET}/asked/"}
    return {
        "TransformJobName": name,
        "ModelName": model,
        "BatchStrategy": "SingleRecord",
        "TransformInput": {
            "DataSource": {"S3DataSource": source},
            "ContentType": "text/csv",
            "SplitType": "Line",
        },
        "TransformOutput": {
            "S3OutputPath": f"s3://{BUCKET}/{name}",
            "Accept": "text/csv",
            "AssembleWith": "Line",
        },
        "TransformResources": {"InstanceCount": 1, "InstanceType": "ml.m5.large"},
    }


def container(data: Any) -> Request:
    """Return the container of a model, whose archive `data` has the program of `SERVING`.

    Args:
        data: URI of the archive; in a template, also what becomes one.
    """
    return {
        "Image": URI,
        "ModelDataUrl": data,
        "Environment": {
            "SAGEMAKER_PROGRAM": "inference.py",
            "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code",
        },
    }


def archive(files: dict[str, str]) -> bytes:
    """Return a `tar.gz` of text files."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for name, text in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(text.encode())
            tar.addfile(info, io.BytesIO(text.encode()))
    return packed.getvalue()


def await_creation(cloud: LocalCloud, name: str) -> None:
    """Wait until a training job exists."""
    client = cloud.client("sagemaker")
    eventually(lambda: name in str(client.list_training_jobs(NameContains=name)), "it is created")


def await_training(cloud: LocalCloud, name: str) -> dict[str, Any]:
    """Return the description of a training job that has ended."""
    client = cloud.client("sagemaker")

    def ended() -> Any:
        description = client.describe_training_job(TrainingJobName=name)
        running = description["TrainingJobStatus"] in ("InProgress", "Stopping")
        return None if running else description

    found: dict[str, Any] = eventually(ended, f"{name} ends")
    return found


@pytest.fixture(scope="session")
def job_cloud(shared_cloud: LocalCloud) -> LocalCloud:
    """The shared cloud, with the bucket that jobs write to."""
    shared_cloud.client("s3").create_bucket(Bucket=BUCKET)
    return shared_cloud
