"""A batch of SQS messages, each with an outcome of its own.

A message that fails is reported to Lambda, so that only it is delivered again; its error is kept
in the failure table, from where the archive function takes it should the message die.

- A *permanent* error also ends the message's invisibility: it is delivered, refused and counted
  again at once, and so reaches the dead-letter queue within seconds instead of after
  `maxReceiveCount` visibility timeouts.
- Any other exception is transient: the message comes back after the visibility timeout.
- A message whose turn did not come in time was received for nothing, and no call takes a receive
  back. The first time its invisibility ends too, so the next free worker takes it, and messages
  are processed in descending order of receives, so there it is among the first. Should its turn
  not come there either, something is slow, and it waits like any other: handed on at once, it
  would lose all its receives within `maxReceiveCount` batches, long before the ride-out is over.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from lambdas.shared.clock import timestamp
from lambdas.shared.deadline import Deadline
from lambdas.shared.errors import NotBegunError, PermanentError, as_processing_error
from lambdas.shared.failures import FailureTable
from lambdas.shared.telemetry import logger
from schemas.messages import message_key

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

# A message is begun only while this many reserves of time are left.
_RESERVES_TO_BEGIN = 2


@dataclass(frozen=True, kw_only=True, slots=True)
class Message:
    """One delivery of one message.

    Attributes:
        body: The message itself.
        key: Key of the body, equal for every delivery and every replay.
        message_id: SQS's id, which a replay does not share.
        receive_count: Times that SQS has delivered it, this one included.
        receipt_handle: Handle of this delivery.
        sent_at: When it was sent first, ISO 8601 in UTC; empty when unknown.
    """

    body: str
    key: str
    message_id: str
    receive_count: int
    receipt_handle: str
    sent_at: str = ""

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> "Message":
        """Read a record of a Lambda event."""
        attributes = record.get("attributes") or {}
        sent_ms = attributes.get("SentTimestamp")
        return cls(
            body=record["body"],
            key=message_key(record["body"]),
            message_id=record["messageId"],
            receive_count=int(attributes.get("ApproximateReceiveCount", 1)),
            receipt_handle=record.get("receiptHandle", ""),
            sent_at=timestamp(datetime.fromtimestamp(int(sent_ms) / 1000, UTC)) if sent_ms else "",
        )


MessageHandler = Callable[[Message, Deadline], None]
BatchHandler = Callable[[Sequence[Message], Deadline], Mapping[str, Exception]]
"""Processes the messages of a batch together; returns the errors of those that failed, by id."""
FailureHandler = Callable[[Message, Exception], None]


class FailureRecorder:
    """Keeps what failed, and lets go of messages that need not wait.

    Neither may hide the failure itself: an error in here is logged, and the message is reported
    as failed all the same.
    """

    def __init__(self, failures: FailureTable, sqs: "SQSClient", queue_url: str) -> None:
        self._failures = failures
        self._sqs = sqs
        self._queue_url = queue_url

    def __call__(self, message: Message, error: Exception) -> None:
        """Record `error`; make `message` visible at once when waiting is of no use."""
        try:
            self._failures.record(message.key, error)
        except Exception:
            logger.exception("failure could not be recorded", message_key=message.key)
        is_first_miss = isinstance(error, NotBegunError) and message.receive_count == 1
        if isinstance(error, PermanentError) or is_first_miss:
            self._release(message)

    def _release(self, message: Message) -> None:
        try:
            self._sqs.change_message_visibility(
                QueueUrl=self._queue_url,
                ReceiptHandle=message.receipt_handle,
                VisibilityTimeout=0,
            )
        except Exception:
            logger.exception("visibility could not be changed", message_key=message.key)


def process_batch(
    event: Mapping[str, Any],
    context: LambdaContext,
    handle: MessageHandler,
    on_failure: FailureHandler | None = None,
) -> PartialItemFailureResponse:
    """Process every message of `event`; return the identifiers of those to deliver again.

    Args:
        event: Event of an SQS event source mapping that has `ReportBatchItemFailures`.
        context: The invocation's context, for its deadline.
        handle: Processes one message; whatever it raises is that message's failure.
        on_failure: Called with each failed message; must not raise. None records no failures: the
            archive function must not, because its messages share their keys with those it archives.
    """
    deadline = Deadline(context.get_remaining_time_in_millis)

    def attempt(record: SQSRecord) -> None:
        message = Message.from_record(record.raw_event)
        try:
            if deadline.is_near(reserves=_RESERVES_TO_BEGIN):
                raise NotBegunError(
                    "not-begun",
                    "the batch's time was nearly up before this message's turn; it is delivered "
                    "again. If it keeps happening, lower the batch size or raise the timeout",
                )
            handle(message, deadline)
        except Exception as error:
            _report(message, error, on_failure)
            raise

    processor = BatchProcessor(EventType.SQS, raise_on_entire_batch_failure=False)
    with processor(records=_most_received_first(event["Records"]), handler=attempt):
        processor.process()
    return processor.response()


def process_together(
    event: Mapping[str, Any],
    context: LambdaContext,
    handle: BatchHandler,
    on_failure: FailureHandler | None = None,
) -> PartialItemFailureResponse:
    """Process the messages of `event` in one go; return the identifiers of those to deliver again.

    For work that is better done once for many messages. Each still has an outcome of its own.

    Args:
        event: As for `process_batch`.
        context: As for `process_batch`.
        handle: Processes all messages; what it raises is the failure of each of them.
        on_failure: As for `process_batch`.
    """
    deadline = Deadline(context.get_remaining_time_in_millis)
    messages = [Message.from_record(each) for each in _most_received_first(event["Records"])]
    try:
        errors = handle(messages, deadline)
    except Exception as error:
        errors = {message.message_id: error for message in messages}
    failed = [message for message in messages if message.message_id in errors]
    for message in failed:
        _report(message, errors[message.message_id], on_failure)
    return {"batchItemFailures": [{"itemIdentifier": message.message_id} for message in failed]}


def _report(message: Message, error: Exception, on_failure: FailureHandler | None) -> None:
    _log(message, error)
    if on_failure is not None:
        on_failure(message, error)


def _most_received_first(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(records, key=lambda record: -Message.from_record(record).receive_count)


def _log(message: Message, error: Exception) -> None:
    failure = as_processing_error(error)
    logger.warning(
        "message failed",
        message_key=message.key,
        message_id=message.message_id,
        receive_count=message.receive_count,
        subject=failure.subject,
        permanent=isinstance(failure, PermanentError),
        error=str(failure),
        exc_info=None if isinstance(failure, PermanentError) else error,
    )
