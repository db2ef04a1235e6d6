"""SageMaker jobs of the platform: how far they are, and what they logged."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from botocore.exceptions import ClientError

from ops.deployment import Deployment
from ops.errors import code_of

LOG_LINES = 20
_UNKNOWN = frozenset({"ValidationException", "ResourceNotFound"})
_NO_LOG = frozenset({"ResourceNotFoundException"})


class JobKind(StrEnum):
    """A kind of job; its value is what people call it."""

    PROCESSING = "processing job"
    TRAINING = "training job"
    TUNING = "tuning job"
    TRANSFORM = "transform job"

    @property
    def type_name(self) -> str:
        """What operations and members of SageMaker's interface call it."""
        return _TYPE_NAMES[self]

    @property
    def log_group(self) -> str:
        """Where it logs; a tuning's trainings log where all trainings do."""
        logs_as = JobKind.TRAINING if self is JobKind.TUNING else self
        return f"/aws/sagemaker/{logs_as.type_name}s"


_TYPE_NAMES = {
    JobKind.PROCESSING: "ProcessingJob",
    JobKind.TRAINING: "TrainingJob",
    JobKind.TUNING: "HyperParameterTuningJob",
    JobKind.TRANSFORM: "TransformJob",
}
LOG_GROUPS = tuple(dict.fromkeys(kind.log_group for kind in JobKind))


@dataclass(frozen=True, kw_only=True, slots=True)
class JobRef:
    """Which job.

    Attributes:
        kind: What it is.
        name: Its name.
    """

    kind: JobKind
    name: str

    @classmethod
    def from_parameters(cls, parameters: Mapping[str, Any], action: str) -> "JobRef | None":
        """Return the job that a task of a state machine creates, if it creates one."""
        if not action.startswith("create"):
            return None
        for kind in JobKind:
            if name := parameters.get(f"{kind.type_name}Name"):
                return cls(kind=kind, name=name)
        return None

    @property
    def stream_prefix(self) -> str:
        """What the names of its log streams begin with."""
        return f"{self.name}-" if self.kind is JobKind.TUNING else f"{self.name}/"

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Job:
    """A job as SageMaker describes it.

    Attributes:
        ref: Which one.
        arn: Its address.
        status: SageMaker's word, such as `InProgress`.
        progress: More exactly: the secondary status, or how many trainings of a tuning are done.
        failure: Why it failed; empty when it did not.
        metrics: Metric to its last value.
        created_at: When it was created.
        seconds: How long it ran; None when it has not ended.
    """

    ref: JobRef
    arn: str
    status: str
    progress: str
    failure: str = ""
    metrics: Mapping[str, float] = field(default_factory=dict)
    created_at: datetime
    seconds: float | None = None


def describe(deployment: Deployment, ref: JobRef) -> Job | None:
    """Return a job as it is now; None when SageMaker does not know it, or not yet."""
    found = description(deployment, ref)
    if found is None:
        return None
    name = ref.kind.type_name
    status = found[f"{name}Status"]
    # A tuning tells the time of its end only.
    began = found.get(f"{name.removesuffix('Job')}StartTime", found["CreationTime"])
    ended = found.get(f"{name.removesuffix('Job')}EndTime")
    reasons = (found.get("FailureReason"), found.get("ExitMessage"))
    return Job(
        ref=ref,
        arn=found[f"{name}Arn"],
        status=status,
        progress=_progress(found, status),
        failure="; ".join(reason for reason in reasons if reason) if status == "Failed" else "",
        metrics=_metrics(found),
        created_at=found["CreationTime"],
        seconds=(ended - began).total_seconds() if ended else None,
    )


def description(deployment: Deployment, ref: JobRef) -> Mapping[str, Any] | None:
    """Return what SageMaker's Describe operation says of a job; None when it knows none."""
    client = deployment.connection.sagemaker
    describers: dict[JobKind, Callable[..., Any]] = {
        JobKind.PROCESSING: client.describe_processing_job,
        JobKind.TRAINING: client.describe_training_job,
        JobKind.TUNING: client.describe_hyper_parameter_tuning_job,
        JobKind.TRANSFORM: client.describe_transform_job,
    }
    try:
        found: Mapping[str, Any] = describers[ref.kind](**{f"{ref.kind.type_name}Name": ref.name})
    except ClientError as error:
        if code_of(error) in _UNKNOWN:
            return None
        raise
    return found


def _progress(found: Mapping[str, Any], status: str) -> str:
    if counters := found.get("TrainingJobStatusCounters"):
        of_all = sum(counters.get(name, 0) for name in ("Completed", "InProgress"))
        failed = sum(count for name, count in counters.items() if name.endswith("Error"))
        return f"{status}: {counters.get('Completed', 0)} of {of_all} begun trainings done" + (
            f", {failed} failed" if failed else ""
        )
    return str(found.get("SecondaryStatus", status))


def _metrics(found: Mapping[str, Any]) -> dict[str, float]:
    metrics = {each["MetricName"]: each["Value"] for each in found.get("FinalMetricDataList", ())}
    best = found.get("BestTrainingJob", {}).get("FinalHyperParameterTuningJobObjectiveMetric")
    if best:
        metrics[f"best {best['MetricName']}"] = best["Value"]
    return {name: round(value, 6) for name, value in sorted(metrics.items())}


@dataclass(frozen=True, kw_only=True, slots=True)
class LogTail:
    """The end of what a job logged.

    Attributes:
        group: Log group.
        stream: Log stream; empty when there is none yet.
        lines: Its last lines.
    """

    group: str
    stream: str = ""
    lines: tuple[str, ...] = ()


def log_tail(deployment: Deployment, ref: JobRef, *, lines: int = LOG_LINES) -> LogTail:
    """Return the last lines of a job's log; of several streams, those of the latest."""
    client = deployment.connection.logs
    group = ref.kind.log_group
    streams = list(log_streams(deployment, group, ref.stream_prefix))
    if not streams:
        return LogTail(group=group)
    latest = max(streams, key=lambda each: each.last_event_ms)
    events = client.get_log_events(
        logGroupName=group, logStreamName=latest.name, limit=lines, startFromHead=False
    )["events"]
    return LogTail(
        group=group,
        stream=latest.name,
        lines=tuple(event["message"].rstrip("\n") for event in events),
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class LogStream:
    """One log stream.

    Attributes:
        name: Its name.
        last_event_ms: Moment of its last line, milliseconds since 1970; 0 without one.
    """

    name: str
    last_event_ms: int


def log_streams(deployment: Deployment, group: str, prefix: str) -> Iterator[LogStream]:
    """Yield the streams of a log group whose names begin with `prefix`; none without the group."""
    pages = deployment.connection.logs.get_paginator("describe_log_streams").paginate(
        logGroupName=group, logStreamNamePrefix=prefix
    )
    try:
        for page in pages:
            for each in page["logStreams"]:
                yield LogStream(
                    name=each["logStreamName"], last_event_ms=each.get("lastEventTimestamp", 0)
                )
    except ClientError as error:
        if code_of(error) not in _NO_LOG:
            raise
