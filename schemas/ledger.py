"""The ingestion ledger: one item per object version, and one head per object.

The table's partition key is the object's URI, its sort key the version's padded sequencer. The
item with the sort key `HEAD` holds the highest sequencer that was ever curated: a conditional
write on it decides which version is in force.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

OBJECT = "object"
VERSION = "version"
HEAD = "HEAD"
STATUS_INDEX = "by-status"
"""Global secondary index: partition key `status`, sort key `updated_at`."""


class LedgerStatus(StrEnum):
    """What became of an object version."""

    PROCESSING = "processing"
    CURATED = "curated"
    SUPERSEDED = "superseded"
    REJECTED = "rejected"


@dataclass(frozen=True, kw_only=True, slots=True)
class LedgerEntry:
    """One object version in the ledger.

    Attributes:
        object: URI of the raw object, without its version.
        version: Padded sequencer.
        status: What became of it.
        dataset: Dataset it belongs to; empty when unknown.
        version_id: S3 version id.
        etag: S3 entity tag.
        size: Bytes of the raw object.
        attempts: Times that its processing was begun.
        contract_hash: Contract it was last checked against; empty before that.
        rows_in: Records in the file; 0 unless curated.
        rows_accepted: Records in the curated files.
        rows_quarantined: Records in the quarantine file; with `rows_accepted` makes `rows_in`.
        quarantined_by_reason: Reason code to number of records.
        curated_uris: Curated files in force.
        quarantine_uri: Quarantine file in force; empty without quarantined rows.
        staged_uris: Files that runs were about to write and that are not in force. They stay listed
            when they are removed: a worker that is late may write one again.
        error_code: Code of the last failure; empty without one.
        error_message: Text of the last failure.
        message_keys: Keys of messages that were refused for this version.
        begun_message_keys: Keys of messages about this version alone with which a run was begun,
            whatever became of it; some may have died.
        received_at: First attempt, ISO 8601 in UTC.
        updated_at: Last change, ISO 8601 in UTC.
    """

    object: str
    version: str
    status: LedgerStatus
    dataset: str = ""
    version_id: str = ""
    etag: str = ""
    size: int = 0
    attempts: int = 0
    contract_hash: str = ""
    rows_in: int = 0
    rows_accepted: int = 0
    rows_quarantined: int = 0
    quarantined_by_reason: Mapping[str, int] = field(default_factory=dict)
    curated_uris: tuple[str, ...] = ()
    quarantine_uri: str = ""
    staged_uris: tuple[str, ...] = ()
    error_code: str = ""
    error_message: str = ""
    message_keys: tuple[str, ...] = ()
    begun_message_keys: tuple[str, ...] = ()
    received_at: str = ""
    updated_at: str = ""

    @classmethod
    def from_item(cls, item: Mapping[str, Any]) -> "LedgerEntry":
        """Read an item as boto3's table resource returns it (numbers are `Decimal`)."""
        numbers = ("size", "attempts", "rows_in", "rows_accepted", "rows_quarantined")
        lists = ("curated_uris", "staged_uris", "message_keys", "begun_message_keys")
        known = {name: item[name] for name in cls.__dataclass_fields__ if name in item}
        known |= {name: int(known[name]) for name in numbers if name in known}
        known |= {name: tuple(sorted(known[name])) for name in lists if name in known}
        known["status"] = LedgerStatus(known["status"])
        if "quarantined_by_reason" in known:
            reasons = known["quarantined_by_reason"]
            known["quarantined_by_reason"] = {code: int(reasons[code]) for code in sorted(reasons)}
        return cls(**known)

    @property
    def in_force_uris(self) -> frozenset[str]:
        """Files that count as this version's content."""
        return frozenset({*self.curated_uris, self.quarantine_uri} - {""})

    @property
    def loose_uris(self) -> frozenset[str]:
        """Files that may lie in the lake without being in force; a run was cut off or replaced."""
        return frozenset(self.staged_uris) - self.in_force_uris

    @property
    def written_uris(self) -> frozenset[str]:
        """Every file that this version has, or may have, in the lake."""
        return self.in_force_uris.union(self.staged_uris)
