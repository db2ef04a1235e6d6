"""What `QueueProcessingFunction` is told; everything else it derives."""

from dataclasses import dataclass, field

import aws_cdk as cdk
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns

from mlops_constructs.python_function import FunctionSource
from mlops_constructs.queue_settings import (
    DEAD_LETTER_RETENTION_SECONDS,
    MAX_INVOCATION_BYTES,
    QueueSettings,
)

# The archive function copies messages and does nothing else.
ARCHIVE_TIMEOUT_SECONDS = 30
ARCHIVE_MAX_BATCH_SIZE = 10
ARCHIVE_CONCURRENCY = 2
ARCHIVE_SECONDS_PER_MESSAGE = 0.5


@dataclass(frozen=True, kw_only=True, slots=True)
class QueueProcessingFunctionProps:
    """Inputs of `QueueProcessingFunction`.

    Attributes:
        processor: Processes batches of messages; returns the identifiers of those that failed.
        archiver: Archives dead letters in the dead-letter table.
        service_name: Powertools' name of the service.
        metrics_namespace: CloudWatch namespace of the processor's own metrics.
        alarm_topic: Told by every alarm.
        spill_bucket: Keeps dead letters that are too large for the table.
        spill_prefix: Beginning of their keys, ending in `/`.
        timeout: Longest run of one batch, at most 15 minutes.
        max_concurrency: Most batches at a time, 2-1000.
        seconds_per_message: Time that a typical message takes.
        expected_burst: Messages that may arrive at once.
        max_drain_time: Longest acceptable time to work off `expected_burst`.
        reserve_concurrency: Whether the functions reserve the concurrency they may use. Accounts
            with the initial quota of 10 cannot reserve any.
        batch_size: Most messages in a batch; above 10 only with a `batch_window`.
        batch_window: Longest wait for a batch to fill, at most 5 minutes.
        ride_out: Starvation that no valid message may die of.
        retention: Time that the source queue keeps a message, less than 13 days.
        max_message_bytes: Largest message that the queue accepts.
        log_retention: How long logs are kept.
        removal_policy: What becomes of tables, key, queues and logs when the stack is deleted.

    Raises:
        QueueSettingsError: no queue and function can be like that; lists every reason.
    """

    processor: FunctionSource
    archiver: FunctionSource
    service_name: str
    metrics_namespace: str
    alarm_topic: sns.ITopic
    spill_bucket: s3.IBucket
    spill_prefix: str
    timeout: cdk.Duration
    max_concurrency: int
    seconds_per_message: float
    expected_burst: int
    max_drain_time: cdk.Duration
    reserve_concurrency: bool = False
    batch_size: int = 10
    batch_window: cdk.Duration = field(default_factory=lambda: cdk.Duration.seconds(0))
    ride_out: cdk.Duration = field(default_factory=lambda: cdk.Duration.minutes(15))
    retention: cdk.Duration = field(default_factory=lambda: cdk.Duration.days(4))
    max_message_bytes: int = 512 * 1024
    log_retention: logs.RetentionDays = logs.RetentionDays.ONE_MONTH
    removal_policy: cdk.RemovalPolicy = cdk.RemovalPolicy.RETAIN

    def __post_init__(self) -> None:
        """Refuse what cannot be, all of it at once."""
        self.source_settings().check(next_retention_seconds=DEAD_LETTER_RETENTION_SECONDS)

    def source_settings(self) -> QueueSettings:
        """The settings of the source queue and the processor."""
        return QueueSettings(
            timeout_seconds=int(self.timeout.to_seconds()),
            max_concurrency=self.max_concurrency,
            batch_size=self.batch_size,
            batch_window_seconds=int(self.batch_window.to_seconds()),
            ride_out_seconds=int(self.ride_out.to_seconds()),
            retention_seconds=int(self.retention.to_seconds()),
            max_message_bytes=self.max_message_bytes,
            seconds_per_message=self.seconds_per_message,
            expected_burst=self.expected_burst,
            max_drain_seconds=int(self.max_drain_time.to_seconds()),
        )

    def archive_settings(self) -> QueueSettings:
        """The settings of the dead-letter queue and the archiver: a mapping like any other."""
        source = self.source_settings()
        return QueueSettings(
            timeout_seconds=ARCHIVE_TIMEOUT_SECONDS,
            max_concurrency=ARCHIVE_CONCURRENCY,
            batch_size=min(
                ARCHIVE_MAX_BATCH_SIZE, MAX_INVOCATION_BYTES // source.max_message_bytes
            ),
            batch_window_seconds=0,
            ride_out_seconds=source.ride_out_seconds,
            retention_seconds=DEAD_LETTER_RETENTION_SECONDS,
            max_message_bytes=source.max_message_bytes,
            seconds_per_message=ARCHIVE_SECONDS_PER_MESSAGE,
            expected_burst=0,
            max_drain_seconds=source.max_drain_seconds,
        )
