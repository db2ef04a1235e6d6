"""A queue that feeds a function, with dead letters that are archived and only bad messages in them.

What belongs together is derived from a few figures (see `queue_settings`), so the mistakes that
kill valid messages in a burst cannot be written.

Environment variables of the processor: `FAILURE_TABLE_NAME`, `DEAD_LETTER_TABLE_NAME`, `QUEUE_URL`,
`POWERTOOLS_SERVICE_NAME`, `POWERTOOLS_METRICS_NAMESPACE`. Of the archiver: `FAILURE_TABLE_NAME`,
`DEAD_LETTER_TABLE_NAME`, `SPILL_BUCKET_NAME`, `SPILL_PREFIX`, `POWERTOOLS_SERVICE_NAME`.
"""

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_event_sources as event_sources
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from mlops_constructs.acknowledgements import acknowledge
from mlops_constructs.encryption import READ, WRITE, allow_logs, create_key
from mlops_constructs.grants import grant_items, grant_key, grant_objects
from mlops_constructs.python_function import FunctionSource, PythonFunction, PythonFunctionProps
from mlops_constructs.queue_alarms import QueueAlarmsProps, add_queue_alarms
from mlops_constructs.queue_processing_props import QueueProcessingFunctionProps
from mlops_constructs.queue_settings import (
    MAX_RECEIVE_COUNT,
    PARKING_RETENTION_SECONDS,
    QueueSettings,
)
from mlops_constructs.tables import add_index, create_table

# Keys and index of the two tables; the functions spell them the same (a test compares).
MESSAGE_KEY = "message_key"
STATUS_INDEX = "by-status"
STATUS = "status"
ARCHIVED_AT = "archived_at"
EXPIRES_AT = "expires_at"
"""Attribute of the failure table: seconds since 1970 at which DynamoDB may delete the item."""

LONGEST_POLL = cdk.Duration.seconds(20)


class QueueProcessingFunction(Construct):
    """Source queue -> processor; what it cannot process -> dead-letter queue -> archiver -> table.

    Attributes:
        source_queue: Where messages arrive.
        dead_letter_queue: Passes failed messages to the archiver.
        parking_queue: Keeps what even the archiver could not handle; nothing consumes it.
        failure_table: Message key -> last error and attempts, written by the processor.
        dead_letter_table: Message key -> message, error and what is being done about it.
        processor: Function that processes messages.
        archiver: Function that archives dead letters.
        key: Encrypts all of the above.
        settings: Figures of the source queue, given and derived.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, props: QueueProcessingFunctionProps
    ) -> None:
        super().__init__(scope, construct_id)
        self._props = props
        self.settings = props.source_settings()
        archive_settings = props.archive_settings()
        self.key = create_key(
            self,
            "Key",
            description=f"Messages of {props.service_name} and what is recorded about them",
            removal_policy=props.removal_policy,
        )
        allow_logs(self.key)
        self._add_queues(archive_settings)
        self._add_tables()
        self.processor = self._add_function(
            "Processor",
            props.processor,
            self.settings,
            environment={
                "POWERTOOLS_METRICS_NAMESPACE": props.metrics_namespace,
                "QUEUE_URL": self.source_queue.queue_url,
            },
        )
        self.archiver = self._add_function(
            "Archiver",
            props.archiver,
            archive_settings,
            environment={
                "SPILL_BUCKET_NAME": props.spill_bucket.bucket_name,
                "SPILL_PREFIX": props.spill_prefix,
            },
        )
        self._map(self.source_queue, self.processor, self.settings)
        self._map(self.dead_letter_queue, self.archiver, archive_settings)
        self._grant()
        add_queue_alarms(
            self,
            QueueAlarmsProps(
                source_queue=self.source_queue,
                dead_letter_queue=self.dead_letter_queue,
                parking_queue=self.parking_queue,
                processor=self.processor.function,
                archiver=self.archiver.function,
                late_seconds=self.settings.late_seconds,
                topic=props.alarm_topic,
            ),
        )

    def _add_queues(self, archive_settings: QueueSettings) -> None:
        self.parking_queue = self._add_queue(
            "ParkingQueue", retention_seconds=PARKING_RETENTION_SECONDS
        )
        acknowledge(
            self.parking_queue,
            "Serverless-SQSRedrivePolicy",
            reason="It is the last queue: nothing consumes it, an alarm watches it, `ops parking` "
            "empties it.",
        )
        self.dead_letter_queue = self._add_queue(
            "DeadLetterQueue",
            retention_seconds=archive_settings.retention_seconds,
            visibility_timeout_seconds=archive_settings.visibility_timeout_seconds,
            dead_letters=self.parking_queue,
        )
        self.source_queue = self._add_queue(
            "SourceQueue",
            retention_seconds=self.settings.retention_seconds,
            visibility_timeout_seconds=self.settings.visibility_timeout_seconds,
            dead_letters=self.dead_letter_queue,
            # It is nobody's dead-letter queue. `byQueue` on the other two would be a cycle.
            redrive_allow_policy=sqs.RedriveAllowPolicy(
                redrive_permission=sqs.RedrivePermission.DENY_ALL
            ),
        )

    def _add_queue(
        self,
        construct_id: str,
        *,
        retention_seconds: int,
        visibility_timeout_seconds: int | None = None,
        dead_letters: sqs.Queue | None = None,
        redrive_allow_policy: sqs.RedriveAllowPolicy | None = None,
    ) -> sqs.Queue:
        return sqs.Queue(
            self,
            construct_id,
            encryption=sqs.QueueEncryption.KMS,
            encryption_master_key=self.key,
            enforce_ssl=True,
            max_message_size_bytes=self._props.max_message_bytes,
            receive_message_wait_time=LONGEST_POLL,
            retention_period=cdk.Duration.seconds(retention_seconds),
            visibility_timeout=_seconds(visibility_timeout_seconds),
            dead_letter_queue=None if dead_letters is None else _after_last_receive(dead_letters),
            redrive_allow_policy=redrive_allow_policy,
            removal_policy=self._props.removal_policy,
        )

    def _add_tables(self) -> None:
        self.failure_table = create_table(
            self,
            "Failures",
            partition_key=MESSAGE_KEY,
            time_to_live_attribute=EXPIRES_AT,
            encryption_key=self.key,
            removal_policy=self._props.removal_policy,
        )
        self.dead_letter_table = create_table(
            self,
            "DeadLetters",
            partition_key=MESSAGE_KEY,
            encryption_key=self.key,
            removal_policy=self._props.removal_policy,
        )
        add_index(self.dead_letter_table, STATUS_INDEX, partition_key=STATUS, sort_key=ARCHIVED_AT)

    def _add_function(
        self,
        construct_id: str,
        source: FunctionSource,
        settings: QueueSettings,
        *,
        environment: dict[str, str],
    ) -> PythonFunction:
        reserved = settings.max_concurrency if self._props.reserve_concurrency else None
        function = PythonFunction(
            self,
            construct_id,
            props=PythonFunctionProps(
                source=source,
                timeout=cdk.Duration.seconds(settings.timeout_seconds),
                service_name=self._props.service_name,
                key=self.key,
                log_retention=self._props.log_retention,
                removal_policy=self._props.removal_policy,
                reserved_concurrency=reserved,
                environment={
                    "FAILURE_TABLE_NAME": self.failure_table.table_name,
                    "DEAD_LETTER_TABLE_NAME": self.dead_letter_table.table_name,
                    **environment,
                },
            ),
        )
        acknowledge(
            function.function,
            "Serverless-LambdaDLQ",
            reason="Serves asynchronous invocations only; an SQS mapping invokes synchronously, "
            "and its dead letters go to the queue's own dead-letter queue.",
        )
        return function

    def _map(self, queue: sqs.Queue, target: PythonFunction, settings: QueueSettings) -> None:
        window = settings.batch_window_seconds
        source = event_sources.SqsEventSource(
            queue,
            batch_size=settings.batch_size,
            max_batching_window=_seconds(window or None),
            max_concurrency=settings.max_concurrency,
            report_batch_item_failures=True,
        )
        target.function.add_event_source(source)
        for child in target.function.node.children:
            if isinstance(child, lambda_.EventSourceMapping):
                acknowledge(
                    child,
                    "Serverless-LambdaEventSourceMappingDestination",
                    reason="OnFailure serves streams; failed SQS messages go to the queue's own "
                    "dead-letter queue.",
                )

    def _grant(self) -> None:
        grant_items(self.failure_table, self.processor.role, actions=("dynamodb:UpdateItem",))
        grant_items(self.failure_table, self.archiver.role, actions=("dynamodb:GetItem",))
        grant_items(
            self.dead_letter_table,
            self.archiver.role,
            actions=("dynamodb:GetItem", "dynamodb:UpdateItem"),
        )
        for function in (self.processor, self.archiver):
            grant_key(self.key, function.role, actions=READ + WRITE)
        grant_objects(
            self._props.spill_bucket,
            self.archiver.role,
            prefix=self._props.spill_prefix,
            actions=("s3:PutObject",),
        )
        if (spill_key := self._props.spill_bucket.encryption_key) is not None:
            grant_key(spill_key, self.archiver.role, actions=WRITE)


def _after_last_receive(queue: sqs.Queue) -> sqs.DeadLetterQueue:
    return sqs.DeadLetterQueue(queue=queue, max_receive_count=MAX_RECEIVE_COUNT)


def _seconds(value: int | None) -> cdk.Duration | None:
    return None if value is None else cdk.Duration.seconds(value)
