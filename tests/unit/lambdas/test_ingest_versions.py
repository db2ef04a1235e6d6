"""Versions of one file: repeated, late, replaced, corrected, replayed, processed again."""

from dataclasses import replace

import pytest

from lambdas.ingest import handler as ingest_handler
from schemas.dead_letters import DeadLetterStatus
from schemas.flights import FLIGHTS
from schemas.ledger import LedgerStatus
from schemas.messages import s3_event
from schemas.names import Metric
from tests.unit.lambdas.files import flights, row
from tests.unit.lambdas.world import RAW, World, use_contracts

KEY = "landing/flights/2013-01-01.csv"
GOOD = flights(row(), row(month="2"))
BETTER = flights(row(), row(flight="2"), row(flight="3"))
WRONG = b"a,b\n1,2\n"
FOREIGN = flights(*[row(origin="BOS", flight=str(number)) for number in range(1, 11)])


@pytest.fixture(autouse=True)
def counted(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, dict[str, int]]]:
    counts: list[tuple[str, dict[str, int]]] = []
    monkeypatch.setattr(
        ingest_handler, "count", lambda dataset, values: counts.append((dataset, dict(values)))
    )
    return counts


def accept_origin(origin: str) -> None:
    columns = tuple(
        replace(column, domain=column.domain | {origin}) if column.name == "origin" else column
        for column in FLIGHTS.columns
    )
    use_contracts(replace(FLIGHTS, columns=columns))


def refuse_origin(origin: str) -> None:
    columns = tuple(
        replace(column, domain=column.domain - {origin}) if column.name == "origin" else column
        for column in FLIGHTS.columns
    )
    use_contracts(replace(FLIGHTS, columns=columns))


def test_repeated_message_changes_nothing_and_counts_once(
    world: World, counted: list[tuple[str, dict[str, int]]]
) -> None:
    version = world.upload(KEY, GOOD)
    assert world.send(version)
    lake = world.lake()

    assert world.ingest(s3_event(version), s3_event(version)) == []

    assert world.lake() == lake
    assert counted == [
        (
            "flights",
            {
                Metric.FILES_CURATED: 1,
                Metric.ROWS_IN: 2,
                Metric.ROWS_ACCEPTED: 2,
                Metric.ROWS_QUARANTINED: 0,
            },
        )
    ]
    world.assert_lawful()


def test_newer_file_replaces_the_older_one_whole(world: World) -> None:
    older = world.upload(KEY, GOOD)
    assert world.send(older)
    newer = world.upload(KEY, BETTER)

    assert world.send(newer)

    assert world.entry(older).status is LedgerStatus.SUPERSEDED
    assert world.lake() == world.entry(newer).in_force_uris
    world.assert_lawful()


def test_older_file_that_arrives_late_is_superseded(world: World) -> None:
    older, newer = world.upload(KEY, GOOD), world.upload(KEY, BETTER)
    assert world.send(newer)

    assert world.send(older)

    assert world.entry(older).status is LedgerStatus.SUPERSEDED
    assert world.entry(newer).status is LedgerStatus.CURATED
    world.assert_lawful()


def test_newer_file_that_is_rejected_leaves_the_older_one_in_force(world: World) -> None:
    older = world.upload(KEY, GOOD)
    assert world.send(older)

    assert not world.send(world.upload(KEY, WRONG))

    assert world.entry(older).status is LedgerStatus.CURATED
    world.assert_lawful()


def test_corrected_file_supersedes_the_rejected_one_and_its_dead_letter(world: World) -> None:
    rejected = world.upload(KEY, WRONG)
    assert not world.send(rejected)
    assert world.archive(s3_event(rejected)) == []

    assert world.send(world.upload(KEY, GOOD))

    assert world.entry(rejected).status is LedgerStatus.SUPERSEDED
    letter = world.dead_letter(s3_event(rejected))
    assert letter is not None
    assert letter.status is DeadLetterStatus.SUPERSEDED


def test_dead_letter_that_arrives_after_the_correction_is_born_superseded(world: World) -> None:
    rejected = world.upload(KEY, WRONG)
    assert not world.send(rejected)
    assert world.send(world.upload(KEY, GOOD))

    assert world.archive(s3_event(rejected)) == []

    letter = world.dead_letter(s3_event(rejected))
    assert letter is not None
    assert (letter.status, letter.deaths) == (DeadLetterStatus.SUPERSEDED, 1)
    assert letter.error_code == "wrong-columns"


def test_rejected_message_that_meets_its_correction_succeeds(world: World) -> None:
    rejected = world.upload(KEY, WRONG)
    assert not world.send(rejected)
    assert world.send(world.upload(KEY, GOOD))

    assert world.send(rejected, receive_count=2)

    assert world.entry(rejected).status is LedgerStatus.SUPERSEDED


def test_redelivered_rejection_is_repeated_without_reading_the_file(
    world: World, counted: list[tuple[str, dict[str, int]]]
) -> None:
    version = world.upload(KEY, WRONG)
    assert not world.send(version)
    world.s3.delete_object(Bucket=RAW, Key=KEY, VersionId=version.version_id)

    assert not world.send(version, receive_count=2)

    assert world.entry(version).error_code == "wrong-columns"
    assert counted == [("flights", {Metric.FILES_REJECTED: 1})]
    assert world.failure(s3_event(version))["attempts"] == 2


def test_replay_under_the_same_contract_reads_the_file_again(world: World) -> None:
    version = world.upload(KEY, WRONG)
    assert not world.send(version)
    world.s3.delete_object(Bucket=RAW, Key=KEY, VersionId=version.version_id)

    assert not world.send(version)

    assert world.entry(version).error_code == "object-missing"


def test_replay_after_the_contract_is_corrected_resolves_the_dead_letter(world: World) -> None:
    version = world.upload(KEY, FOREIGN)
    assert not world.send(version)
    assert world.archive(s3_event(version)) == []
    accept_origin("BOS")

    assert world.send(version)

    assert world.entry(version).status is LedgerStatus.CURATED
    assert world.entry(version).error_code == ""
    letter = world.dead_letter(s3_event(version))
    assert letter is not None
    assert letter.status is DeadLetterStatus.RESOLVED
    world.assert_lawful()


def test_replay_of_a_message_that_was_merely_starved_resolves_its_dead_letter(
    world: World,
) -> None:
    version = world.upload(KEY, GOOD)
    assert world.archive(s3_event(version)) == []

    assert world.send(version)

    letter = world.dead_letter(s3_event(version))
    assert letter is not None
    assert letter.status is DeadLetterStatus.RESOLVED


def test_success_creates_no_dead_letter(world: World) -> None:
    version = world.upload(KEY, GOOD)

    assert world.send(version)

    assert world.dead_letter(s3_event(version)) is None


def test_reprocessing_replaces_the_files_of_the_former_contract(
    world: World, counted: list[tuple[str, dict[str, int]]]
) -> None:
    version = world.upload(KEY, flights(row(), row(origin="BOS")))
    assert world.send(version)
    former = world.entry(version)
    accept_origin("BOS")

    assert world.send(replace(version, reprocess=True))

    entry = world.entry(version)
    assert (former.rows_accepted, entry.rows_accepted) == (1, 2)
    assert not former.in_force_uris & world.lake()
    assert entry.staged_uris == ()
    assert len(counted) == 1
    world.assert_lawful()


def test_reprocessing_that_is_rejected_leaves_the_curated_files_in_force(world: World) -> None:
    version = world.upload(KEY, GOOD)
    again = replace(version, reprocess=True)
    assert world.send(version)
    former = world.entry(version)
    refuse_origin("EWR")

    assert not world.send(again)
    assert world.archive(s3_event(again)) == []

    entry = world.entry(version)
    assert (entry.status, entry.error_code) == (LedgerStatus.CURATED, "too-many-bad-rows")
    assert entry.in_force_uris == former.in_force_uris
    assert entry.contract_hash == former.contract_hash
    world.assert_lawful()


def test_duplicate_does_not_resolve_a_reprocessing_that_was_rejected(world: World) -> None:
    version = world.upload(KEY, GOOD)
    again = replace(version, reprocess=True)
    assert world.send(version)
    refuse_origin("EWR")
    assert not world.send(again)
    assert world.archive(s3_event(again)) == []

    assert world.send(version)

    letter = world.dead_letter(s3_event(again))
    assert letter is not None
    assert letter.status is DeadLetterStatus.OPEN


def test_reprocessing_of_an_outdated_version_supersedes_it(world: World) -> None:
    older = world.upload(KEY, GOOD)
    assert world.send(older)
    assert world.send(world.upload(KEY, BETTER))

    assert world.send(replace(older, reprocess=True))

    assert world.entry(older).status is LedgerStatus.SUPERSEDED
    world.assert_lawful()


def test_rejected_file_of_an_unknown_dataset_counts_under_a_bounded_name(
    world: World, counted: list[tuple[str, dict[str, int]]]
) -> None:
    assert not world.send(world.upload("landing/whatever/a.csv", GOOD))

    assert counted == [("unknown", {Metric.FILES_REJECTED: 1})]
