"""The files that are measured are what they are said to be, and so are the peers."""

from pathlib import Path

import pyarrow.parquet
import pytest

from bench import flights
from bench.ours import ingest
from bench.peers import pandas_path, plain_pyarrow
from bench.size import SIZES_MB
from contracts.files import FileFormat

SIZE = 200_000
SHARE = 0.04  # below the share at which the contract refuses a file


@pytest.mark.parametrize("file_format", FileFormat)
def test_spoilt_rows_are_exactly_those_that_are_named(file_format: FileFormat) -> None:
    lines = flights.lines_of(SIZE, file_format)

    data, faults = flights.spoil(lines, SHARE, file_format)

    spoilt = data.removesuffix(b"\n").split(b"\n")
    changed = [number for number, pair in enumerate(zip(lines, spoilt, strict=True), start=1)
               if pair[0] != pair[1]]  # fmt: skip
    assert changed == [fault.line for fault in faults]
    assert len(faults) == pytest.approx(SHARE * len(lines), abs=1)
    assert flights.spoil(lines, SHARE, file_format) == (data, faults)


@pytest.mark.parametrize("file_format", FileFormat)
def test_a_file_can_be_spoilt_whole(file_format: FileFormat) -> None:
    lines = flights.lines_of(20_000, file_format)
    header = file_format is FileFormat.CSV

    assert len(flights.spoil(lines, 1, file_format)[1]) == len(lines) - header


def test_a_file_has_the_size_that_was_asked_for_and_whole_rows(tmp_path: Path) -> None:
    year = len(flights.year())
    for size in (SIZE, year + SIZE):
        data = flights.write_csv(tmp_path / "flights.csv", size).read_bytes()

        assert size - 200 < len(data) <= size
        assert data.endswith(b"Z\n")
        assert data.count(b"year,month") == 1


def test_sizes_grow_far_beyond_what_is_buffered() -> None:
    assert SIZES_MB == (1, 10, 100, 500)


def rows_by_folder(folder: Path) -> dict[str, int]:
    return {
        path.parent.relative_to(folder).as_posix().replace("month=0", "month="): int(
            pyarrow.parquet.read_metadata(path).num_rows
        )
        for path in folder.rglob("part.parquet")
    }


def test_pandas_keeps_the_rows_that_we_keep(tmp_path: Path) -> None:
    """Where it is laxer, it keeps more: rows that are too short, and bytes that are no text."""
    lines = flights.lines_of(SIZE, FileFormat.CSV)
    data, faults = flights.spoil(lines, SHARE, FileFormat.CSV)
    bad_values = {fault.line for fault in faults if fault.column is not None}
    kept = [line for number, line in enumerate(data.split(b"\n"), start=1)
            if number in bad_values or number not in {fault.line for fault in faults}]  # fmt: skip
    source = tmp_path / "flights.csv"
    source.write_bytes(b"\n".join(kept))
    (ours := tmp_path / "ours").mkdir()
    (theirs := tmp_path / "theirs").mkdir()

    files = ingest(source, ours)
    pandas_path(source, theirs)

    assert bad_values
    assert files.rows_in - files.rows_accepted == len(bad_values)
    assert rows_by_folder(ours / "curated") == rows_by_folder(theirs)


def test_plain_pyarrow_does_the_same_job_on_good_rows(tmp_path: Path) -> None:
    source = flights.write_csv(tmp_path / "flights.csv", SIZE)
    (ours := tmp_path / "ours").mkdir()
    (theirs := tmp_path / "theirs").mkdir()

    plain_pyarrow(source, theirs)

    assert rows_by_folder(theirs) == {".": ingest(source, ours).rows_accepted}
