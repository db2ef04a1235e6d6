"""Holds what became of every file against what must have become of it."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from demo.shipments import Shipment
from schemas.dead_letters import DeadLetter
from schemas.ledger import LedgerEntry, LedgerStatus


@dataclass(frozen=True, kw_only=True, slots=True)
class Sent:
    """One object version that the demo uploaded.

    Attributes:
        uri: URI of the object.
        version_id: The version that S3 gave it.
        shipment: What it was, and must become.
        is_replaced: Whether a good version of the same object was sent after it.
    """

    uri: str
    version_id: str
    shipment: Shipment
    is_replaced: bool = False

    @property
    def expected(self) -> LedgerStatus:
        """The status that this version must end in."""
        if self.is_replaced:
            return LedgerStatus.SUPERSEDED
        return LedgerStatus.REJECTED if self.shipment.rejection else LedgerStatus.CURATED


@dataclass(frozen=True, kw_only=True, slots=True)
class Account:
    """The balance of a run.

    Attributes:
        received: Object versions sent.
        by_status: Status in the ledger to number of versions.
        rows_in: Rows of the curated versions.
        rows_accepted: Of those, rows in curated files.
        quarantined: Reason code to number of quarantined rows.
        valid_dead_lettered: Dead letters that still wait although their file was good.
        violations: Every difference between what happened and what had to.
    """

    received: int
    by_status: Mapping[str, int]
    rows_in: int
    rows_accepted: int
    quarantined: Mapping[str, int]
    valid_dead_lettered: int
    violations: tuple[str, ...]


def balance(
    sent: Iterable[Sent], entries: Iterable[LedgerEntry], letters: Iterable[DeadLetter]
) -> Account:
    """Compare what was sent with the ledger and the dead letters.

    Args:
        sent: Every version that was uploaded.
        entries: The whole ledger.
        letters: Dead letters that nobody has settled yet.
    """
    sent = list(sent)
    ledger = {(entry.object, entry.version_id): entry for entry in entries}
    waiting = {letter.subject for letter in letters}
    violations = [
        difference
        for each in sent
        for difference in _differences(each, ledger.get((each.uri, each.version_id)), waiting)
    ]
    unknown = ledger.keys() - {(each.uri, each.version_id) for each in sent}
    violations += [f"{uri} ({version}) was never sent" for uri, version in sorted(unknown)]
    rejected = {each.uri for each in sent if each.expected is LedgerStatus.REJECTED}
    valid_dead = sum(not any(uri in subject for uri in rejected) for subject in waiting)
    curated = [each for each in ledger.values() if each.status is LedgerStatus.CURATED]
    quarantined: Counter[str] = Counter()
    for entry in curated:
        quarantined.update(entry.quarantined_by_reason)
    return Account(
        received=len(sent),
        by_status=dict(Counter(entry.status.value for entry in ledger.values())),
        rows_in=sum(entry.rows_in for entry in curated),
        rows_accepted=sum(entry.rows_accepted for entry in curated),
        quarantined=dict(quarantined.most_common()),
        valid_dead_lettered=valid_dead,
        violations=tuple(violations),
    )


def _differences(sent: Sent, entry: LedgerEntry | None, waiting: set[str]) -> list[str]:
    name = f"{sent.uri} ({sent.version_id})"
    if entry is None:
        return [f"{name} was sent and is not in the ledger"]
    if entry.status is not sent.expected:
        return [f"{name} is {entry.status} instead of {sent.expected}: {entry.error_message}"]
    if sent.expected is LedgerStatus.REJECTED:
        wrong_code = entry.error_code != sent.shipment.rejection
        not_archived = not any(sent.uri in subject for subject in waiting)
        return [
            *[f"{name} was rejected as {entry.error_code}, not {sent.shipment.rejection}"]
            * wrong_code,
            *[f"{name} was rejected and is not archived"] * not_archived,
        ]
    if sent.expected is LedgerStatus.CURATED:
        found = (entry.rows_in, dict(entry.quarantined_by_reason))
        expected = (sent.shipment.rows, dict(sent.shipment.quarantined))
        return [f"{name} has rows and reasons {found}, not {expected}"] * (found != expected)
    return []
