"""Training jobs."""

from collections.abc import Mapping, Sequence
from typing import Any

from local.sagemaker import archives, metrics, script_mode
from local.sagemaker.containers import Container
from local.sagemaker.jobs import MAX_REASON, Ending
from local.sagemaker.kinds import TRAINING_JOB
from local.sagemaker.program_jobs import Program, ProgramJob
from local.sagemaker.records import Record, now
from local.sagemaker.world import World

# Stage of a job -> secondary status and its message, as AWS words it.
STAGES = {
    "Starting": ("Starting", "Starting the training job"),
    "Pending": ("Pending", "Training job waiting for capacity"),
    "Downloading": ("Downloading", "Downloading input data"),
    "Running": (
        "Training",
        "Training image download completed. Training in progress.",
    ),
    "Uploading": ("Uploading", "Uploading generated training model"),
    "Stopping": ("Stopping", "Stopping the training job"),
}
_ENDINGS = {
    "Completed": "Training job completed",
    "Failed": "Training job failed",
    "Stopped": "Training job stopped",
    "MaxRuntimeExceeded": "Training job runtime exceeded MaxRuntimeInSeconds provided",
}


class TrainingJob(ProgramJob):
    """One run of a training job."""

    kind = TRAINING_JOB
    log_group = "/aws/sagemaker/TrainingJobs"

    def __init__(self, world: World, record: Record, remarks: Sequence[str] = ()) -> None:
        """Prepare it.

        Args:
            world: The shared parts.
            record: The job's.
            remarks: Lines for the beginning of its log.
        """
        super().__init__(world, record)
        self._algorithm = record["AlgorithmSpecification"]
        self._metrics = metrics.Metrics(self._algorithm.get("MetricDefinitions", ()))
        self._remarks = remarks

    @property
    def image(self) -> str:
        """The image that the job runs."""
        return str(self._algorithm["TrainingImage"])

    @property
    def is_isolated(self) -> bool:
        """Whether the job's program gets no network."""
        return bool(self.request["EnableNetworkIsolation"])

    def enter(self, stage: str) -> None:
        """Record a secondary status, unless the job is stopping."""
        with self._world.records.lock:
            record = self._world.records.get(self.kind, self.name)
            if record["TrainingJobStatus"] != "InProgress":
                return
            start = {"TrainingStartTime": now()} if stage == "Downloading" else {}
            changed = self._world.records.update(
                self.kind, self.name, {**start, **transition(record, *STAGES[stage])}
            )
        self._world.telemetry.changed(self.kind, changed)

    def prepare(self, container: Container) -> Program:
        """Bring the channels, write the configuration, and return what to run."""
        if self._remarks:
            self.say(self._remarks)
        channels = self.request.get("InputDataConfig", ())
        for channel in channels:
            source = channel["DataSource"]["S3DataSource"]
            folder = container.root / "input" / "data" / channel["ChannelName"]
            folder.mkdir(parents=True)
            self.storage.download(source["S3DataType"], source["S3Uri"], folder, self.is_stopping)
        self._write_configuration(container, channels)
        container.make("model", "output/data", "checkpoints")
        given = {
            **self.request.get("Environment", {}),
            "TRAINING_JOB_NAME": self.name,
            "TRAINING_JOB_ARN": self.request["TrainingJobArn"],
        }
        environment = container.environment(
            given, role=self.request["RoleArn"], isolated=self.is_isolated
        )
        if entrypoint := self._algorithm.get("ContainerEntrypoint"):
            arguments = self._algorithm.get("ContainerArguments", ())
            command = container.command(entrypoint, arguments)
            return Program(command, environment, container.root)
        script = script_mode.prepare(
            container,
            self.request.get("HyperParameters", {}),
            given,
            channels=[channel["ChannelName"] for channel in channels],
            storage=None if self.is_isolated else self.storage,
        )
        return Program(script.command, {**environment, **script.environment}, script.folder)

    def _write_configuration(
        self, container: Container, channels: Sequence[Mapping[str, Any]]
    ) -> None:
        container.write_json(
            "input/config/hyperparameters.json", self.request.get("HyperParameters", {})
        )
        container.write_json(
            "input/config/inputdataconfig.json",
            {
                channel["ChannelName"]: {
                    "ContentType": channel.get("ContentType", "application/x-recordio"),
                    "TrainingInputMode": "File",
                    "S3DistributionType": "FullyReplicated",
                    "RecordWrapperType": channel.get("RecordWrapperType", "None"),
                }
                for channel in channels
            },
        )
        instance_type = self.request["ResourceConfig"].get("InstanceType", "ml.m5.large")
        container.write_json(
            "input/config/resourceconfig.json",
            {
                # AWS says algo-1, a name that toolkits look up and that no laptop knows.
                "current_host": "localhost",
                "current_instance_type": instance_type,
                "current_group_name": "homogeneousCluster",
                "hosts": ["localhost"],
                "instance_groups": [
                    {
                        "instance_group_name": "homogeneousCluster",
                        "instance_type": instance_type,
                        "hosts": ["localhost"],
                    }
                ],
                "network_interface_name": "lo",
            },
        )

    def observe(self, lines: Sequence[str]) -> None:
        """Look for metrics."""
        self._metrics.observe(lines)

    def reason_of(self, container: Container, code: int) -> str:
        """Return what the program wrote to `output/failure`, with its exit code."""
        file = container.root / "output" / "failure"
        end = f", exit code: {code}"
        told = file.read_text(errors="replace") if file.is_file() else ""
        return f"AlgorithmError: {told.strip()}"[: MAX_REASON - len(end)] + end

    def deliver(self, container: Container, *, complete: bool) -> None:  # noqa: ARG002
        """Put model and output, also of a stopped program: it was given time to save them."""
        target = self.request["ModelArtifacts"]["S3ModelArtifacts"].rpartition("/")[0]
        key_id = self.request["OutputDataConfig"].get("KmsKeyId", "")
        for folder, name in (("model", "model.tar.gz"), ("output/data", "output.tar.gz")):
            archive = container.root.parent / name
            if archives.pack(container.root / folder, archive):
                self.storage.upload(archive, f"{target}/{name}", key_id)

    def final_members(self, ending: Ending) -> dict[str, Any]:
        """Return secondary status, metrics and times."""
        record = self._world.records.get(self.kind, self.name)
        secondary = "MaxRuntimeExceeded" if ending.out_of_time else ending.status
        times: dict[str, Any] = {}
        if "TrainingStartTime" in record:
            seconds = max(1, round(now() - record["TrainingStartTime"]))
            times = {
                "TrainingEndTime": now(),
                "TrainingTimeInSeconds": seconds,
                "BillableTimeInSeconds": seconds,
            }
        return {
            **transition(record, secondary, _ENDINGS[secondary], last=True),
            **times,
            "FinalMetricDataList": self._metrics.final or None,
        }


def transition(record: Record, status: str, message: str, *, last: bool = False) -> dict[str, Any]:
    """Return the members that change when a job comes to a secondary status."""
    at = now()
    *earlier, current = record["SecondaryStatusTransitions"]
    entry = {"Status": status, "StartTime": at, "StatusMessage": message}
    return {
        "SecondaryStatus": status,
        "SecondaryStatusTransitions": [
            *earlier,
            {**current, "EndTime": at},
            {**entry, "EndTime": at} if last else entry,
        ],
    }
