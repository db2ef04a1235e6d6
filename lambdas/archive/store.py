"""Where dead letters are written: a table item each, and an object for a body that is too long."""

from typing import TYPE_CHECKING, Any

from boto3.dynamodb.conditions import Attr, ConditionBase

from lambdas.archive.logic import Failure, fits_inline, status_after_death
from lambdas.shared.batch import Message
from lambdas.shared.clock import Clock, timestamp
from schemas.dead_letters import MESSAGE_KEY

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table
    from mypy_boto3_s3 import S3Client

_MESSAGE_IDS = "message_ids"


class DeadLetterArchive:
    """Archives messages that died.

    Args:
        failures: Table of the last failures.
        letters: Table of the dead letters.
        s3: Client for bodies that do not fit an item.
        spill_bucket: Where those go.
        spill_prefix: What their keys begin with.
        clock: Tells the time.
    """

    def __init__(
        self,
        *,
        failures: "Table",
        letters: "Table",
        s3: "S3Client",
        spill_bucket: str,
        spill_prefix: str,
        clock: Clock,
    ) -> None:
        self._failures = failures
        self._letters = letters
        self._s3 = s3
        self._spill_bucket = spill_bucket
        self._spill_prefix = spill_prefix
        self._clock = clock

    def archive(self, message: Message) -> None:
        """Write or complete the dead letter of `message`; each message id counts as one death."""
        failure = Failure.from_item(self._item(self._failures, message.key))
        body = self._body_attributes(message)
        while True:
            letter = self._item(self._letters, message.key)
            if message.message_id in letter.get(_MESSAGE_IDS, ()):
                return
            if self._write(message, failure, letter, body):
                return

    def _item(self, table: "Table", message_key: str) -> dict[str, Any]:
        response = table.get_item(Key={MESSAGE_KEY: message_key}, ConsistentRead=True)
        return response.get("Item", {})

    def _body_attributes(self, message: Message) -> dict[str, str]:
        if fits_inline(message.body):
            return {"body": message.body}
        key = f"{self._spill_prefix}{message.key}"
        self._s3.put_object(
            Bucket=self._spill_bucket,
            Key=key,
            Body=message.body.encode("utf-8", "surrogatepass"),
        )
        return {"body_uri": f"s3://{self._spill_bucket}/{key}"}

    def _write(
        self, message: Message, failure: Failure, letter: dict[str, Any], body: dict[str, str]
    ) -> bool:
        """Write what is known now; return False when the dead letter has changed meanwhile."""
        now = timestamp(self._clock())
        status = status_after_death(letter, failure, message.sent_at)
        values: dict[str, Any] = {
            "status": status,
            "message_id": message.message_id,
            "subject": failure.subject,
            "error_code": failure.error_code,
            "error_message": failure.error_message,
            "permanent": failure.permanent,
            "archived_at": now,
            "first_archived_at": letter.get("first_archived_at", now),
            **body,
        }
        if failure.attempts is not None:
            values["attempts"] = failure.attempts
        sets = ", ".join(f"#{name} = :{name}" for name in values)
        removes = "" if status == letter.get("status") else " REMOVE settled_at"
        try:
            self._letters.update_item(
                Key={MESSAGE_KEY: message.key},
                UpdateExpression=f"SET {sets}{removes} ADD deaths :one, {_MESSAGE_IDS} :ids",
                ConditionExpression=_is_unchanged(letter),
                ExpressionAttributeNames={f"#{name}": name for name in values},
                ExpressionAttributeValues={
                    **{f":{name}": value for name, value in values.items()},
                    ":one": 1,
                    ":ids": {message.message_id},
                },
            )
        except self._letters.meta.client.exceptions.ConditionalCheckFailedException:
            return False
        return True


def _is_unchanged(letter: dict[str, Any]) -> ConditionBase:
    if not letter:
        return Attr(MESSAGE_KEY).not_exists()
    deaths = Attr("deaths")
    same_deaths = deaths.eq(letter["deaths"]) if "deaths" in letter else deaths.not_exists()
    return Attr("status").eq(letter["status"]) & same_deaths
