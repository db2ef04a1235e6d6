"""Tags of resources."""

from typing import Any

from local.sagemaker.errors import ApiError
from local.sagemaker.records import Record
from local.sagemaker.world import Handlers, Request, World

MAX_TAGS = 50


class Tags:
    """The operations on tags. A resource that is gone has none, and none can be added."""

    def __init__(self, world: World) -> None:
        self._records = world.records

    def handlers(self) -> Handlers:
        """Return what answers each operation."""
        return {"AddTags": self.add, "ListTags": self.list, "DeleteTags": self.delete}

    def add(self, request: Request) -> dict[str, Any]:
        """Add tags, or give those that are there new values."""
        with self._records.lock:
            kind, name, record = self._records.by_arn(request["ResourceArn"])
            tags = _by_key(record) | {tag["Key"]: tag["Value"] for tag in request["Tags"]}
            if len(tags) > MAX_TAGS:
                raise ApiError("ResourceLimitExceeded", f"A resource has at most {MAX_TAGS} tags.")
            self._records.update(kind, name, _changes(record, tags))
        return {"Tags": _as_list(tags)}

    def list(self, request: Request) -> dict[str, Any]:
        """Return all tags; there are never more than a page holds."""
        _, _, record = self._records.by_arn(request["ResourceArn"])
        return {"Tags": record.get("Tags", [])}

    def delete(self, request: Request) -> None:
        """Remove tags."""
        with self._records.lock:
            kind, name, record = self._records.by_arn(request["ResourceArn"])
            tags = _by_key(record)
            for key in request["TagKeys"]:
                tags.pop(key, None)
            self._records.update(kind, name, _changes(record, tags))


def _changes(record: Record, tags: dict[str, str]) -> dict[str, Any]:
    """Return what changes: not when the resource was last modified."""
    return {"Tags": _as_list(tags), "LastModifiedTime": record["LastModifiedTime"]}


def _by_key(record: Record) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in record.get("Tags", ())}


def _as_list(tags: dict[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]
