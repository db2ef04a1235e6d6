"""Failures and dead letters: what the batch wrapper, the archive function and operators share.

Both tables have one key, `message_key` (see `schemas.messages.message_key`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

MESSAGE_KEY = "message_key"
STATUS_INDEX = "by-status"
"""Index of the dead-letter table: partition key `status`, sort key `archived_at`."""

MAX_INLINE_BODY_BYTES = 300 * 1024
"""Longer bodies are kept in S3, because a DynamoDB item holds 400 KB and a message 1 MiB."""


class DeadLetterStatus(StrEnum):
    """What is being done about a dead letter."""

    OPEN = "open"
    REPLAYING = "replaying"
    REPLAYED = "replayed"
    RESOLVED = "resolved"
    SUPERSEDED = "superseded"
    CLOSED = "closed"


SETTLED = frozenset(
    {DeadLetterStatus.RESOLVED, DeadLetterStatus.SUPERSEDED, DeadLetterStatus.CLOSED}
)
"""Statuses that ask nothing of an operator any more."""


@dataclass(frozen=True, kw_only=True, slots=True)
class DeadLetter:
    """One message that could not be processed.

    Attributes:
        message_key: Key derived from the message's body.
        status: What is being done about it.
        body: The message; empty when it lies under `body_uri`.
        body_uri: S3 URI of a long message; empty when the body is inline.
        message_id: Id of the last message that carried the body.
        subject: What the message is about, such as the object's URI; empty when unknown.
        error_code: Code or type of the last failure; empty when the function left none.
        error_message: Text of the last failure.
        permanent: Whether retrying was known to be of no use.
        attempts: Failed attempts, over all replays.
        deaths: Times that it was dead-lettered.
        replays: Times that it was sent back.
        note: What the operator who closed it wrote.
        first_archived_at: ISO 8601 in UTC.
        archived_at: Last time, ISO 8601 in UTC.
        settled_at: When its status became one of `SETTLED`, ISO 8601 in UTC; empty before that. A
            later failure of the same message opens it again, unless it is superseded.
    """

    message_key: str
    status: DeadLetterStatus
    body: str = ""
    body_uri: str = ""
    message_id: str = ""
    subject: str = ""
    error_code: str = ""
    error_message: str = ""
    permanent: bool = False
    attempts: int = 0
    deaths: int = 0
    replays: int = 0
    note: str = ""
    first_archived_at: str = ""
    archived_at: str = ""
    settled_at: str = ""

    @classmethod
    def from_item(cls, item: Mapping[str, Any]) -> "DeadLetter":
        """Read an item as boto3's table resource returns it (numbers are `Decimal`)."""
        known = {name: item[name] for name in cls.__dataclass_fields__ if name in item}
        known |= {
            name: int(known[name]) for name in ("attempts", "deaths", "replays") if name in known
        }
        known["status"] = DeadLetterStatus(known["status"])
        return cls(**known)
