"""Processing jobs."""

from collections.abc import Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

from local.sagemaker.containers import Container
from local.sagemaker.errors import JobFailedError, invalid, not_implemented
from local.sagemaker.guard import SIGNALLED
from local.sagemaker.job_api import JobApi
from local.sagemaker.jobs import DEFAULT_LIMIT_SECONDS, Ending
from local.sagemaker.kinds import PROCESSING_JOB
from local.sagemaker.program_jobs import Program, ProgramJob
from local.sagemaker.records import Record, now
from local.sagemaker.world import Request

_LOCAL_ROOT = "/opt/ml/processing/"
_MAX_MESSAGE_BYTES = 1024


class ProcessingJob(ProgramJob):
    """One run of a processing job."""

    kind = PROCESSING_JOB
    log_group = "/aws/sagemaker/ProcessingJobs"
    _message = ""

    @property
    def image(self) -> str:
        """The image that the job runs."""
        return str(self.request["AppSpecification"]["ImageUri"])

    @property
    def is_isolated(self) -> bool:
        """Whether the job's program gets no network."""
        return bool(self.request.get("NetworkConfig", {}).get("EnableNetworkIsolation"))

    def enter(self, stage: str) -> None:
        """Record the start; a processing job has no secondary statuses."""
        if stage == "Downloading":
            self._world.records.update(self.kind, self.name, {"ProcessingStartTime": now()})

    def prepare(self, container: Container) -> Program:
        """Bring the inputs, write the configuration, and return what to run."""
        for each in self.request.get("ProcessingInputs", ()):
            source = each["S3Input"]
            folder = container.path(source["LocalPath"])
            folder.mkdir(parents=True, exist_ok=True)
            self.storage.download(source["S3DataType"], source["S3Uri"], folder, self.is_stopping)
        for output in self._outputs:
            container.path(output["LocalPath"]).mkdir(parents=True, exist_ok=True)
        container.make("output")
        container.write_json("config/processingjobconfig.json", dict(self.request))
        container.write_json(
            "config/resourceconfig.json", {"current_host": "localhost", "hosts": ["localhost"]}
        )
        application = self.request["AppSpecification"]
        return Program(
            container.command(
                application["ContainerEntrypoint"], application.get("ContainerArguments", ())
            ),
            container.environment(
                self.request.get("Environment", {}),
                role=self.request["RoleArn"],
                isolated=self.is_isolated,
            ),
            container.root,
        )

    @property
    def _outputs(self) -> list[Mapping[str, str]]:
        outputs = self.request.get("ProcessingOutputConfig", {}).get("Outputs", ())
        return [output["S3Output"] for output in outputs]

    def observe(self, lines: Sequence[str]) -> None:
        """Nothing in the output of a processing job means anything."""

    def reason_of(self, container: Container, code: int) -> str:
        """Return what AWS says; why the program failed it may say in its exit message or log."""
        self._message = exit_message(container.root / "output" / "message")
        if code > SIGNALLED:
            # It had no chance to say so itself.
            self.say([f"local SageMaker: signal {code - SIGNALLED} has killed the program"])
        return "AlgorithmError: See job logs for more information"

    def deliver(self, container: Container, *, complete: bool) -> None:
        """Put the outputs of a program that came to its end."""
        self._message = exit_message(container.root / "output" / "message")
        key_id = self.request.get("ProcessingOutputConfig", {}).get("KmsKeyId", "")
        for output in self._outputs if complete else ():
            folder = container.path(output["LocalPath"])
            self.storage.upload_folder(folder, output["S3Uri"], key_id)

    def final_members(self, ending: Ending) -> dict[str, Any]:  # noqa: ARG002
        """Return exit message and end."""
        return {"ExitMessage": self._message or None, "ProcessingEndTime": now()}


def exit_message(file: Path) -> str:
    """Return what a program told about its end: the first KB of a file, "" without one.

    Raises:
        JobFailedError: the file is no UTF-8 text.

    Source:
        https://docs.aws.amazon.com/sagemaker/latest/dg/byoc-metadata.html
    """
    content = file.read_bytes() if file.is_file() else b""
    try:
        content.decode()
    except UnicodeDecodeError:
        raise JobFailedError(
            "ClientError: the message in /opt/ml/output/message is not UTF-8 encoded"
        ) from None
    return content[:_MAX_MESSAGE_BYTES].decode(errors="ignore")


class ProcessingJobs(JobApi):
    """The operations on processing jobs."""

    kind = PROCESSING_JOB

    def create(self, request: Request) -> dict[str, Any]:
        """Create a job and let it run."""
        _refuse_what_is_unsupported(request.params)
        self.start(
            request["ProcessingJobName"],
            {
                **request.params,
                "StoppingCondition": request.params.get(
                    "StoppingCondition", {"MaxRuntimeInSeconds": DEFAULT_LIMIT_SECONDS}
                ),
                "ProcessingJobStatus": "InProgress",
            },
            lambda record: ProcessingJob(self.world, record),
        )
        arn = self.world.records.arn(self.kind, request["ProcessingJobName"])
        return {"ProcessingJobArn": arn}

    def stopping_members(self, record: Record) -> dict[str, Any]:  # noqa: ARG002
        """Nothing but the status changes."""
        return {}


def _refuse_what_is_unsupported(params: Mapping[str, Any]) -> None:
    """Refuse what AWS would refuse, and what only AWS can do.

    Raises:
        ApiError: the request holds such a thing.
    """
    if not params["AppSpecification"].get("ContainerEntrypoint"):
        raise not_implemented("processing jobs without a ContainerEntrypoint")
    if params["ProcessingResources"]["ClusterConfig"].get("InstanceCount", 1) != 1:
        raise not_implemented("processing on more than one instance")
    inputs = params.get("ProcessingInputs", ())
    outputs = params.get("ProcessingOutputConfig", {}).get("Outputs", ())
    for part, name in chain(((i, "S3Input") for i in inputs), ((o, "S3Output") for o in outputs)):
        if part.get("AppManaged") or name not in part:
            raise not_implemented("inputs and outputs of processing jobs outside S3")
        path = part[name].get("LocalPath", "")
        if not path.startswith(_LOCAL_ROOT):
            raise invalid(f"LocalPath must begin with {_LOCAL_ROOT}, got '{path}'")
        mode = part[name].get("S3InputMode") or part[name].get("S3UploadMode")
        if mode not in (None, "File", "EndOfJob"):
            raise not_implemented(f"the mode {mode} of processing jobs")
