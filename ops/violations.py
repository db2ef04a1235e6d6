"""Breaches of the conservation law: pure functions of what lies in the lake."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby

from ops.evidence import KEPT, Evidence
from ops.lake import RawVersion
from schemas.ledger import LedgerEntry, LedgerStatus


class Fate(StrEnum):
    """What became of an object version, `lost` being what must never happen."""

    CURATED = "curated"
    SUPERSEDED = "superseded"
    REJECTED = "rejected"
    FAILED = "failed"
    IN_FLIGHT = "in-flight"
    LOST = "lost"


class ViolationKind(StrEnum):
    """How the law can be broken."""

    LOST = "lost"
    NOT_ARCHIVED = "not-archived"
    TWO_IN_FORCE = "two-in-force"
    WRONG_HEAD = "wrong-head"
    SUPERSEDED_BY_NOTHING = "superseded-by-nothing"
    REJECTED_BUT_REPLACED = "rejected-but-replaced"
    ROWS_DO_NOT_ADD_UP = "rows-do-not-add-up"
    MISSING_OBJECT = "missing-object"
    ORPHAN_OBJECT = "orphan-object"
    WRONG_ROW_COUNT = "wrong-row-count"


@dataclass(frozen=True, kw_only=True, slots=True)
class Violation:
    """One thing in the lake that should not be.

    Attributes:
        kind: How the law is broken.
        subject: URI of the object concerned.
        detail: What is wrong, with figures.
    """

    kind: ViolationKind
    subject: str
    detail: str


def fate(evidence: Evidence, raw: RawVersion, entry: LedgerEntry | None) -> Fate:
    """Return what became of one raw version, whose ledger entry is `entry`."""
    if entry is not None and entry.status is not LedgerStatus.PROCESSING:
        return Fate(entry.status.value)
    if (raw.uri, raw.version_id) in evidence.archived:
        return Fate.FAILED
    return Fate.LOST if evidence.is_at_rest else Fate.IN_FLIGHT


def find_violations(evidence: Evidence) -> Iterator[Violation]:
    """Yield every breach of the law."""
    yield from _lost(evidence)
    for uri, versions in groupby(evidence.ledger.entries, key=lambda entry: entry.object):
        yield from _of_object(evidence, uri, list(versions))
    for entry in evidence.ledger.entries:
        if entry.status is LedgerStatus.CURATED:
            yield from _of_rows(entry)
            yield from _of_files(evidence, entry)
    yield from _orphans(evidence)


def _lost(evidence: Evidence) -> Iterator[Violation]:
    entries = {(entry.object, entry.version_id): entry for entry in evidence.ledger.entries}
    for raw in evidence.raw:
        entry = entries.get((raw.uri, raw.version_id))
        if fate(evidence, raw, entry) is Fate.LOST:
            seen = "was begun and never finished" if entry else "never reached the ledger"
            yield Violation(
                kind=ViolationKind.LOST,
                subject=raw.uri,
                detail=f"version {raw.version_id} {seen}, and no message about it is left",
            )


def _of_object(evidence: Evidence, uri: str, versions: list[LedgerEntry]) -> Iterator[Violation]:
    """Judge the versions of one object against each other and against its head.

    A parked message excuses none of it: nobody processes that, and what a run that was cut off
    has left in the lake is wrong as long as it lies there.
    """
    if not evidence.is_still:
        return
    head = evidence.ledger.heads.get(uri, "")
    told = f"the head is {head or 'missing'}"
    curated = [entry.version for entry in versions if entry.status is LedgerStatus.CURATED]
    if len(curated) > 1:
        yield Violation(
            kind=ViolationKind.TWO_IN_FORCE,
            subject=uri,
            detail=f"{len(curated)} versions are in force: {', '.join(curated)}",
        )
    if max(curated, default="") != head:
        yield Violation(
            kind=ViolationKind.WRONG_HEAD,
            subject=uri,
            detail=f"{told}, in force is {max(curated, default='nothing')}",
        )
    for entry in versions:
        if entry.status is LedgerStatus.SUPERSEDED and entry.version >= head:
            yield Violation(
                kind=ViolationKind.SUPERSEDED_BY_NOTHING,
                subject=uri,
                detail=f"version {entry.version} is superseded, but {told}",
            )
        if entry.status is LedgerStatus.REJECTED:
            yield from _of_rejected(evidence, entry, head)


def _of_rejected(evidence: Evidence, entry: LedgerEntry, head: str) -> Iterator[Violation]:
    if entry.version < head:
        yield Violation(
            kind=ViolationKind.REJECTED_BUT_REPLACED,
            subject=entry.object,
            detail=f"version {entry.version} is rejected although {head} is in force: "
            "it should be superseded",
        )
    letters = [evidence.letters[key] for key in entry.message_keys if key in evidence.letters]
    # One that is parked may be the message that is missed.
    if not any(letter.status in KEPT for letter in letters) and evidence.is_at_rest:
        states = ", ".join(sorted(letter.status for letter in letters)) or "none"
        yield Violation(
            kind=ViolationKind.NOT_ARCHIVED,
            subject=entry.object,
            detail=f"version {entry.version} is rejected ({entry.error_code}) and no dead letter "
            f"keeps its message (dead letters: {states})",
        )


def _of_rows(entry: LedgerEntry) -> Iterator[Violation]:
    by_reason = sum(entry.quarantined_by_reason.values())
    if (
        entry.rows_in != entry.rows_accepted + entry.rows_quarantined
        or by_reason != entry.rows_quarantined
    ):
        yield Violation(
            kind=ViolationKind.ROWS_DO_NOT_ADD_UP,
            subject=entry.object,
            detail=f"{entry.rows_in:,} in, {entry.rows_accepted:,} accepted, "
            f"{entry.rows_quarantined:,} quarantined ({by_reason:,} by reason)",
        )


def _of_files(evidence: Evidence, entry: LedgerEntry) -> Iterator[Violation]:
    """Judge the files of a version in force: are they there, and do they hold its rows?"""
    has_expired = entry.updated_at < evidence.quarantine_kept_since
    quarantine = () if not entry.quarantine_uri or has_expired else (entry.quarantine_uri,)
    missing = [u for u in (*entry.curated_uris, *quarantine) if u not in evidence.objects]
    for uri in missing:
        yield Violation(
            kind=ViolationKind.MISSING_OBJECT,
            subject=uri,
            detail=f"{entry.object} is curated, but this file of it is gone",
        )
    if evidence.rows is None or missing:
        return
    yield from _compare(evidence.rows, entry, "curated", entry.curated_uris, entry.rows_accepted)
    if not has_expired:
        yield from _compare(evidence.rows, entry, "quarantined", quarantine, entry.rows_quarantined)


def _compare(
    rows: Mapping[str, int], entry: LedgerEntry, what: str, uris: tuple[str, ...], told: int
) -> Iterator[Violation]:
    counted = sum(rows[uri] for uri in uris)
    if counted != told:
        yield Violation(
            kind=ViolationKind.WRONG_ROW_COUNT,
            subject=entry.object,
            detail=f"the ledger says {told:,} {what} rows, its files hold {counted:,}",
        )


def _orphans(evidence: Evidence) -> Iterator[Violation]:
    """Find files that no version in force has; a run that is under way may have more."""
    entries = evidence.ledger.entries
    owners = {uri: entry for entry in entries for uri in entry.written_uris}
    in_force = {
        uri
        for entry in entries
        if entry.status is LedgerStatus.CURATED
        for uri in entry.in_force_uris
    }
    for uri in sorted(evidence.objects.keys() - in_force):
        owner = owners.get(uri)
        if owner is not None and not evidence.is_still:
            continue
        origin = f"left by a {owner.status} version of {owner.object}" if owner else "of no version"
        yield Violation(
            kind=ViolationKind.ORPHAN_OBJECT,
            subject=uri,
            detail=f"this file is {origin}: its rows are in the lake without being in force",
        )
