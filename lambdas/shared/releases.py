"""The table of releases: what serves, and who may change it, decided by conditional writes."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from lambdas.shared.aws_errors import error_code
from lambdas.shared.errors import TransientError
from schemas.releases import CURRENT, RELEASE_ID, Current, Release

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

_CANCELLED = "TransactionCanceledException"
_UNMET = "ConditionalCheckFailed"


class ReleaseTable:
    """Reads and writes releases, and the item that says what serves.

    Every read is consistent: a late copy would let an endpoint serve what was just taken from it.
    """

    def __init__(self, table: "Table") -> None:
        self._table = table

    def get(self, release_id: str) -> Release | None:
        """Return a release as it is now, if there is one."""
        item = self._item(release_id)
        return None if item is None else Release.from_item(item)

    def current(self) -> Current | None:
        """Return what serves, if anybody has written it down."""
        item = self._item(CURRENT)
        return None if item is None else Current.from_item(item)

    def newest_first(self) -> list[Release]:
        """Return all releases, the one that was begun last first.

        It reads the whole table, which gets an item per release: its index would be late.
        """
        found: list[Release] = []
        query: dict[str, Any] = {"ConsistentRead": True}
        while True:
            page = self._table.scan(**query)
            found += [
                Release.from_item(item) for item in page["Items"] if item[RELEASE_ID] != CURRENT
            ]
            if "LastEvaluatedKey" not in page:
                return sorted(found, key=lambda each: each.began_at, reverse=True)
            query["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    def change(self, seen: Current | None, wanted: Current, *releases: Release) -> bool:
        """Write what serves, and `releases`, unless somebody has changed the former meanwhile.

        Args:
            seen: What served as it was read; None when nobody had written it down.
            wanted: What it becomes.
            releases: Written with it, all or nothing.

        Returns:
            Whether they were written.

        Raises:
            TransientError: `releases-changing`; somebody else is writing at this moment.
        """
        puts = [
            {"Put": self._put(wanted.to_item()) | _is_unchanged(seen)},
            *({"Put": self._put(each.to_item())} for each in releases),
        ]
        client: Any = self._table.meta.client
        try:
            client.transact_write_items(TransactItems=puts)
        except ClientError as error:
            if error_code(error) != _CANCELLED:
                raise
            reasons: list[Mapping[str, str]] = error.response.get("CancellationReasons", [])  # type: ignore[assignment]
            if any(each.get("Code") == _UNMET for each in reasons):
                return False
            raise TransientError("releases-changing", str(error)) from error
        return True

    def _item(self, release_id: str) -> dict[str, Any] | None:
        return self._table.get_item(Key={RELEASE_ID: release_id}, ConsistentRead=True).get("Item")

    def _put(self, item: Mapping[str, Any]) -> dict[str, Any]:
        return {"TableName": self._table.name, "Item": dict(item)}


def _is_unchanged(seen: Current | None) -> dict[str, Any]:
    if seen is None:
        return {"ConditionExpression": f"attribute_not_exists({RELEASE_ID})"}
    return {
        "ConditionExpression": "held_by = :holder AND serving_release_id = :release",
        "ExpressionAttributeValues": {":holder": seen.held_by, ":release": seen.release_id},
    }
