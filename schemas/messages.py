"""Messages on the ingestion queue: S3 event notifications, and how to write one.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from urllib.parse import quote_plus, unquote_plus

SEQUENCER_LENGTH = 40
"""Hex digits a sequencer is padded to; S3 sends 16 to 20."""

EVENT_VERSION = "2.1"


class MalformedMessageError(ValueError):
    """The message is not an S3 event notification; the text names what is missing."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ObjectVersion:
    """One version of one object that entered the lake.

    Attributes:
        bucket: Name of the raw bucket.
        key: Object key, decoded.
        version_id: Version id; empty when the bucket is not versioned.
        etag: Entity tag without quotes.
        size: Bytes.
        sequencer: Hex digits that order the versions of one key, padded to `SEQUENCER_LENGTH`.
        reprocess: Whether to run again although the version is curated already.
    """

    bucket: str
    key: str
    version_id: str
    etag: str
    size: int
    sequencer: str
    reprocess: bool = False

    @property
    def uri(self) -> str:
        """The object's address without its version, the ledger's partition key."""
        return f"s3://{self.bucket}/{self.key}"


def normalize_sequencer(sequencer: str) -> str:
    """Pad `sequencer` so that two of one key compare as strings, as S3's guide prescribes.

    Raises:
        MalformedMessageError: not 1 to `SEQUENCER_LENGTH` hexadecimal digits.
    """
    digits = sequencer.upper()
    if not 1 <= len(digits) <= SEQUENCER_LENGTH or set(digits) - set("0123456789ABCDEF"):
        raise MalformedMessageError(
            f"sequencer must be 1 to {SEQUENCER_LENGTH} hexadecimal digits, got {sequencer!r}"
        )
    return digits.ljust(SEQUENCER_LENGTH, "0")


def message_key(body: str) -> str:
    """Return the key under which failures of the message `body` are kept (64 hex digits).

    It is derived from the body because a replayed message has a new message id.
    """
    return sha256(body.encode("utf-8", "surrogatepass")).hexdigest()


def parse_s3_event(body: str) -> list[ObjectVersion]:
    """Return the object versions that an S3 event notification announces.

    Args:
        body: The message body: JSON as S3 sends it, or as `s3_event` writes it.

    Returns:
        One entry per record; none for the `s3:TestEvent` that S3 sends when a notification is set
        up, and none for records of other events than the creation of an object.

    Raises:
        MalformedMessageError: the body is no JSON object or lacks a field this needs.
    """
    try:
        event = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise MalformedMessageError(f"the message is not JSON: {error}") from error
    if not isinstance(event, dict):
        raise MalformedMessageError("the message is not a JSON object")
    if event.get("Event") == "s3:TestEvent":
        return []
    records = event.get("Records")
    if not isinstance(records, list):
        raise MalformedMessageError("the message has no list `Records`; S3 event expected")
    created = [record for record in records if _is_creation(record)]
    return [_object_version(record) for record in created]


def _is_creation(record: object) -> bool:
    name = record.get("eventName") if isinstance(record, Mapping) else None
    if not isinstance(name, str):
        raise MalformedMessageError("a record of the message has no `eventName`")
    return name.removeprefix("s3:").startswith("ObjectCreated:")


def _object_version(record: Mapping[str, Any]) -> ObjectVersion:
    try:
        bucket = record["s3"]["bucket"]["name"]
        described = record["s3"]["object"]
        return ObjectVersion(
            bucket=str(bucket),
            key=unquote_plus(described["key"], errors="strict"),
            version_id=str(described.get("versionId", "")),
            etag=str(described.get("eTag", "")),
            size=int(described["size"]),
            sequencer=normalize_sequencer(described["sequencer"]),
            reprocess=record.get("reprocess") is True,
        )
    except MalformedMessageError:
        raise
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise MalformedMessageError(f"a record of the message is incomplete: {error!r}") from error


def s3_event(version: ObjectVersion) -> str:
    """Return the message that announces `version`, in the shape S3 uses.

    It carries no time or request id, so the same version always gives the same message, and the
    same `message_key`.
    """
    record: dict[str, Any] = {
        "eventVersion": EVENT_VERSION,
        "eventSource": "aws:s3",
        "eventName": "ObjectCreated:Put",
        "s3": {
            "bucket": {"name": version.bucket},
            "object": {
                "key": quote_plus(version.key, safe="/"),
                "size": version.size,
                "eTag": version.etag,
                "versionId": version.version_id,
                "sequencer": version.sequencer,
            },
        },
    }
    if version.reprocess:
        record["reprocess"] = True
    return json.dumps({"Records": [record]}, separators=(",", ":"), sort_keys=True)
