"""What the audit forgives while messages are under way, and what not although some are parked."""

from ops.conservation import conservation
from ops.violations import ViolationKind
from schemas.names import Output
from tests.unit.ops.lake import Lake
from tests.unit.ops.versions import KEY, curated, kinds, parquet, raw_version, rejected


def test_a_version_whose_message_is_under_way_is_in_flight(lake: Lake) -> None:
    raw_version(lake)
    lake.ledger_entry(KEY, "A1", "processing", version_id=raw_version(lake))
    lake.send(Output.INGESTION_QUEUE_URL, "{}")

    result = conservation(lake.deployment)

    assert result.violations == ()
    assert result.in_flight == 2


def test_files_of_a_run_under_way_are_forgiven(lake: Lake) -> None:
    staged = parquet(lake, "staged", 1)
    lake.ledger_entry(KEY, "A1", "processing", version_id=raw_version(lake), staged_uris={staged})
    lake.send(Output.INGESTION_QUEUE_URL, "{}")

    assert conservation(lake.deployment).holds


def test_a_version_without_an_outcome_may_be_the_parked_one(lake: Lake) -> None:
    raw_version(lake)
    lake.send(Output.PARKING_QUEUE_URL, "{}")

    result = conservation(lake.deployment)

    assert result.holds
    assert (result.in_flight, result.parked) == (1, 1)


def test_a_rejection_that_nobody_kept_may_be_the_parked_one(lake: Lake) -> None:
    rejected(lake)
    lake.send(Output.PARKING_QUEUE_URL, "{}")

    assert conservation(lake.deployment).holds


def test_a_parked_message_excuses_neither_two_versions_in_force_nor_what_a_run_has_left(
    lake: Lake,
) -> None:
    for version in ("A1", "A2"):
        curated(lake, version)
    staged = parquet(lake, "staged", 1)
    lake.ledger_entry(KEY, "A3", "processing", version_id=raw_version(lake), staged_uris={staged})
    lake.send(Output.PARKING_QUEUE_URL, "{}")

    assert set(kinds(conservation(lake.deployment))) == {
        ViolationKind.TWO_IN_FORCE,
        ViolationKind.ORPHAN_OBJECT,
    }
