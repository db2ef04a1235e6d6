"""The ingestion ledger, as operators read it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from boto3.dynamodb.conditions import ConditionBase, Key

from ops import dynamo
from ops.deployment import Deployment
from ops.errors import OpsError
from schemas.ledger import (
    HEAD,
    OBJECT,
    STATUS_INDEX,
    VERSION,
    LedgerEntry,
    LedgerStatus,
)
from schemas.names import LANDING_PREFIX, Output

CLOCK_SKEW = timedelta(minutes=5)
"""How far this machine's clock may run ahead of the functions'."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Ledger:
    """The whole ledger.

    Attributes:
        entries: One per object version.
        heads: Object URI to the highest sequencer that was ever curated.
    """

    entries: tuple[LedgerEntry, ...]
    heads: Mapping[str, str]


def object_uri(deployment: Deployment, key_or_uri: str) -> str:
    """Return the raw object's URI for a key such as `landing/flights/a.csv`, or for its URI."""
    if key_or_uri.startswith("s3://"):
        return key_or_uri
    return f"s3://{deployment[Output.RAW_BUCKET_NAME]}/{key_or_uri}"


def split_uri(uri: str) -> tuple[str, str]:
    """Return bucket and key of an S3 URI.

    Raises:
        OpsError: it is none.
    """
    bucket, separator, key = uri.removeprefix("s3://").partition("/")
    if not uri.startswith("s3://") or not separator or not bucket or not key:
        raise OpsError(f"{uri!r} is no S3 URI", "Write it as s3://<bucket>/<key>")
    return bucket, key


def moment(time: datetime) -> str:
    """Return a text that sorts before everything the functions write from `time` (UTC) on."""
    # Without a zone: it sorts before every moment of that second, however the zone is written.
    return (time - CLOCK_SKEW).strftime("%Y-%m-%dT%H:%M:%S")


def read(deployment: Deployment) -> Ledger:
    """Return the whole ledger; reads every item, a megabyte at a time."""
    entries: list[LedgerEntry] = []
    heads: dict[str, str] = {}
    for item in dynamo.scan(dynamo.table(deployment, Output.LEDGER_TABLE_NAME)):
        if item[VERSION] == HEAD:
            heads[str(item[OBJECT])] = str(item["sequencer"])
        else:
            entries.append(LedgerEntry.from_item(item))
    return Ledger(entries=tuple(sorted(entries, key=_order)), heads=heads)


def entries_of(deployment: Deployment, key_or_uri: str) -> list[LedgerEntry]:
    """Return the versions of one object, oldest first.

    Raises:
        OpsError: the ledger knows no version of it.
    """
    uri = object_uri(deployment, key_or_uri)
    table = dynamo.table(deployment, Output.LEDGER_TABLE_NAME)
    items = dynamo.query(table, KeyConditionExpression=Key(OBJECT).eq(uri), ConsistentRead=True)
    versions = [LedgerEntry.from_item(item) for item in items if item[VERSION] != HEAD]
    if not versions:
        raise OpsError(
            f"the ledger knows nothing of {uri}",
            f"Check the key (it starts with {LANDING_PREFIX}); a file that has just arrived "
            "appears when its processing begins",
        )
    return versions


def entries(
    deployment: Deployment,
    *,
    status: LedgerStatus | None = None,
    dataset: str | None = None,
    changed_since: str = "",
) -> list[LedgerEntry]:
    """Return entries that match everything given, by object and version.

    Args:
        deployment: Where to look.
        status: Only this status.
        dataset: Only this dataset.
        changed_since: Only entries changed at or after this moment, ISO 8601 in UTC; reads the
            index by status, so only what changed is read.
    """
    items = _items(deployment, status, changed_since)
    found = (LedgerEntry.from_item(item) for item in items)
    return sorted((entry for entry in found if dataset in (None, entry.dataset)), key=_order)


def _order(entry: LedgerEntry) -> tuple[str, str]:
    return entry.object, entry.version


def _items(
    deployment: Deployment, status: LedgerStatus | None, changed_since: str
) -> Iterator[dynamo.Item]:
    table = dynamo.table(deployment, Output.LEDGER_TABLE_NAME)
    if status is None and not changed_since:
        yield from (item for item in dynamo.scan(table) if item[VERSION] != HEAD)
        return
    for each in [status] if status else LedgerStatus:
        condition: ConditionBase = Key("status").eq(each.value)
        if changed_since:
            condition = condition & Key("updated_at").gte(changed_since)
        yield from dynamo.query(table, IndexName=STATUS_INDEX, KeyConditionExpression=condition)
