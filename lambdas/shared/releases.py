"""The table of releases: what serves, and who may change it, decided by conditional writes."""

from typing import TYPE_CHECKING, Any

from lambdas.shared.transactions import put_together
from schemas.releases import CURRENT, RELEASE_ID, Current, Release

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table


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
            TransientError: somebody else is writing at this moment.
        """
        current = {"Item": wanted.to_item()} | _is_unchanged(seen)
        return put_together(
            self._table, [current, *({"Item": each.to_item()} for each in releases)]
        )

    def _item(self, release_id: str) -> dict[str, Any] | None:
        return self._table.get_item(Key={RELEASE_ID: release_id}, ConsistentRead=True).get("Item")


def _is_unchanged(seen: Current | None) -> dict[str, Any]:
    if seen is None:
        return {"ConditionExpression": f"attribute_not_exists({RELEASE_ID})"}
    return {
        "ConditionExpression": "held_by = :holder AND serving_release_id = :release",
        "ExpressionAttributeValues": {":holder": seen.held_by, ":release": seen.release_id},
    }
