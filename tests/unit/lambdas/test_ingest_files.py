"""What becomes of good and of bad files, through the real handler and the real contracts."""

import gzip
import json
from dataclasses import replace
from pathlib import Path

import pytest

from lambdas.ingest import handler as ingest_handler
from schemas.ledger import LedgerStatus
from schemas.messages import ObjectVersion, s3_event
from tests.unit.lambdas.files import GOOD, HEADER, flights, row
from tests.unit.lambdas.world import CURATED, QUARANTINE, RAW, World, invoke, sqs_record

KEY = "landing/flights/2013-01-01.csv"
MANY_ROWS = [row(flight=str(number)) for number in range(1, 101)]

GOOD_FILES = {
    "plain": flights(row(), row(flight="2")),
    "byte order mark": b"\xef\xbb\xbf" + flights(row(), row(flight="2")),
    "crlf": flights(row(), row(flight="2")).replace(b"\n", b"\r\n"),
    "no final newline": flights(row(), row(flight="2")).rstrip(b"\n"),
    "quoted": flights(row(), row(flight="2", tailnum='"N1,2"')),
    "quoted newline": flights(row(), row(flight="2", tailnum='"N1\n2"')),
    "blank lines": flights(row(), "", row(flight="2"), ""),
}

BAD_FILES = {
    "wrong columns": (b"a,b\n1,2\n", "wrong-columns"),
    "empty": (b"", "empty"),
    "blank": (b"\n\n", "empty"),
    "gzip": (gzip.compress(flights(row())), "undecodable"),
    "binary": (b"\x00\x01\x02" * 100, "undecodable"),
    "parquet": (b"PAR1" + b"\x15" * 100, "undecodable"),
    "utf-16": (flights(row()).decode().encode("utf-16"), "undecodable"),
    "cut off in its last row": (flights(*MANY_ROWS)[:-30], "truncated"),
    "quote never closed": (flights(row(), row(tailnum='"N1')), "truncated"),
    "too many bad rows": (flights(*MANY_ROWS[:50], *[row(origin="X")] * 50), "too-many-bad-rows"),
    "gigantic": (HEADER.encode() + b"\n" + b"1" * 2**20, "too-large"),
}


@pytest.mark.parametrize("name", GOOD_FILES)
def test_good_file_is_curated(world: World, name: str) -> None:
    version = world.upload(KEY, GOOD_FILES[name])

    assert world.send(version)

    entry = world.entry(version)
    assert (entry.status, entry.rows_in, entry.rows_accepted) == (LedgerStatus.CURATED, 2, 2)
    world.assert_lawful()


@pytest.mark.parametrize("name", BAD_FILES)
def test_bad_file_is_rejected_whole_with_its_reason(world: World, name: str) -> None:
    content, code = BAD_FILES[name]
    version = world.upload(KEY, content)

    assert not world.send(version)

    entry = world.entry(version)
    assert (entry.status, entry.error_code) == (LedgerStatus.REJECTED, code)
    failure = world.failure(s3_event(version))
    assert (failure["error_code"], failure["permanent"]) == (code, True)
    assert failure["subject"] == version.uri
    assert failure["error_message"] == entry.error_message != ""
    assert world.lake() == set()
    assert world.visible_bodies() == [s3_event(version)]  # refused again at once, not after V


def test_record_that_never_ends_is_rejected(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAX_FILE_BYTES", str(2**23))
    version = world.upload(KEY, flights(row()) + b"1" * (2**20 + 10))

    assert not world.send(version)

    assert world.entry(version).error_code == "record-too-long"


@pytest.mark.parametrize(
    ("key", "code"),
    [
        ("landing/nonsense/a.csv", "unknown-dataset"),
        ("landing/a.csv", "unknown-dataset"),
        ("landing/flights/a.parquet", "unsupported-format"),
        ("landing/flights/a", "unsupported-format"),
    ],
)
def test_file_in_the_wrong_place_is_rejected_with_what_would_be_right(
    world: World, key: str, code: str
) -> None:
    version = world.upload(key, flights(row()))

    assert not world.send(version)

    entry = world.entry(version)
    assert (entry.status, entry.error_code) == (LedgerStatus.REJECTED, code)
    assert ("flights" if code == "unknown-dataset" else ".csv") in entry.error_message


def test_header_without_rows_is_curated_with_no_rows(world: World) -> None:
    version = world.upload(KEY, flights())

    assert world.send(version)

    entry = world.entry(version)
    assert (entry.status, entry.rows_in, entry.curated_uris) == (LedgerStatus.CURATED, 0, ())
    assert world.head(version) == version.sequencer


def test_bad_rows_are_quarantined_with_line_reason_and_text(world: World) -> None:
    rows = [*MANY_ROWS, row(origin="XXX"), "1,2", row(month="13"), row(distance="far")]
    version = world.upload(KEY, flights(*rows))

    assert world.send(version)

    lines = world.quarantined(version)
    assert [(line["line"], line["reason"], line["column"]) for line in lines] == [
        (102, "domain", "origin"),
        (103, "ragged", None),
        (104, "range", "month"),
        (105, "type", "distance"),
    ]
    assert [line["text"] for line in lines] == rows[100:]
    assert world.entry(version).quarantined_by_reason == {
        "domain": 1, "ragged": 1, "range": 1, "type": 1,
    }  # fmt: skip
    world.assert_lawful()


def test_row_that_is_not_utf8_is_quarantined_alone(world: World) -> None:
    content = flights(*MANY_ROWS) + row(tailnum="N\xe4").encode("latin-1") + b"\n"
    version = world.upload(KEY, content)

    assert world.send(version)

    (line,) = world.quarantined(version)
    assert (line["line"], line["reason"]) == (102, "encoding")


def test_json_lines_are_curated_and_quarantined_alike(world: World) -> None:
    whole_numbers = {name: int(value) for name, value in GOOD.items() if value.isdigit()}
    good = json.dumps(GOOD | whole_numbers)
    version = world.upload("landing/flights/a.jsonl", f"{good}\n{good}\n{{\n".encode())

    assert world.send(version)

    assert [line["reason"] for line in world.quarantined(version)] == ["malformed"]
    assert len(world.curated_rows(version)) == 2


def test_rows_lie_in_their_partitions_under_the_name_of_their_version(world: World) -> None:
    version = world.upload(KEY, flights(row(), row(month="11"), row(origin="XXX")))

    assert world.send(version)

    folders = sorted(uri.rpartition("/")[0] for uri in world.objects(CURATED))
    assert folders == [
        f"s3://{CURATED}/curated/flights/year=2013/month=01",
        f"s3://{CURATED}/curated/flights/year=2013/month=11",
    ]
    (quarantine,) = world.objects(QUARANTINE)
    names = {uri.rpartition("/")[2].partition(".")[0] for uri in world.lake()}
    assert len(names) == 1
    assert version.sequencer in quarantine


@pytest.mark.parametrize(
    "key",
    ["landing/flights/a b.csv", "landing/flights/a+b.csv", "landing/flights/ä/日本%2F=&.csv"],
)
def test_any_key_is_read_and_told_as_it_is(world: World, key: str) -> None:
    version = world.upload(key, flights(row()))

    assert world.send(version)

    assert world.entry(version).object == f"s3://{RAW}/{key}"


def test_exactly_the_announced_version_is_read(world: World) -> None:
    announced = world.upload(KEY, flights(row()))
    world.upload(KEY, b"not even a file of flights")

    assert world.send(announced)

    assert world.entry(announced).rows_accepted == 1


def test_object_deleted_for_good_is_rejected_as_missing(world: World) -> None:
    version = world.upload(KEY, flights(row()))
    world.s3.delete_object(Bucket=RAW, Key=KEY, VersionId=version.version_id)

    assert not world.send(version)

    assert world.entry(version).error_code == "object-missing"


def test_object_under_a_delete_marker_is_still_read(world: World) -> None:
    version = world.upload(KEY, flights(row()))
    world.s3.delete_object(Bucket=RAW, Key=KEY)

    assert world.send(version)


def test_unversioned_object_is_read(world: World) -> None:
    version = replace(world.upload(KEY, flights(row())), version_id="")

    assert world.send(version)


def test_unversioned_object_that_was_replaced_is_rejected_as_missing(world: World) -> None:
    version = replace(world.upload(KEY, flights(row())), version_id="")
    world.upload(KEY, flights(row(), row()))

    assert not world.send(version)

    assert world.entry(version).error_code == "object-missing"


def test_file_of_too_many_partitions_is_rejected(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lambdas.ingest.staging.MAX_PARTITIONS", 2)
    version = world.upload(KEY, flights(*[row(month=str(month)) for month in (1, 2, 3)]))

    assert not world.send(version)

    assert world.entry(version).error_code == "too-large"
    assert "3 partitions" in world.entry(version).error_message


@pytest.mark.parametrize("content", [flights(row()), b"a,b\n1,2\n", b"\x00"])
def test_no_temporary_file_outlives_a_run(world: World, tmp_path: Path, content: bytes) -> None:
    world.send(world.upload(KEY, content))

    assert list((tmp_path / "tmp").iterdir()) == []


def test_message_of_another_bucket_is_refused(world: World) -> None:
    version = ObjectVersion(
        bucket="elsewhere", key=KEY, version_id="", etag="", size=1, sequencer="1".ljust(40, "0")
    )

    assert not world.send(version)

    assert world.failure(s3_event(version))["error_code"] == "malformed-message"
    assert world.entries() == []


@pytest.mark.parametrize("body", ["", "{", "[]", "null", "{}", '{"Records": [{}]}', "\ud800"])
def test_malformed_message_is_a_permanent_failure(world: World, body: str) -> None:
    assert invoke(ingest_handler, [sqs_record(body, "m0")]) == ["m0"]

    failure = world.failure(body)
    assert (failure["error_code"], failure["permanent"]) == ("malformed-message", True)


def test_test_event_is_dropped(world: World) -> None:
    assert world.ingest('{"Service":"Amazon S3","Event":"s3:TestEvent","Bucket":"b"}') == []

    assert world.entries() == []
    assert world.failure('{"Event":"s3:TestEvent"}') == {}
