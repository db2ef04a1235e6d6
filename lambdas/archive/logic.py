"""What is written of a message that died."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from schemas.dead_letters import MAX_INLINE_BODY_BYTES, SETTLED, DeadLetterStatus

UNKNOWN = "unknown"
UNKNOWN_HELP = (
    "the function left no error for this message: it never ran for it, or was killed. Look at the "
    "function's alarms on throttles (it was starved) and errors, and in its log for timeouts and "
    "memory that ran out; then replay the message"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Failure:
    """The last failed attempt.

    Attributes:
        error_code: Code or type of the error.
        error_message: Its text.
        permanent: Whether retrying was known to be of no use.
        subject: What the message is about; empty when unknown.
        attempts: Failed attempts, over all replays; None when nobody has counted.
        failed_at: ISO 8601 in UTC; empty when unknown.
    """

    error_code: str = UNKNOWN
    error_message: str = UNKNOWN_HELP
    permanent: bool = False
    subject: str = ""
    attempts: int | None = None
    failed_at: str = ""

    @classmethod
    def from_item(cls, item: Mapping[str, Any]) -> "Failure":
        """Read an item of the failure table; an empty one tells of no failure."""
        if not item:
            return cls()
        return cls(
            error_code=item["error_code"],
            error_message=item["error_message"],
            permanent=item["permanent"],
            subject=item["subject"],
            attempts=int(item["attempts"]),
            failed_at=item["last_failed_at"],
        )


def status_after_death(
    letter: Mapping[str, Any], failure: Failure, sent_at: str
) -> DeadLetterStatus:
    """Return the status of a dead letter whose message has died (again).

    `superseded` is final. `resolved` and `closed` stay when the message was sent, and failed,
    before its matter was settled: it was still on its way here. A death of later origin is news,
    and so is one that nobody can date: an operator must see it.

    Args:
        letter: Item of the dead-letter table; empty when there is none.
        failure: The message's last failure.
        sent_at: When the message was sent, ISO 8601 in UTC; empty when unknown.
    """
    status = DeadLetterStatus(letter.get("status", DeadLetterStatus.OPEN))
    if status is DeadLetterStatus.SUPERSEDED:
        return status
    settled_at = letter.get("settled_at", "") if status in SETTLED else ""
    if sent_at and failure.failed_at and max(sent_at, failure.failed_at) <= settled_at:
        return status
    return DeadLetterStatus.OPEN


def fits_inline(body: str) -> bool:
    """Return whether `body` may be kept in an item: not too long, and text that DynamoDB takes."""
    try:
        return len(body.encode()) <= MAX_INLINE_BODY_BYTES
    except UnicodeEncodeError:
        return False
