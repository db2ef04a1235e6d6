"""The failure table: the last error of each message, kept until the archive function needs it."""

from datetime import timedelta
from typing import TYPE_CHECKING

from lambdas.shared.clock import Clock, timestamp
from lambdas.shared.errors import PermanentError, as_processing_error
from schemas.dead_letters import MESSAGE_KEY

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

MAX_MESSAGE_CHARACTERS = 2_000

# Longer than any queue keeps a message (14 days), so a failure outlives its message.
KEPT = timedelta(days=30)


class FailureTable:
    """Records failed attempts by message key."""

    def __init__(self, table: "Table", clock: Clock) -> None:
        self._table = table
        self._clock = clock

    def record(self, message_key: str, error: Exception) -> None:
        """Store `error` as the last failure of a message and count the attempt."""
        now = self._clock()
        failure = as_processing_error(error)
        self._table.update_item(
            Key={MESSAGE_KEY: message_key},
            UpdateExpression=(
                "SET error_code = :code, error_message = :message, permanent = :permanent, "
                "subject = :subject, last_failed_at = :now, expires_at = :expires "
                "ADD attempts :one"
            ),
            ExpressionAttributeValues={
                ":code": failure.code,
                ":message": storable(failure.message),
                ":permanent": isinstance(failure, PermanentError),
                ":subject": storable(failure.subject),
                ":now": timestamp(now),
                ":expires": int((now + KEPT).timestamp()),
                ":one": 1,
            },
        )


def storable(text: str) -> str:
    """Return `text` as DynamoDB accepts it: bounded, and without lone surrogates."""
    shortened = text[:MAX_MESSAGE_CHARACTERS]
    return shortened.encode("utf-8", "replace").decode("utf-8")
