import json
from dataclasses import replace
from typing import Any

import pytest
from typer.testing import CliRunner

from ops.app import app
from ops.conservation import conservation
from ops.violations import ViolationKind
from schemas.messages import ObjectVersion, s3_event
from tests.unit.ops.lake import CURATED, QUARANTINE, RAW, Lake, sequencer
from tests.unit.ops.versions import (
    KEY,
    LETTER,
    URI,
    curated,
    kinds,
    parquet,
    quarantine,
    raw_version,
    rejected,
)

RUNNER = CliRunner()


def test_a_lake_that_keeps_the_law_is_counted(lake: Lake) -> None:
    lake.ledger_entry(KEY, "A1", "superseded", version_id=raw_version(lake))
    curated(lake)
    lake.ledger_entry(
        "landing/flights/b.csv",
        "A1",
        "rejected",
        version_id=raw_version(lake, "landing/flights/b.csv"),
        error_code="empty",
        message_keys={LETTER},
    )
    lake.dead_letter(LETTER)

    result = conservation(lake.deployment)

    assert result.violations == ()
    assert (result.received, result.curated, result.superseded, result.rejected) == (3, 1, 1, 1)
    assert (result.rows_in, result.rows_accepted, result.rows_quarantined) == (40_000, 39_999, 1)
    assert result.quarantined_by_reason == {"range": 1}
    assert result.rejected_by_code == {"empty": 1}
    assert (result.files_counted, result.accepted_in_files) == (3, 39_999)
    assert result.quarantined_in_files == 1


def test_a_version_that_left_no_trace_is_lost(lake: Lake) -> None:
    raw_version(lake)

    result = conservation(lake.deployment)

    assert kinds(result) == [ViolationKind.LOST]
    assert result.lost == 1


@pytest.mark.parametrize(
    ("status", "fates"),
    [("open", (1, 0)), ("closed", (1, 0)), ("replayed", (0, 1)), ("resolved", (0, 1))],
)
def test_an_unfinished_version_has_failed_only_where_its_message_is_kept(
    lake: Lake, status: str, fates: tuple[int, int]
) -> None:
    version = ObjectVersion(
        bucket=RAW,
        key=KEY,
        version_id=raw_version(lake),
        etag="e",
        size=4,
        sequencer=sequencer("A1"),
    )
    lake.ledger_entry(KEY, "A1", "processing", version_id=version.version_id)
    lake.dead_letter(LETTER, status, body=s3_event(version))

    result = conservation(lake.deployment)

    assert (result.failed, result.lost) == fates


def test_a_rejection_that_nobody_kept_is_found(lake: Lake) -> None:
    rejected(lake)

    assert kinds(conservation(lake.deployment)) == [ViolationKind.NOT_ARCHIVED]


def test_a_rejection_below_a_version_in_force_should_be_superseded(lake: Lake) -> None:
    rejected(lake)
    lake.dead_letter(LETTER)
    curated(lake)

    assert kinds(conservation(lake.deployment)) == [ViolationKind.REJECTED_BUT_REPLACED]


def test_a_rejection_above_a_version_in_force_is_lawful(lake: Lake) -> None:
    curated(lake)
    rejected(lake, "A3")
    lake.dead_letter(LETTER)

    assert conservation(lake.deployment).holds


def test_two_versions_in_force_are_found(lake: Lake) -> None:
    for version in ("A1", "A2"):
        curated(lake, version)

    assert ViolationKind.TWO_IN_FORCE in kinds(conservation(lake.deployment))


def test_a_superseded_version_without_a_successor_is_found(lake: Lake) -> None:
    lake.ledger_entry(KEY, "A1", "superseded", version_id=raw_version(lake))

    assert kinds(conservation(lake.deployment)) == [ViolationKind.SUPERSEDED_BY_NOTHING]


def test_a_head_that_is_not_in_force_is_found(lake: Lake) -> None:
    curated(lake, "A2")
    head = {"object": URI, "version": "HEAD", "sequencer": sequencer("A3")}
    lake.connection.table("ledger").put_item(Item=head)

    assert kinds(conservation(lake.deployment)) == [ViolationKind.WRONG_HEAD]


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({"rows_in": 40_001}, ViolationKind.ROWS_DO_NOT_ADD_UP),
        ({"quarantined_by_reason": {"range": 2}}, ViolationKind.ROWS_DO_NOT_ADD_UP),
        ({"rows_in": 39_999, "rows_accepted": 39_998}, ViolationKind.WRONG_ROW_COUNT),
    ],
)
def test_counts_that_disagree_are_found(
    lake: Lake, change: dict[str, Any], kind: ViolationKind
) -> None:
    curated(lake, **change)

    assert kinds(conservation(lake.deployment)) == [kind]


def test_what_is_counted_in_the_files_is_not_what_the_ledger_says(lake: Lake) -> None:
    curated(lake)
    parquet(lake, "two", 998)
    parquet(lake, "stray", 5)
    quarantine(lake, "q", 3)

    result = conservation(lake.deployment)

    assert (result.rows_accepted, result.accepted_in_files) == (39_999, 40_003)
    assert (result.rows_quarantined, result.quarantined_in_files) == (1, 3)


def test_refused_rows_are_counted_in_their_file_too(lake: Lake) -> None:
    curated(lake)
    quarantine(lake, "q", 2)

    (violation,) = conservation(lake.deployment).violations

    assert violation.kind is ViolationKind.WRONG_ROW_COUNT
    assert violation.detail == "the ledger says 1 quarantined rows, its files hold 2"


def test_a_file_that_is_no_parquet_is_found(lake: Lake) -> None:
    curated(lake)
    lake.connection.s3.put_object(
        Bucket=CURATED, Key="curated/flights/two.parquet", Body=b"PAR1 and then nothing"
    )

    assert kinds(conservation(lake.deployment)) == [ViolationKind.WRONG_ROW_COUNT]


def test_a_missing_file_of_a_version_in_force_is_found(lake: Lake) -> None:
    curated(lake)
    lake.connection.s3.delete_object(Bucket=CURATED, Key="curated/flights/two.parquet")

    assert kinds(conservation(lake.deployment)) == [ViolationKind.MISSING_OBJECT]


def test_a_quarantine_file_may_expire(lake: Lake) -> None:
    curated(lake, updated_at="2001-01-01T00:00:00+00:00")
    lake.connection.s3.delete_object(Bucket=QUARANTINE, Key="quarantine/flights/q.jsonl")

    assert conservation(lake.deployment).holds


def test_files_that_are_not_in_force_are_found(lake: Lake) -> None:
    curated(lake)
    left = parquet(lake, "left", 1)
    stray = parquet(lake, "stray", 1)
    lake.ledger_entry(KEY, "A1", "superseded", version_id=raw_version(lake), staged_uris={left})

    violations = conservation(lake.deployment).violations

    assert {violation.subject: violation.kind for violation in violations} == {
        left: ViolationKind.ORPHAN_OBJECT,
        stray: ViolationKind.ORPHAN_OBJECT,
    }


def test_the_command_fails_on_a_violation_and_names_it(lake: Lake) -> None:
    raw_version(lake)

    people = RUNNER.invoke(app, ["audit"])
    machine = RUNNER.invoke(app, ["audit", "--json"])

    assert people.exit_code == machine.exit_code == 1
    assert "THE LAW DOES NOT HOLD" in people.stdout
    assert json.loads(machine.stdout)["violations"][0]["subject"] == URI


def test_rows_are_not_read_when_that_is_not_asked_for(lake: Lake) -> None:
    curated(lake)
    quarantine(lake, "q", 2)

    result = RUNNER.invoke(app, ["audit", "--skip-rows", "--json"])

    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["files_counted"] == 0


def test_a_lake_of_prod_is_judged_by_its_own_retention(lake: Lake) -> None:
    longer = replace(lake.deployment.environment, quarantine_days=3650)
    curated(lake, updated_at="2020-01-01T00:00:00+00:00")
    lake.connection.s3.delete_object(Bucket=QUARANTINE, Key="quarantine/flights/q.jsonl")

    result = conservation(replace(lake.deployment, environment=longer))

    assert kinds(result) == [ViolationKind.MISSING_OBJECT]
