"""Files as large as the environment takes, and larger ones."""

from dataclasses import replace

from config import get_environment
from ops.reprocess import object_version
from schemas.ledger import LedgerStatus
from schemas.messages import s3_event
from tests.e2e.lake import ENVIRONMENT, Lake
from tests.unit.lambdas.files import flights, row

LIMIT = get_environment(ENVIRONMENT).ingestion.max_file_bytes


def test_the_largest_file_that_is_taken_is_done_in_time(lake: Lake) -> None:
    key = "landing/flights/sizes/largest.csv"
    header_and_row = flights(row())
    line = header_and_row[len(flights()) :]
    rows = (LIMIT - len(flights())) // len(line)

    lake.put(key, flights() + rows * line)

    (entry,) = lake.await_outcome(key)
    assert LIMIT - len(line) < entry.size <= LIMIT
    assert entry.status is LedgerStatus.CURATED
    assert entry.rows_accepted == rows


def test_a_larger_file_is_refused_for_what_its_event_says(lake: Lake) -> None:
    key = "landing/flights/sizes/small.csv"
    lake.put(key, flights(row()))
    (small,) = lake.await_outcome(key)
    # Nothing lies there: were it read, it would be missing.
    giant = "landing/flights/sizes/giant.csv"
    version = replace(object_version(small), key=giant, size=LIMIT + 1)

    lake.send(s3_event(version))

    letter = lake.await_letter(giant)
    assert letter.error_code == "too-large"
    assert f"{LIMIT + 1:,}" in letter.error_message
    assert letter.subject == lake.uri(giant)
