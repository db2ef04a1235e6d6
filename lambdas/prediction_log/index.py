"""The index: which object holds, or is going to hold, the predictions of a request."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.conditions import Attr

from lambdas.shared.clock import Clock, timestamp
from schemas.predictions import OBJECT_KEY, REQUEST_KEY, PredictionRecord

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

_CLAIMED_AT = "claimed_at"


@dataclass(frozen=True, kw_only=True, slots=True)
class Claim:
    """Who was going to write the predictions of a request.

    Attributes:
        object_key: Where to.
        claimed_at: Since when.
    """

    object_key: str
    claimed_at: datetime


class PredictionIndex:
    """Claims requests for objects; a request belongs to one object at a time."""

    def __init__(self, table: "Table", clock: Clock) -> None:
        self._table = table
        self._clock = clock

    def claim(self, record: PredictionRecord, object_key: str) -> bool:
        """Claim a request that nobody has claimed; return whether it was so."""
        item: dict[str, Any] = {
            REQUEST_KEY: record.key,
            OBJECT_KEY: object_key,
            _CLAIMED_AT: timestamp(self._clock()),
            "predicted_at": record.predicted_at,
            "rows": len(record.rows),
            "model_package_arn": record.model_package_arn,
        }
        try:
            self._table.put_item(Item=item, ConditionExpression=Attr(REQUEST_KEY).not_exists())
        except self._table.meta.client.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def get(self, request_key: str) -> Claim | None:
        """Return the claim of a request as it is now."""
        found = self._table.get_item(Key={REQUEST_KEY: request_key}, ConsistentRead=True)
        item: dict[str, Any] = found.get("Item", {})
        if not item:
            return None
        return Claim(
            object_key=item[OBJECT_KEY], claimed_at=datetime.fromisoformat(item[_CLAIMED_AT])
        )

    def take_over(self, request_key: str, claim: Claim, object_key: str) -> bool:
        """Claim a request that `claim` will never be of use to; return whether it still had it."""
        try:
            self._table.update_item(
                Key={REQUEST_KEY: request_key},
                UpdateExpression=f"SET {OBJECT_KEY} = :mine, {_CLAIMED_AT} = :now",
                ConditionExpression=Attr(OBJECT_KEY).eq(claim.object_key),
                ExpressionAttributeValues={":mine": object_key, ":now": timestamp(self._clock())},
            )
        except self._table.meta.client.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def age(self, claim: Claim) -> timedelta:
        """Return how old a claim is."""
        return self._clock() - claim.claimed_at
