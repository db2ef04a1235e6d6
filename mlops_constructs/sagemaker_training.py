"""Trainings and tunings as tasks of a state machine; both leave one training job's description."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mlops_constructs.sagemaker_jobs import (
    CODE_CHANNEL,
    CODE_FILE,
    ENTRYPOINT,
    RETRIES,
    JobSettings,
    job_name,
    job_task,
)
from mlops_constructs.states import State, integration, task

CODE_FOLDER = f"/opt/ml/input/data/{CODE_CHANNEL}"
# Of SageMaker's own, for failures of its own.
INTERNAL_ERROR_ATTEMPTS = 3

TRAINING_JOB = "$.training_job"
"""Where later states find the job that trained the model."""
_DESCRIPTION = {
    f"{name}.$": f"$.{name}"
    for name in (
        "TrainingJobName",
        "TrainingJobArn",
        "TrainingJobStatus",
        "ModelArtifacts",
        "HyperParameters",
    )
}
_TUNING = "$.tuning"
_DESCRIBE_SECONDS = 60

# Tuning jobs have no entry point of their own: the container's script mode runs the same module,
# with the hyperparameters as arguments. It installs a package first, for which there is no network;
# pip takes this variable the other way round: "0" is without isolation (tried with pip 26.1).
_SCRIPT_MODE = {
    "PYTHONPATH": f"{CODE_FOLDER}/{CODE_FILE}",
    "SAGEMAKER_PROGRAM": ENTRYPOINT[-1],
    "PIP_NO_BUILD_ISOLATION": "0",
    "PIP_NO_INDEX": "1",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class TunedRange:
    """Values that tuning tries for a hyperparameter, smallest to largest, whole or not."""

    minimum: float
    maximum: float
    is_integer: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class TrainingSpecification:
    """What is trained, by a training job or by each of a tuning.

    Attributes:
        channels: Channel to the path, or intrinsic function, of its S3 URI.
        output_uri: Path or intrinsic function of the S3 URI that models go to.
        metrics: Metric to the regular expression that finds it in the log.
        tuned: Hyperparameter to the values that tuning tries.
        objective: The one of `metrics` that tuning maximizes.
        tuning_jobs: Trainings of a tuning.
        parallel_tuning_jobs: Those of them that run at a time.
        seed: Of tuning's choices.
    """

    channels: Mapping[str, str]
    output_uri: str
    metrics: Mapping[str, str]
    objective: str
    tuned: Mapping[str, TunedRange] = field(default_factory=dict)
    tuning_jobs: int
    parallel_tuning_jobs: int
    seed: int = 1

    def definition(self, settings: JobSettings) -> dict[str, Any]:
        """Return what training jobs and those of a tuning have in common."""
        channels = {CODE_CHANNEL: "$.run.code_prefix_uri", **self.channels}
        return {
            "RoleArn": settings.role_arn,
            "InputDataConfig": [_channel(name, uri) for name, uri in channels.items()],
            "OutputDataConfig": {"S3OutputPath.$": self.output_uri, "KmsKeyId": settings.key_arn},
            "ResourceConfig": settings.cluster,
            "StoppingCondition": {"MaxRuntimeInSeconds": settings.timeout_seconds},
            "RetryStrategy": {"MaximumRetryAttempts": INTERNAL_ERROR_ATTEMPTS},
            **settings.network,
        }

    @property
    def algorithm(self) -> dict[str, Any]:
        """Image, and the metrics in its log."""
        return {
            "TrainingImage.$": "$.run.image_uri",
            "TrainingInputMode": "File",
            "MetricDefinitions": [
                {"Name": name, "Regex": regex} for name, regex in self.metrics.items()
            ],
        }

    @property
    def search(self) -> dict[str, Any]:
        """How tuning looks for the best hyperparameters."""
        return {
            "Strategy": "Bayesian",
            "RandomSeed": self.seed,
            "HyperParameterTuningJobObjective": {"Type": "Maximize", "MetricName": self.objective},
            "ResourceLimits": {
                "MaxNumberOfTrainingJobs": self.tuning_jobs,
                "MaxParallelTrainingJobs": self.parallel_tuning_jobs,
            },
            "ParameterRanges": {
                "IntegerParameterRanges": self._ranges(integer=True),
                "ContinuousParameterRanges": self._ranges(integer=False),
            },
        }

    def _ranges(self, *, integer: bool) -> list[dict[str, str]]:
        return [
            {"Name": name, "MinValue": f"{each.minimum:g}", "MaxValue": f"{each.maximum:g}"}
            for name, each in self.tuned.items()
            if each.is_integer is integer
        ]


def training_state(
    settings: JobSettings, specification: TrainingSpecification, *, failed: str, next_state: str
) -> State:
    """Return the task that trains once."""
    parameters = {
        "TrainingJobName.$": job_name("train"),
        "HyperParameters.$": "$.run.hyperparameters",
        "AlgorithmSpecification": {
            **specification.algorithm,
            "ContainerEntrypoint": list(ENTRYPOINT),
            "ContainerArguments": ["train"],
        },
        "Environment": {"PYTHONPATH": f"{CODE_FOLDER}/{CODE_FILE}"},
        "Tags": settings.tag_list,
        **specification.definition(settings),
    }
    return job_task(
        settings,
        "createTrainingJob",
        parameters,
        retries=RETRIES,
        failed=failed,
        result_path=TRAINING_JOB,
        result_selector=_DESCRIPTION,
        next_state=next_state,
    )


def tuning_state(
    settings: JobSettings, specification: TrainingSpecification, *, failed: str, next_state: str
) -> State:
    """Return the task that trains many times with different hyperparameters."""
    parameters = {
        "HyperParameterTuningJobName.$": job_name("hpo"),
        "HyperParameterTuningJobConfig": specification.search,
        "TrainingJobDefinition": {
            "StaticHyperParameters.$": "$.run.hyperparameters",
            "AlgorithmSpecification": specification.algorithm,
            "Environment": _SCRIPT_MODE,
            **specification.definition(settings),
        },
        "Tags": settings.tag_list,
    }
    rounds = -(-specification.tuning_jobs // specification.parallel_tuning_jobs)
    state = job_task(
        settings,
        "createHyperParameterTuningJob",
        parameters,
        retries=RETRIES,
        failed=failed,
        result_path=_TUNING,
        result_selector={"best.$": "$.BestTrainingJob.TrainingJobName"},
        next_state=next_state,
    )
    return state | {"TimeoutSeconds": rounds * state["TimeoutSeconds"]}


def best_training_state(*, failed: str, next_state: str) -> State:
    """Return the task that looks up the best training of a tuning."""
    return task(
        integration("aws-sdk:sagemaker:describeTrainingJob"),
        {"TrainingJobName.$": f"{_TUNING}.best"},
        retries=RETRIES,
        failed=failed,
        timeout_seconds=_DESCRIBE_SECONDS,
        result_path=TRAINING_JOB,
        result_selector=_DESCRIPTION,
        next_state=next_state,
    )


def _channel(name: str, uri_path: str) -> dict[str, Any]:
    return {
        "ChannelName": name,
        "DataSource": {
            "S3DataSource": {
                "S3DataType": "S3Prefix",
                "S3Uri.$": uri_path,
                "S3DataDistributionType": "FullyReplicated",
            }
        },
    }
