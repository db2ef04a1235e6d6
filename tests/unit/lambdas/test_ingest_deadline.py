"""The function stops before it is killed, and leaves nothing behind that a retry could double."""

from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from botocore.response import StreamingBody
from urllib3.exceptions import ProtocolError

from lambdas.ingest.workspace import remove_leftovers, workspace
from schemas.ledger import LedgerStatus
from schemas.messages import s3_event
from tests.unit.lambdas.files import flights, row
from tests.unit.lambdas.interference import intercepted
from tests.unit.lambdas.world import FakeContext, World, new_world

KEY = "landing/flights/2013-01-01.csv"
FILE = flights(*[row(flight=str(number), month=str(number % 4 + 1)) for number in range(1, 100)])


@pytest.mark.usefixtures("world")
def test_run_stopped_at_any_moment_is_cured_by_the_next_delivery(tmp_path: Path) -> None:
    for answers in range(2, 100):
        world = new_world()
        version = world.upload(KEY, FILE)
        context = FakeContext(remaining_ms=[60_000] * answers + [100])
        stopped = not world.send(version, context=context)
        if not stopped:
            assert answers > 4  # it was asked while reading, and before each file it wrote
            return
        failure = world.failure(s3_event(version))
        assert (failure["error_code"], failure["permanent"]) == ("deadline", False)
        assert failure["subject"] == version.uri
        assert world.visible_bodies() == []  # waits its visibility timeout
        assert list((tmp_path / "tmp").iterdir()) == []

        assert world.send(version, receive_count=2)
        world.assert_lawful()
    pytest.fail("the run never ended")


def test_file_that_is_beyond_hope_is_rejected_before_the_time_is_up(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("contracts.arrow._RECORDS_AT_ONCE", 100)
    bad = flights(*[row(origin="X", flight=str(number)) for number in range(1, 5_000)])
    version = world.upload(KEY, bad)
    # Half of the file's fifty blocks: each asks for the time once.
    context = FakeContext(remaining_ms=[60_000] * 25 + [100])

    assert not world.send(version, context=context)

    entry = world.entry(version)
    assert (entry.status, entry.error_code) == (LedgerStatus.REJECTED, "too-many-bad-rows")
    assert "reading was stopped" in entry.error_message
    assert world.lake() == set()


def test_file_is_not_beyond_hope_because_its_message_understates_its_size(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("contracts.arrow._RECORDS_AT_ONCE", 10)
    bad = [row(origin="X")] * 40
    version = world.upload(KEY, flights(*bad, *[row(flight=str(n)) for n in range(1, 1_000)]))

    assert world.send(replace(version, size=1))

    assert world.entry(version).quarantined_by_reason == {"domain": 40}


class BreakingStream(BytesIO):
    """A connection that ends half way."""

    def __init__(self, content: bytes, error: Exception | None) -> None:
        super().__init__(content)
        self._error = error

    def read(self, size: int | None = -1, /) -> bytes:
        part = super().read(size)
        if not part and self._error:
            raise self._error
        return part


@pytest.mark.parametrize("error", [ProtocolError("broken"), ConnectionResetError("reset"), None])
def test_connection_that_breaks_half_way_is_no_fault_of_the_file(
    world: World, monkeypatch: pytest.MonkeyPatch, error: Exception | None
) -> None:
    def shorten(operation: str, call: Any) -> Any:
        response = call()
        if operation == "GetObject":
            half = BreakingStream(FILE[: len(FILE) // 2], error)
            response["Body"] = StreamingBody(half, len(FILE))
        return response

    version = world.upload(KEY, FILE)
    with intercepted(shorten, monkeypatch):
        assert not world.send(version)

    assert world.failure(s3_event(version))["error_code"] == "read-interrupted"
    assert world.entry(version).status is LedgerStatus.PROCESSING
    assert world.send(version, receive_count=2)
    assert world.entry(version).rows_in == 99


def test_full_disk_is_a_transient_failure_with_a_remedy(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("contracts.partitions.PartitionedWriter.write", full)
    version = world.upload(KEY, FILE)

    assert not world.send(version)

    failure = world.failure(s3_event(version))
    assert (failure["error_code"], failure["permanent"]) == ("storage-full", False)
    assert "ephemeral_storage_mb" in failure["error_message"]


def test_leftovers_of_killed_runs_are_removed_but_not_those_of_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr("lambdas.ingest.workspace._is_alive", lambda process_id: process_id == 1)
    for name in ("ingest-1-abc", "ingest-99999-abc", "ingest-x-abc", "other-99999-abc"):
        (tmp_path / name).mkdir()
    with workspace() as left_behind:
        own = left_behind.name
        (tmp_path / own / "file").touch()
        remove_leftovers()

    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "ingest-1-abc", "ingest-x-abc", "other-99999-abc",
    ]  # fmt: skip
