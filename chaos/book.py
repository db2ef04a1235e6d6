"""The book of a campaign: what was sent, what must become of it, and what became of it."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from chaos.grammar import Draft
from ops.outcomes import Version, versions_in
from schemas.dead_letters import DeadLetter, DeadLetterStatus
from schemas.ledger import LedgerEntry, LedgerStatus

KEPT = frozenset({DeadLetterStatus.OPEN, DeadLetterStatus.CLOSED})
"""What a dead letter may be, at rest, whose message still cannot be processed."""
UNFINISHED = frozenset({DeadLetterStatus.REPLAYING, DeadLetterStatus.REPLAYED})
"""What none may be at rest: its message was sent back, and must have come to an end."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Sent:
    """One object version that the campaign uploaded."""

    uri: str
    version_id: str
    draft: Draft


@dataclass(frozen=True, kw_only=True, slots=True)
class Difference:
    """Something that is not as it must be.

    Attributes:
        subject: What it is about.
        detail: What is wrong.
    """

    subject: str
    detail: str

    def __str__(self) -> str:
        """Return a line for people."""
        return f"{self.subject}: {self.detail}"


@dataclass(slots=True)
class Book:
    """Everything that was sent.

    Attributes:
        sent: Versions, in the order of their upload.
        strangers: Keys of the messages that announce no file and must be dead-lettered.
    """

    sent: list[Sent] = field(default_factory=list)
    strangers: set[str] = field(default_factory=set)

    def expected(self) -> dict[Version, LedgerStatus]:
        """Return the status that each version must end in.

        The last version of a key that is no refused one is in force, those before it are
        superseded, and those after it rejected, in whatever order they were processed.
        """
        by_key: dict[str, list[Sent]] = defaultdict(list)
        for each in self.sent:
            by_key[each.uri].append(each)
        return {
            (each.uri, each.version_id): status
            for versions in by_key.values()
            for each, status in zip(versions, _statuses(versions), strict=True)
        }


def _statuses(versions: list[Sent]) -> Iterator[LedgerStatus]:
    good = [number for number, each in enumerate(versions) if not each.draft.rejection]
    in_force = max(good, default=-1)
    for number in range(len(versions)):
        if number < in_force:
            yield LedgerStatus.SUPERSEDED
        else:
            yield LedgerStatus.CURATED if number == in_force else LedgerStatus.REJECTED


def differences(
    book: Book, entries: Iterable[LedgerEntry], letters: Iterable[DeadLetter]
) -> list[Difference]:
    """Compare the book with a lake at rest.

    Args:
        book: What was sent.
        entries: The ledger's entries of the campaign's keys.
        letters: The dead-letter table, but for letters that were there before.
    """
    expected = book.expected()
    found = {(entry.object, entry.version_id): entry for entry in entries}
    letters = list(letters)
    return [
        *_of_versions(book.sent, expected, found),
        *_of_letters(book, expected, letters),
        *_not_archived(book, expected, letters),
    ]


def _of_versions(
    sent: Iterable[Sent],
    expected: Mapping[Version, LedgerStatus],
    found: Mapping[Version, LedgerEntry],
) -> Iterator[Difference]:
    for uri, version_id in sorted(found.keys() - expected.keys()):
        yield Difference(
            subject=f"{uri} ({version_id})", detail="it is in the ledger and nobody sent it"
        )
    for each in sent:
        status = expected[each.uri, each.version_id]
        entry = found.get((each.uri, each.version_id))
        subject = f"{each.uri} ({each.version_id})"
        if entry is None:
            yield Difference(subject=subject, detail="it was sent and is not in the ledger")
        elif entry.status is not status:
            yield Difference(
                subject=subject,
                detail=f"it is {entry.status} instead of {status}: {entry.error_message}",
            )
        elif status is LedgerStatus.REJECTED and entry.error_code != each.draft.rejection:
            yield Difference(
                subject=subject,
                detail=f"it was rejected as {entry.error_code}, not as {each.draft.rejection}",
            )
        elif status is LedgerStatus.CURATED:
            rows = (entry.rows_in, dict(entry.quarantined_by_reason))
            wanted = (each.draft.rows, dict(each.draft.quarantined))
            if rows != wanted:
                yield Difference(
                    subject=subject, detail=f"it has rows and reasons {rows}, not {wanted}"
                )


def _of_letters(
    book: Book, expected: Mapping[Version, LedgerStatus], letters: Iterable[DeadLetter]
) -> Iterator[Difference]:
    """Find letters that must not be there, or not in their status."""
    drafts = {(each.uri, each.version_id): each.draft for each in book.sent}
    for letter in letters:
        subject = letter.subject or letter.message_key[:16]
        versions = _identities(letter)
        if letter.status in UNFINISHED:
            yield Difference(
                subject=subject, detail=f"its dead letter is {letter.status} although all is quiet"
            )
        if letter.message_key in book.strangers:
            continue
        if not any(each in drafts for each in versions):
            yield Difference(subject=subject, detail="a message that nobody sent has died")
            continue
        if all(not drafts[each].rejection for each in versions if each in drafts):
            yield Difference(
                subject=subject,
                detail=f"its message died although its file is good: {letter.error_code} "
                f"{letter.error_message}",
            )
        is_settled = all(expected.get(each) is not LedgerStatus.REJECTED for each in versions)
        if letter.status is DeadLetterStatus.OPEN and is_settled:
            yield Difference(
                subject=subject, detail="its dead letter is open although a newer file is in force"
            )


def _not_archived(
    book: Book, expected: Mapping[Version, LedgerStatus], letters: Iterable[DeadLetter]
) -> Iterator[Difference]:
    kept = [letter for letter in letters if letter.status in KEPT]
    archived = {identity for letter in kept for identity in _identities(letter)}
    for (uri, version_id), status in expected.items():
        if status is LedgerStatus.REJECTED and (uri, version_id) not in archived:
            yield Difference(
                subject=f"{uri} ({version_id})", detail="it must be dead-lettered, and is not"
            )
    for key in sorted(book.strangers - {letter.message_key for letter in kept}):
        yield Difference(subject=key[:16], detail="this strange message is not dead-lettered")


def _identities(letter: DeadLetter) -> Collection[Version]:
    return [(each.uri, each.version_id) for each in versions_in(letter.body)]
