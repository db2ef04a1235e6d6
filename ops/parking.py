"""The parking queue: dead letters that could not even be archived."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ops.consumers import Consumer
from ops.deployment import Deployment
from ops.output import Advance, ignore
from ops.queues import depths
from schemas.messages import message_key

if TYPE_CHECKING:
    from mypy_boto3_sqs.type_defs import MessageTypeDef

LONG_POLL_SECONDS = 5
HIDDEN_SECONDS = 120
"""How long a message is ours: longer than all that is done between receive and delete."""
RECEIVED_AT_A_TIME = 10
DEFAULT_LIMIT = 1_000


@dataclass(frozen=True, kw_only=True, slots=True)
class ParkedMessage:
    """One message on the parking queue.

    Attributes:
        message_id: Id that SQS gave it.
        message_key: Key under which it will be archived.
        sent_at_ms: Milliseconds since 1970 when it was first sent.
        receives: Times that it was received on any queue, where SQS tells.
        body: The message.
    """

    message_id: str
    message_key: str
    sent_at_ms: int
    receives: int
    body: str


def list_parked(
    deployment: Deployment,
    consumer: Consumer = Consumer.INGESTION,
    *,
    limit: int = DEFAULT_LIMIT,
) -> list[ParkedMessage]:
    """Return up to `limit` parked messages and leave all of them on the queue."""
    url = deployment[consumer.outputs.parking_queue]
    with _returned(deployment, url) as receipts:
        found = {}
        for message in _receive(deployment, url, limit):
            receipts.append(message["ReceiptHandle"])
            found[message["MessageId"]] = _parked(message)
    return list(found.values())


def redrive(
    deployment: Deployment,
    consumer: Consumer = Consumer.INGESTION,
    *,
    limit: int = DEFAULT_LIMIT,
    advance: Advance = ignore,
) -> int:
    """Move up to `limit` messages back to the dead-letter queue, whose archive takes them again.

    A message is received, sent, then deleted: a failure in between leaves it on the parking queue,
    at worst on both, and archiving a message twice makes one dead letter.

    Returns:
        Number of messages moved.
    """
    source = deployment[consumer.outputs.parking_queue]
    target = deployment[consumer.outputs.dead_letter_queue]
    # What is parked while this runs is left for the next call: else a broken archive loops.
    *_, parked = depths(deployment, consumer, with_age=False)
    sqs, moved = deployment.connection.sqs, 0
    with _returned(deployment, source) as receipts:
        for message in _receive(deployment, source, min(limit, parked.total)):
            receipts.append(message["ReceiptHandle"])
            sqs.send_message(QueueUrl=target, MessageBody=message["Body"])
            sqs.delete_message(QueueUrl=source, ReceiptHandle=message["ReceiptHandle"])
            receipts.remove(message["ReceiptHandle"])
            moved += 1
            advance(1)
    return moved


def _receive(deployment: Deployment, url: str, limit: int) -> "Iterator[MessageTypeDef]":
    """Yield up to `limit` messages, by long polling, until none comes."""
    received = 0
    while received < limit:
        messages = deployment.connection.sqs.receive_message(
            QueueUrl=url,
            MaxNumberOfMessages=min(RECEIVED_AT_A_TIME, limit - received),
            WaitTimeSeconds=LONG_POLL_SECONDS,
            VisibilityTimeout=HIDDEN_SECONDS,
            MessageSystemAttributeNames=["ApproximateReceiveCount", "SentTimestamp"],
        ).get("Messages", [])
        if not messages:
            return
        received += len(messages)
        yield from messages


@contextmanager
def _returned(deployment: Deployment, url: str) -> Iterator[list[str]]:
    """Make messages visible again at the end, whose receipts are then in the list."""
    receipts: list[str] = []
    try:
        yield receipts
    finally:
        for receipt in receipts:
            deployment.connection.sqs.change_message_visibility(
                QueueUrl=url, ReceiptHandle=receipt, VisibilityTimeout=0
            )


def _parked(message: "MessageTypeDef") -> ParkedMessage:
    attributes = message.get("Attributes", {})
    return ParkedMessage(
        message_id=message["MessageId"],
        message_key=message_key(message["Body"]),
        sent_at_ms=int(attributes.get("SentTimestamp", 0)),
        receives=int(attributes.get("ApproximateReceiveCount", 0)),
        body=message["Body"],
    )
