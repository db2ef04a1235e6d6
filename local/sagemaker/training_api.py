"""The operations on training jobs."""

from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from typing import Any

from local.sagemaker import constraints, metrics, script_mode
from local.sagemaker.errors import invalid, not_implemented
from local.sagemaker.job_api import JobApi
from local.sagemaker.jobs import DEFAULT_LIMIT_SECONDS
from local.sagemaker.kinds import TRAINING_JOB
from local.sagemaker.records import Record, now
from local.sagemaker.training import STAGES, TrainingJob, transition
from local.sagemaker.world import Request

# RetryStrategy is accepted: it is about internal errors of SageMaker, which do not happen here.
_UNSUPPORTED = ("CheckpointConfig", "ServerlessJobConfig", "ModelPackageConfig")


class TrainingJobs(JobApi):
    """The operations on training jobs."""

    kind = TRAINING_JOB

    def begin(
        self, params: Mapping[str, Any], remarks: Sequence[str] = (), **members: Any
    ) -> "Future[None]":
        """Create a job and let it run.

        Args:
            params: The request of CreateTrainingJob.
            remarks: Lines for the beginning of its log.
            members: Further members of its record.

        Returns:
            The future of its end.

        Raises:
            ApiError: the request cannot be met.
        """
        refuse_what_is_unsupported(params)
        metrics.check(params["AlgorithmSpecification"].get("MetricDefinitions", ()))
        record = {**params, **_initial_members(params), **members}
        return self.start(
            params["TrainingJobName"],
            record,
            lambda created: TrainingJob(self.world, created, remarks),
        )

    def create(self, request: Request) -> dict[str, Any]:
        """Create a job and let it run."""
        self.begin(request.params)
        return {"TrainingJobArn": self.world.records.arn(self.kind, request["TrainingJobName"])}

    def stopping_members(self, record: Record) -> dict[str, Any]:
        """Return the secondary status of a job that was asked to stop."""
        return transition(record, *STAGES["Stopping"])


def _initial_members(params: Mapping[str, Any]) -> dict[str, Any]:
    output = params["OutputDataConfig"]
    status, message = STAGES["Starting"]
    folder = f"{output['S3OutputPath'].rstrip('/')}/{params['TrainingJobName']}/output"
    return {
        "OutputDataConfig": {"KmsKeyId": "", "CompressionType": "GZIP", **output},
        "ModelArtifacts": {"S3ModelArtifacts": f"{folder}/model.tar.gz"},
        "StoppingCondition": params.get(
            "StoppingCondition", {"MaxRuntimeInSeconds": DEFAULT_LIMIT_SECONDS}
        ),
        "EnableNetworkIsolation": params.get("EnableNetworkIsolation", False),
        "EnableInterContainerTrafficEncryption": params.get(
            "EnableInterContainerTrafficEncryption", False
        ),
        "EnableManagedSpotTraining": params.get("EnableManagedSpotTraining", False),
        "TrainingJobStatus": "InProgress",
        "SecondaryStatus": status,
        "SecondaryStatusTransitions": [
            {"Status": status, "StartTime": now(), "StatusMessage": message}
        ],
    }


def refuse_what_is_unsupported(params: Mapping[str, Any]) -> None:
    """Refuse what AWS would refuse, and what only AWS can do.

    Raises:
        ApiError: the request holds such a thing.
    """
    for member in ("AlgorithmSpecification", "ResourceConfig"):
        if not params.get(member):
            raise constraints.missing(member[0].lower() + member[1:])
    algorithm, resources = params["AlgorithmSpecification"], params["ResourceConfig"]
    if not algorithm.get("TrainingImage"):
        raise not_implemented("training without a TrainingImage")
    if unsupported := [member for member in _UNSUPPORTED if params.get(member)]:
        raise not_implemented(f"{', '.join(unsupported)} of training jobs")
    if resources.get("InstanceCount", 1) != 1 or resources.get("InstanceGroups"):
        raise not_implemented("training on more than one instance")
    if params["OutputDataConfig"].get("CompressionType", "GZIP") != "GZIP":
        raise not_implemented("uncompressed models")
    if not algorithm.get("ContainerEntrypoint"):
        script_mode.check(params.get("HyperParameters", {}), params.get("Environment", {}))
    _refuse_channels(params)


def _refuse_channels(params: Mapping[str, Any]) -> None:
    for channel in params.get("InputDataConfig", ()):
        source = channel["DataSource"].get("S3DataSource", {})
        mode = channel.get("InputMode", params["AlgorithmSpecification"]["TrainingInputMode"])
        if mode != "File" or source.get("S3DataType") not in ("S3Prefix", "ManifestFile"):
            raise not_implemented("channels other than S3Prefix and ManifestFile in File mode")
        if channel.get("CompressionType", "None") != "None":
            raise invalid("CompressionType must be None for TrainingInputMode File")
