"""The ingestion ledger: who may write what, decided by conditional writes.

Every run takes a number when it begins, `attempts`. Each of its later writes is conditional on
that number and on the status it has seen: when another run of the same version has begun since,
or a newer version has made this one superseded, the write is refused, and nothing that rests on an
outdated view gets into the item. Which *version* of an object is in force is decided by the
object's head alone.
"""

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.conditions import Attr, Key

from lambdas.ingest.result import Result
from lambdas.shared.clock import Clock, timestamp
from lambdas.shared.failures import storable
from schemas.ledger import HEAD, OBJECT, VERSION, LedgerEntry, LedgerStatus
from schemas.messages import ObjectVersion

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

# One version has few messages (S3's, and one that asks for reprocessing); the limit only keeps an
# item small should somebody write others by hand. It holds for each of the item's two sets of keys.
MAX_MESSAGE_KEYS = 50

_CONFLICT_PAUSES_SECONDS = (0.05, 0.2, 0.5)

# What a commit changes.
_COMMITTED = (
    *("status", "contract_hash", "rows_in", "rows_accepted", "rows_quarantined"),
    *("quarantined_by_reason", "curated_uris", "quarantine_uri", "staged_uris"),
    *("error_code", "error_message"),
)


class OvertakenError(Exception):
    """Another run of the version has begun, or a newer version of the object is in force."""


class Ledger:
    """Reads and writes the ledger table.

    Methods that take an `entry` and return one return it as it is after the write.
    """

    def __init__(self, table: "Table", clock: Clock) -> None:
        self._table = table
        self._clock = clock

    def begin(self, version: ObjectVersion, dataset: str, message_key: str) -> LedgerEntry:
        """Count an attempt at `version`; return its item, new or as earlier runs left it.

        Args:
            version: What is processed.
            dataset: Dataset it belongs to; empty when unknown.
            message_key: Key of the message, which the item keeps; empty to keep none.
        """
        try:
            return self._begin(version, dataset, message_key)
        except self._table.meta.client.exceptions.ConditionalCheckFailedException:
            return self._begin(version, dataset, "")

    def _begin(self, version: ObjectVersion, dataset: str, message_key: str) -> LedgerEntry:
        update: dict[str, Any] = {
            "UpdateExpression": (
                "SET #status = if_not_exists(#status, :processing), dataset = :dataset, "
                "version_id = :version_id, etag = :etag, #size = :size, "
                "received_at = if_not_exists(received_at, :now), updated_at = :now "
                "ADD attempts :one"
            ),
            "ExpressionAttributeNames": {"#status": "status", "#size": "size"},
            "ExpressionAttributeValues": {
                ":processing": LedgerStatus.PROCESSING,
                ":dataset": dataset,
                ":version_id": version.version_id,
                ":etag": version.etag,
                ":size": version.size,
                ":now": self._now(),
                ":one": 1,
            },
        }
        if message_key:
            update["UpdateExpression"] += ", begun_message_keys :keys"
            update["ExpressionAttributeValues"] |= {
                ":keys": {message_key},
                ":key": message_key,
                ":most": MAX_MESSAGE_KEYS,
            }
            update["ConditionExpression"] = (
                "attribute_not_exists(begun_message_keys) OR size(begun_message_keys) < :most "
                "OR contains(begun_message_keys, :key)"
            )
        response = self._table.update_item(
            Key=_key(version.uri, version.sequencer), ReturnValues="ALL_NEW", **update
        )
        return LedgerEntry.from_item(response["Attributes"])

    def is_overtaken(self, version: ObjectVersion) -> bool:
        """Return whether a newer version of the object is in force.

        Asked after `begin`: then either this sees the newer version's head, or the newer version's
        clean-up, which follows its head, sees this version's item.
        """
        head = self._item(version.uri, HEAD)
        return bool(head) and str(head["sequencer"]) > version.sequencer

    def get(self, entry: LedgerEntry) -> LedgerEntry:
        """Return `entry` as it is now."""
        return LedgerEntry.from_item(self._item(entry.object, entry.version))

    def stage(self, entry: LedgerEntry, uris: frozenset[str]) -> LedgerEntry:
        """Note the files that a run is about to write, before it writes the first one.

        Raises:
            OvertakenError: the run may not write any.
        """
        running = entry.status if entry.status is LedgerStatus.CURATED else LedgerStatus.PROCESSING
        staged = replace(
            entry, status=running, staged_uris=tuple(sorted(uris.union(entry.staged_uris)))
        )
        self._write(entry, staged, "status", "staged_uris")
        return staged

    def commit(self, entry: LedgerEntry, contract_hash: str, result: Result) -> LedgerEntry:
        """Put the files of a run in force, in one transaction with the object's head.

        Files that are not in force any more stay listed as staged, for the clean-up.

        Raises:
            OvertakenError: they must not be in force.
        """
        committed = replace(
            entry,
            status=LedgerStatus.CURATED,
            contract_hash=contract_hash,
            rows_in=result.rows_in,
            rows_accepted=result.rows_accepted,
            rows_quarantined=result.rows_quarantined,
            quarantined_by_reason=result.quarantined_by_reason,
            curated_uris=result.curated_uris,
            quarantine_uri=result.quarantine_uri,
            staged_uris=tuple(sorted(entry.written_uris - result.uris)),
            error_code="",
            error_message="",
        )
        head = {
            "TableName": self._table.name,
            "Key": _key(entry.object, HEAD),
            "UpdateExpression": "SET sequencer = :mine",
            "ConditionExpression": "attribute_not_exists(sequencer) OR sequencer <= :mine",
            "ExpressionAttributeValues": {":mine": entry.version},
        }
        item = _if_latest_run(self._update(committed, _COMMITTED), entry)
        self._transact([{"Update": head}, {"Update": {"TableName": self._table.name, **item}}])
        return committed

    def reject(
        self,
        entry: LedgerEntry,
        *,
        contract_hash: str,
        error_code: str,
        error_message: str,
        message_key: str,
    ) -> LedgerEntry:
        """Record that the file was refused; what a reprocessed file has in force stays so.

        Raises:
            OvertakenError: the refusal is out of date.
        """
        keys = {*entry.message_keys, message_key}
        rejected = replace(
            entry,
            error_code=error_code,
            error_message=storable(error_message),
            message_keys=tuple(
                sorted(keys) if len(keys) <= MAX_MESSAGE_KEYS else entry.message_keys
            ),
        )
        names = ["error_code", "error_message", "message_keys"]
        if entry.status is not LedgerStatus.CURATED:
            rejected = replace(rejected, status=LedgerStatus.REJECTED, contract_hash=contract_hash)
            names += ["status", "contract_hash"]
        self._write(entry, rejected, *names)
        return rejected

    def supersede(self, entry: LedgerEntry) -> None:
        """Mark a version that a newer one has replaced, after its files are gone.

        Staged files stay listed: a worker that is late, or killed, may still have written one, and
        the next delivery of its message removes what is listed.

        Raises:
            OvertakenError: the item has changed since `entry` was read.
        """
        superseded = replace(
            entry, status=LedgerStatus.SUPERSEDED, curated_uris=(), quarantine_uri=""
        )
        self._write(entry, superseded, "status", "curated_uris", "quarantine_uri")

    def forget(self, entry: LedgerEntry, uris: frozenset[str]) -> None:
        """Strike `uris`, which finished runs wrote and which are removed, off the staged ones.

        Raises:
            OvertakenError: another run has begun, and needs to know of them.
        """
        shorter = replace(entry, staged_uris=tuple(sorted(set(entry.staged_uris) - uris)))
        self._write(entry, shorter, "staged_uris")

    def older_versions(self, entry: LedgerEntry) -> Iterator[LedgerEntry]:
        """Yield the older versions of the object that are not marked superseded yet."""
        query: dict[str, Any] = {
            "KeyConditionExpression": Key(OBJECT).eq(entry.object) & Key(VERSION).lt(entry.version),
            "FilterExpression": Attr("status").ne(LedgerStatus.SUPERSEDED),
            "ConsistentRead": True,
        }
        while True:
            page = self._table.query(**query)
            yield from map(LedgerEntry.from_item, page["Items"])
            if "LastEvaluatedKey" not in page:
                return
            query["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    def _now(self) -> str:
        return timestamp(self._clock())

    def _item(self, uri: str, version: str) -> dict[str, Any]:
        return self._table.get_item(Key=_key(uri, version), ConsistentRead=True).get("Item", {})

    def _write(self, seen: LedgerEntry, wanted: LedgerEntry, *names: str) -> None:
        update = self._update(wanted, names)
        try:
            self._table.update_item(**_if_latest_run(update, seen))
        except self._table.meta.client.exceptions.ConditionalCheckFailedException:
            raise OvertakenError from None

    def _update(self, wanted: LedgerEntry, names: Iterable[str]) -> dict[str, Any]:
        """Return the arguments of an update that gives the attributes `names` their wanted values.

        What is empty is removed: DynamoDB has no empty sets, and absent is how `LedgerEntry` reads
        every default.
        """
        values = {name: getattr(wanted, name) for name in names} | {"updated_at": self._now()}
        kept = {name: value for name, value in values.items() if value not in ((), "", {})}
        sets = ", ".join(f"#{name} = :{name}" for name in kept)
        removes = ", ".join(f"#{name}" for name in values if name not in kept)
        return {
            "Key": _key(wanted.object, wanted.version),
            "UpdateExpression": f"SET {sets}" + (f" REMOVE {removes}" if removes else ""),
            "ExpressionAttributeNames": {f"#{name}": name for name in values},
            "ExpressionAttributeValues": {
                f":{name}": set(value) if isinstance(value, tuple) else value
                for name, value in kept.items()
            },
        }

    def _transact(self, items: Sequence[Any]) -> None:
        """Write `items` together, trying again while another transaction is in the way.

        Raises:
            OvertakenError: a condition does not hold.
        """
        client = self._table.meta.client
        for pause in (*_CONFLICT_PAUSES_SECONDS, None):
            try:
                client.transact_write_items(TransactItems=items)
                return
            except client.exceptions.TransactionCanceledException as error:
                codes = {reason.get("Code") for reason in error.response["CancellationReasons"]}
                if "ConditionalCheckFailed" in codes:
                    raise OvertakenError from None
                if pause is None or "TransactionConflict" not in codes:
                    raise
                time.sleep(pause)


def _key(uri: str, version: str) -> dict[str, str]:
    return {OBJECT: uri, VERSION: version}


def _if_latest_run(update: dict[str, Any], seen: LedgerEntry) -> dict[str, Any]:
    """Make `update` conditional on an item that nobody has changed since `seen` was read."""
    names = update["ExpressionAttributeNames"] | {"#status": "status", "#attempts": "attempts"}
    values = update["ExpressionAttributeValues"]
    return update | {
        "ConditionExpression": "#attempts = :seen_attempts AND #status = :seen_status",
        "ExpressionAttributeNames": names,
        "ExpressionAttributeValues": values
        | {":seen_attempts": seen.attempts, ":seen_status": seen.status},
    }
