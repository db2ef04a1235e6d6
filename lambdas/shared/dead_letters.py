"""The dead-letter table, as functions change it; what operators do to it is in `ops`.

Two functions write here without knowing of each other. The archive function says that a message
died; the ingest function says that its matter is settled, which may come first, because a message
takes its time through the dead-letter queue.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.conditions import Attr, ConditionBase

from lambdas.shared.clock import Clock, timestamp
from schemas.dead_letters import MESSAGE_KEY, SETTLED, DeadLetterStatus

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

UNSETTLED = tuple(status for status in DeadLetterStatus if status not in SETTLED)


class DeadLetterTable:
    """Settles dead letters whose matter has come to an end."""

    def __init__(self, table: "Table", clock: Clock) -> None:
        self._table = table
        self._clock = clock

    def settle(self, message_keys: Iterable[str], status: DeadLetterStatus) -> None:
        """Give `status` to the dead letters of messages that were refused.

        One that has not arrived yet is created with this status: the archive function completes
        it and leaves the status as it is. What was settled before stays as it was settled.
        """
        for message_key in message_keys:
            self._settle(message_key, status, Attr("status").not_exists())

    def settle_existing(self, message_keys: Iterable[str], status: DeadLetterStatus) -> None:
        """Give `status` to those dead letters that there are, of messages that need not have died.

        One that has died and is still on its way to the table arrives open.
        """
        for message_key in message_keys:
            self._settle(message_key, status, None)

    def _settle(
        self, message_key: str, status: DeadLetterStatus, alternative: ConditionBase | None
    ) -> None:
        condition: ConditionBase = Attr("status").is_in(list(UNSETTLED))
        if alternative is not None:
            condition = condition | alternative
        update: dict[str, Any] = {
            "UpdateExpression": "SET #status = :status, settled_at = :now",
            "ExpressionAttributeNames": {"#status": "status"},
            "ExpressionAttributeValues": {":status": status, ":now": timestamp(self._clock())},
        }
        try:
            self._table.update_item(
                Key={MESSAGE_KEY: message_key}, ConditionExpression=condition, **update
            )
        except self._table.meta.client.exceptions.ConditionalCheckFailedException:
            return
