"""Outcomes are foretold by the order of upload alone, and every deviation is found."""

from dataclasses import replace

import pytest

from chaos.book import Book, Sent, differences
from chaos.grammar import Draft
from schemas.dead_letters import DeadLetter, DeadLetterStatus
from schemas.ledger import LedgerEntry, LedgerStatus
from schemas.messages import ObjectVersion, message_key, s3_event

GOOD = Draft(dataset="flights", suffix=".csv", body=b"", rows=4, quarantined={"type": 1})
BAD = Draft(dataset="flights", suffix=".csv", body=b"", rejection="truncated")
KEY = "landing/flights/chaos-1/a.csv"
URI = f"s3://raw/{KEY}"
STRANGER = message_key("strange")


def sent(version: str, draft: Draft) -> Sent:
    return Sent(uri=URI, version_id=version, draft=draft)


def entry(version: str, status: LedgerStatus, code: str = "") -> LedgerEntry:
    known = LedgerEntry(
        object=URI, version=version, version_id=version, status=status, error_code=code
    )
    if status is LedgerStatus.CURATED:
        return replace(known, rows_in=4, rows_accepted=3, quarantined_by_reason={"type": 1})
    return known


def letter(version: str, status: DeadLetterStatus = DeadLetterStatus.OPEN) -> DeadLetter:
    body = s3_event(
        ObjectVersion(bucket="raw", key=KEY, version_id=version, etag="", size=1, sequencer=version)
    )
    return DeadLetter(message_key=message_key(body), status=status, body=body, subject=URI)


STRANGE_LETTER = DeadLetter(
    message_key=STRANGER, status=DeadLetterStatus.OPEN, body="strange", subject=""
)
BOOK = Book(sent=[sent("1", BAD), sent("2", GOOD), sent("3", BAD)], strangers={STRANGER})
ENTRIES = [
    entry("1", LedgerStatus.SUPERSEDED),
    entry("2", LedgerStatus.CURATED),
    entry("3", LedgerStatus.REJECTED, "truncated"),
]
LETTERS = [letter("1", DeadLetterStatus.SUPERSEDED), letter("3"), STRANGE_LETTER]


@pytest.mark.parametrize(
    ("drafts", "statuses"),
    [
        ("g", "C"),
        ("b", "R"),
        ("ggg", "SSC"),
        ("bbb", "RRR"),
        ("bg", "SC"),
        ("gb", "CR"),
        ("bgbgb", "SSSCR"),
    ],
)
def test_the_last_good_version_of_a_key_is_in_force(drafts: str, statuses: str) -> None:
    book = Book(sent=[sent(str(n), {"g": GOOD, "b": BAD}[d]) for n, d in enumerate(drafts)])

    assert "".join(status.name[0] for status in book.expected().values()) == statuses


def test_what_is_as_it_must_be_is_no_difference() -> None:
    assert differences(BOOK, ENTRIES, LETTERS) == []


@pytest.mark.parametrize(
    ("changed", "detail"),
    [
        (replace(ENTRIES[0], status=LedgerStatus.REJECTED), "is rejected instead of superseded"),
        (replace(ENTRIES[1], status=LedgerStatus.PROCESSING), "is processing instead of curated"),
        (replace(ENTRIES[1], rows_in=5), "has rows and reasons (5,"),
        (replace(ENTRIES[1], quarantined_by_reason={"range": 1}), "not (4, {'type': 1})"),
        (replace(ENTRIES[2], error_code="empty"), "rejected as empty, not as truncated"),
    ],
)
def test_a_wrong_entry_is_found(changed: LedgerEntry, detail: str) -> None:
    entries = [changed if each.version == changed.version else each for each in ENTRIES]

    (difference,) = differences(BOOK, entries, LETTERS)

    assert detail in difference.detail


def test_a_missing_entry_is_found() -> None:
    (difference,) = differences(BOOK, ENTRIES[1:], LETTERS)

    assert "is not in the ledger" in difference.detail


def test_an_entry_of_nothing_that_was_sent_is_found() -> None:
    (difference,) = differences(BOOK, [*ENTRIES, entry("9", LedgerStatus.CURATED)], LETTERS)

    assert "nobody sent it" in difference.detail


@pytest.mark.parametrize(
    ("surplus", "detail"),
    [
        (letter("2", DeadLetterStatus.RESOLVED), "although its file is good"),
        (letter("9"), "nobody sent"),
        (replace(STRANGE_LETTER, message_key=message_key("x"), body="x"), "nobody sent"),
        (replace(letter("3", DeadLetterStatus.REPLAYED), message_key="k"), "replayed although"),
        (replace(letter("1"), message_key="k"), "although a newer file is in force"),
    ],
)
def test_a_dead_letter_that_must_not_be_there_is_found(surplus: DeadLetter, detail: str) -> None:
    (difference,) = differences(BOOK, ENTRIES, [*LETTERS, surplus])

    assert detail in difference.detail


@pytest.mark.parametrize(("missing", "detail"), [(1, "must be dead-lettered"), (2, "strange")])
def test_a_dead_letter_that_is_missing_is_found(missing: int, detail: str) -> None:
    letters = [each for number, each in enumerate(LETTERS) if number != missing]

    (difference,) = differences(BOOK, ENTRIES, letters)

    assert detail in difference.detail


def test_a_closed_dead_letter_still_keeps_its_message() -> None:
    closed = replace(LETTERS[1], status=DeadLetterStatus.CLOSED)

    assert differences(BOOK, ENTRIES, [LETTERS[0], closed, STRANGE_LETTER]) == []
