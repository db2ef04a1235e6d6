"""Scores models on every later month, with the jobs that the pipeline uses, outside of it."""

import secrets
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from demo.errors import DemoError
from ops import artifacts, jobs, models
from ops.deployment import Deployment
from ops.jobs import JobKind, JobRef
from ops.pacing import Poll
from schemas.evaluations import Evaluation
from schemas.manifests import Manifest
from schemas.names import Output
from schemas.registry import ModelMetadata

if TYPE_CHECKING:
    from mypy_boto3_sagemaker.type_defs import ProcessingInputTypeDef

SCORED_FROM, SCORED_TO = "2013-03", "2014-01"
ROOT = "/opt/ml/processing"
LONGEST_JOB_SECONDS = 600


def auc_by_month(deployment: Deployment, versions: Sequence[int]) -> Mapping[int, dict[str, float]]:
    """Return the AUC of models on each month from March to December, by version.

    The data are those of the last model's snapshot, which holds the whole year.
    """
    found = {each: models.find(deployment, str(each)) for each in versions}
    metadata = {version: model.metadata for version, model in found.items() if model.metadata}
    scoring = _Scoring(deployment, metadata[max(metadata)])
    holdout = scoring.prepare()
    evaluation = scoring.score(
        holdout, {f"v{n}": each.artifact_uri for n, each in metadata.items()}
    )
    return {
        int(name.removeprefix("v")): {
            month: scores.auc for month, scores in each.by_month.items() if scores.auc is not None
        }
        for name, each in evaluation.models.items()
    }


class _Scoring:
    """Two jobs: records of the later months, and every model's scores of them."""

    def __init__(self, deployment: Deployment, metadata: ModelMetadata) -> None:
        self._deployment = deployment
        self._metadata = metadata
        self._label = f"{deployment.environment.name}-demo-{secrets.token_hex(3)}"
        bucket = deployment[Output.ARTIFACTS_BUCKET_NAME]
        self._folder = f"s3://{bucket}/runs/{self._label}"
        self._bucket = bucket

    def prepare(self) -> str:
        """Turn the snapshot into labelled records; return their folder."""
        text = artifacts.read_text(self._deployment, self._metadata.manifest_uri)
        if text is None:
            raise DemoError(f"the snapshot {self._metadata.manifest_uri} is gone")
        snapshot = f"s3://{self._bucket}/{Manifest.from_text(text).input_key}"
        return self._run(
            "preprocess",
            {"data": snapshot},
            ["--train-from", self._metadata.train_from, "--holdout-from", SCORED_FROM,
             "--holdout-to", SCORED_TO],
        )  # fmt: skip

    def score(self, prepared: str, archives: Mapping[str, str]) -> Evaluation:
        """Judge every model by the same records."""
        named = [text for name in archives for text in ("--model", f"{name}={ROOT}/input/{name}")]
        inputs = {"holdout": f"{prepared}/holdout/", "summary": f"{prepared}/summary/"}
        folder = self._run("score", inputs, named, archives)
        evaluation = artifacts.read_evaluation(self._deployment, f"{folder}/evaluation.json")
        if evaluation is None:
            raise DemoError(f"there is no evaluation in {folder}")
        return evaluation

    def _run(
        self,
        step: str,
        inputs: Mapping[str, str],
        arguments: Sequence[str],
        extra: Mapping[str, str] | None = None,
    ) -> str:
        """Run one step of `ml` as a job; return the folder of its output."""
        output = f"{self._folder}/{step}"
        folders = [text for name in inputs for text in (f"--{name}", f"{ROOT}/input/{name}")]
        code = self._metadata.code_uri.removesuffix("code.zip")
        sources = {"code": code, **inputs, **(extra or {})}
        name = f"{self._label}-{step}"
        self._deployment.connection.sagemaker.create_processing_job(
            ProcessingJobName=name,
            RoleArn=self._role_arn(),
            AppSpecification={
                "ImageUri": self._metadata.image_uri,
                "ContainerEntrypoint": ["python3", "-m", "ml"],
                "ContainerArguments": [step, *folders, *arguments, "--output", f"{ROOT}/output"],
            },
            Environment={"PYTHONPATH": f"{ROOT}/input/code/code.zip"},
            ProcessingInputs=[_input(each, uri) for each, uri in sources.items()],
            ProcessingOutputConfig={
                "Outputs": [
                    {
                        "OutputName": "output",
                        "S3Output": {
                            "S3Uri": output,
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
                    "VolumeSizeInGB": 10,
                }
            },
            NetworkConfig={"EnableNetworkIsolation": True},
        )
        self._wait(name)
        return output

    def _wait(self, name: str) -> None:
        client = self._deployment.connection.sagemaker
        for _ in Poll(LONGEST_JOB_SECONDS, 0.5):
            job = client.describe_processing_job(ProcessingJobName=name)
            if job["ProcessingJobStatus"] == "Completed":
                return
            if job["ProcessingJobStatus"] in ("Failed", "Stopped"):
                tail = jobs.log_tail(self._deployment, JobRef(kind=JobKind.PROCESSING, name=name))
                raise DemoError(f"{name}: {job.get('FailureReason')}; its log: {tail}")
        raise DemoError(f"{name} has not ended within {LONGEST_JOB_SECONDS} seconds")

    def _role_arn(self) -> str:
        """Return the role that the pipeline's own jobs run under."""
        name = self._metadata.training_job_arn.rpartition("/")[2]
        job: Any = self._deployment.connection.sagemaker.describe_training_job(TrainingJobName=name)
        return str(job["RoleArn"])


def _input(name: str, uri: str) -> "ProcessingInputTypeDef":
    return {
        "InputName": name,
        "S3Input": {
            "S3Uri": uri,
            "LocalPath": f"{ROOT}/input/{name}",
            "S3DataType": "ManifestFile" if uri.endswith(".manifest") else "S3Prefix",
            "S3InputMode": "File",
        },
    }
