"""What became of uploaded files."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from ops import dead_letters, ledger
from ops.deployment import Deployment
from ops.ingest import Uploaded
from ops.output import Advance, ignore
from ops.pacing import Poll
from schemas.dead_letters import DeadLetter, DeadLetterStatus
from schemas.ledger import LedgerEntry, LedgerStatus
from schemas.messages import MalformedMessageError, ObjectVersion, parse_s3_event

Version = tuple[str, str]
"""URI and version id."""


class Outcome(StrEnum):
    """What became of one uploaded file."""

    CURATED = "curated"
    SUPERSEDED = "superseded"
    REJECTED = "rejected"
    DEAD_LETTERED = "dead-lettered"
    PENDING = "pending"


IN_LAKE = frozenset({Outcome.CURATED, Outcome.SUPERSEDED})
"""Outcomes that ask nothing of anybody."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FileOutcome:
    """What became of one uploaded file.

    Attributes:
        uri: The raw object.
        version_id: Its version.
        outcome: What became of it.
        rows_in: Records in the file; 0 unless curated.
        rows_accepted: Records that were curated.
        rows_quarantined: Records that were refused.
        quarantined_by_reason: Reason code to number of records.
        error_code: Why it was rejected or dead-lettered; empty otherwise.
        error_message: The same in words.
    """

    uri: str
    version_id: str
    outcome: Outcome
    rows_in: int = 0
    rows_accepted: int = 0
    rows_quarantined: int = 0
    quarantined_by_reason: Mapping[str, int] = field(default_factory=dict)
    error_code: str = ""
    error_message: str = ""


def wait_for_outcomes(
    deployment: Deployment,
    uploaded: Sequence[Uploaded],
    *,
    timeout_seconds: float = 600,
    poll_seconds: float = 1,
    advance: Advance = ignore,
) -> list[FileOutcome]:
    """Wait until every uploaded version is curated, superseded, rejected or dead-lettered.

    Only what changed since the first upload is read, so this costs the same in a large lake.

    Args:
        deployment: Where they were uploaded to.
        uploaded: What `upload` returned.
        timeout_seconds: Longest time to wait; what has no outcome then is `PENDING`.
        poll_seconds: Time between two looks.
        advance: Called with the number of files that got an outcome.

    Returns:
        One outcome per upload, in the same order.
    """
    if not uploaded:
        return []
    wanted = {(each.uri, each.version_id) for each in uploaded}
    began = min(datetime.fromisoformat(each.uploaded_at) for each in uploaded)
    since = ledger.moment(began)
    found: dict[Version, FileOutcome] = {}
    for _ in Poll(timeout_seconds, poll_seconds):
        news = _outcomes_since(deployment, since, wanted - found.keys())
        found |= news
        advance(len(news))
        if len(found) == len(wanted):
            break
    return [
        found.get((each.uri, each.version_id))
        or FileOutcome(uri=each.uri, version_id=each.version_id, outcome=Outcome.PENDING)
        for each in uploaded
    ]


def _outcomes_since(
    deployment: Deployment, since: str, wanted: set[Version]
) -> dict[Version, FileOutcome]:
    outcomes: dict[Version, FileOutcome] = {}
    dead = dead_letters.list_dead_letters(
        deployment, status=DeadLetterStatus.OPEN, archived_since=since
    )
    for letter in dead:
        for version in versions_in(dead_letters.body_of(deployment, letter)):
            identity = (version.uri, version.version_id)
            if identity in wanted:
                outcomes[identity] = _from_letter(version, letter)
    for entry in ledger.entries(deployment, changed_since=since):
        identity = (entry.object, entry.version_id)
        if identity in wanted and entry.status is not LedgerStatus.PROCESSING:
            outcomes[identity] = _from_entry(entry)
    return outcomes


def versions_in(body: str) -> list[ObjectVersion]:
    """Return the object versions that a message announces; none when it is no S3 event."""
    try:
        return parse_s3_event(body)
    except MalformedMessageError:
        return []


def _from_letter(version: ObjectVersion, letter: DeadLetter) -> FileOutcome:
    return FileOutcome(
        uri=version.uri,
        version_id=version.version_id,
        outcome=Outcome.DEAD_LETTERED,
        error_code=letter.error_code,
        error_message=letter.error_message,
    )


def _from_entry(entry: LedgerEntry) -> FileOutcome:
    return FileOutcome(
        uri=entry.object,
        version_id=entry.version_id,
        outcome=Outcome(entry.status.value),
        rows_in=entry.rows_in,
        rows_accepted=entry.rows_accepted,
        rows_quarantined=entry.rows_quarantined,
        quarantined_by_reason=entry.quarantined_by_reason,
        error_code=entry.error_code,
        error_message=entry.error_message,
    )
