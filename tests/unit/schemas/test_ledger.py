from decimal import Decimal

from schemas.ledger import HEAD, LedgerEntry, LedgerStatus

KEY = {"object": "s3://raw/landing/flights/a.csv", "version": "0" * 40}


def test_item_with_nothing_but_a_status_is_read() -> None:
    entry = LedgerEntry.from_item({**KEY, "status": "processing"})

    assert entry.status is LedgerStatus.PROCESSING
    assert (entry.attempts, entry.curated_uris, entry.error_code) == (0, (), "")


def test_numbers_and_sets_are_read_as_plain_sorted_values() -> None:
    entry = LedgerEntry.from_item(
        {
            **KEY,
            "status": "curated",
            "rows_in": Decimal(3),
            "curated_uris": {"s3://c/b", "s3://c/a"},
            "quarantined_by_reason": {"type": Decimal(2), "range": Decimal(1)},
            "attribute_of_a_later_release": "ignored",
        }
    )

    assert type(entry.rows_in) is int
    assert entry.curated_uris == ("s3://c/a", "s3://c/b")
    assert list(entry.quarantined_by_reason.items()) == [("range", 1), ("type", 2)]


def test_loose_files_are_those_written_but_not_in_force() -> None:
    entry = LedgerEntry(
        object=KEY["object"],
        version=KEY["version"],
        status=LedgerStatus.CURATED,
        curated_uris=("a",),
        quarantine_uri="q",
        staged_uris=("a", "b"),
    )

    assert entry.in_force_uris == {"a", "q"}
    assert entry.loose_uris == {"b"}
    assert entry.written_uris == {"a", "b", "q"}


def test_head_sorts_after_every_version() -> None:
    assert HEAD > "F" * 40
