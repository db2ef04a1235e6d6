import gzip
import io
from collections.abc import Callable
from dataclasses import replace

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.arrow import read_blocks
from contracts.errors import FileRejectedError
from contracts.files import (
    FileFormat,
    check_share,
    check_share_so_far,
    format_of,
    most_good_rows,
)
from contracts.records import MAX_RECORD_BYTES
from schemas.datasets import Column, ColumnType, DatasetContract
from tests.unit.contracts.samples import GOOD, HEADER, SAMPLE, Endless, read, read_json


def parquet_file() -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.table({"id": pa.nulls(3)}), sink)
    return sink.getvalue()


def rejection(data: bytes, read_: Callable[[bytes], object] = read) -> tuple[str, str]:
    with pytest.raises(FileRejectedError) as caught:
        read_(data)
    return caught.value.code.value, caught.value.message


@pytest.mark.parametrize("data", [b"", b"\n\r\n\n", b"\xef\xbb\xbf", b"\xef\xbb\xbf\n"])
@pytest.mark.parametrize("read_", [read, read_json])
def test_a_file_without_content_is_empty(data: bytes, read_: Callable[[bytes], object]) -> None:
    assert rejection(data, read_)[0] == "empty"


@pytest.mark.parametrize(
    ("data", "looks_like"),
    [
        (gzip.compress(HEADER + GOOD, mtime=0), "gzip"),
        (parquet_file(), "Parquet"),
        (b"PK\x03\x04" + bytes(50), "zip"),
        ((HEADER + GOOD).decode().encode("utf-16"), "UTF-16"),
        ((HEADER + GOOD).decode().encode("utf-16-le"), "UTF-16"),
        ((HEADER + GOOD).decode().encode("utf-16-be"), "UTF-16"),
        ((HEADER + GOOD).decode().encode("utf-32"), "UTF-32"),
        (b"\x7fELF\x02\x01\x01\x00\x10", "binary"),
    ],
)
@pytest.mark.parametrize("read_", [read, read_json])
def test_undecodable_files_are_told_what_they_look_like(
    data: bytes, looks_like: str, read_: Callable[[bytes], object]
) -> None:
    code, message = rejection(data, read_)

    assert code == "undecodable"
    assert looks_like in message
    assert "upload" in message


def test_a_header_that_is_not_utf8_is_undecodable() -> None:
    assert rejection("größe,id\n".encode("latin-1"))[0] == "undecodable"


def test_a_json_array_is_undecodable_as_json_lines() -> None:
    code, message = rejection(b' [{"id": 1},\n{"id": 2}]\n', read_json)

    assert code == "undecodable"
    assert "one JSON object per line" in message


def test_wrong_columns_names_what_is_missing_unexpected_and_repeated() -> None:
    code, message = rejection(b"id,id,amount,colour,note,at,day,okay\n")

    assert code == "wrong-columns"
    assert "missing 'ok'" in message
    assert "unexpected 'okay'" in message
    assert "repeated 'id'" in message


def test_the_message_about_wrong_columns_is_bounded() -> None:
    assert len(rejection(b",".join([b"c%d" % n for n in range(100_000)]) + b"\n")[1]) < 1_000


@pytest.mark.parametrize(
    "data",
    [
        HEADER + b'"7,1.5,red\n',  # the quote that never closes begins the record
        HEADER + GOOD + GOOD[:-20],
        HEADER + GOOD + b"7,1.5,red,hi,2013-01-01T05:00:00Z,2013-01-",
        HEADER + GOOD + b'7,1.5,red,"hi',
        HEADER + GOOD + b'7,1.5,red,"hi\n' + GOOD * 3,
        HEADER + GOOD + b'"',
        HEADER + GOOD + "é".encode()[:1],
        b'id,"amount\n' + GOOD,
    ],
)
def test_a_file_that_is_cut_off_is_truncated(data: bytes) -> None:
    assert rejection(data)[0] == "truncated"


def test_json_lines_that_are_cut_off_are_truncated() -> None:
    assert rejection(b'{"id": 1, "colour": "red"}\n{"id": 2, "col', read_json)[0] == "truncated"


@pytest.mark.parametrize(
    "record",
    [
        b"x" * MAX_RECORD_BYTES,
        b"x" * 5 * MAX_RECORD_BYTES,
        b'7,1.5,red,"' + b"two\nlines" * (MAX_RECORD_BYTES // 9) + b'",,,',
        b'7,1.5,red,"' + b"never closed\n" * (MAX_RECORD_BYTES // 2),
    ],
)
@pytest.mark.parametrize("rows_before", [0, 30_000])
def test_a_record_beyond_the_limit_rejects_the_file(record: bytes, rows_before: int) -> None:
    assert rejection(HEADER + GOOD * rows_before + record + b"\n" + GOOD)[0] == "record-too-long"


@pytest.mark.parametrize("header", [HEADER, HEADER + b'7,1.5,red,"'])
def test_a_record_that_does_not_end_is_rejected_without_reading_on(header: bytes) -> None:
    source = Endless(header, b"x" * 1_000_000, 500_000_000)

    with pytest.raises(FileRejectedError, match="record-too-long"):
        list(read_blocks(source, SAMPLE, FileFormat.CSV))

    assert len(source.read(1_000_000)) == 1_000_000


def test_a_record_at_the_limit_is_a_row() -> None:
    fields = b"," * 6
    record = b"x" * (MAX_RECORD_BYTES - len(fields) - 1) + fields + b"\n"

    assert len(record) == MAX_RECORD_BYTES
    assert read(HEADER + record).reasons == [(2, "type", "id")]


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("landing/flights/2013-01-01.csv", FileFormat.CSV),
        ("landing/flights/A.CSV", FileFormat.CSV),
        ("landing/flights/a.b.jsonl", FileFormat.JSON_LINES),
    ],
)
def test_the_suffix_names_the_format(key: str, expected: FileFormat) -> None:
    assert format_of(key) is expected


@pytest.mark.parametrize("key", ["a.parquet", "a.csv.gz", "csv", "a.csv/", "a.csv/b", ""])
def test_other_suffixes_are_unsupported(key: str) -> None:
    with pytest.raises(FileRejectedError, match=r"unsupported-format.*\.csv or \.jsonl"):
        format_of(key)


@pytest.mark.parametrize(
    ("rows_in", "rows_rejected"), [(0, 0), (2, 1), (4, 3), (60, 3), (1000, 50)]
)
def test_a_share_of_bad_rows_is_accepted(rows_in: int, rows_rejected: int) -> None:
    check_share(SAMPLE, rows_in, rows_rejected)


@pytest.mark.parametrize(("rows_in", "rows_rejected"), [(1, 1), (3, 3), (5, 4), (1000, 51)])
def test_more_bad_rows_reject_the_file_and_name_the_commonest_reasons(
    rows_in: int, rows_rejected: int
) -> None:
    with pytest.raises(FileRejectedError, match=r"too-many-bad-rows.*\(type 5, range 2\)"):
        check_share(SAMPLE, rows_in, rows_rejected, {"range": 2, "type": 5})


TINY = DatasetContract(
    name="tiny",
    description="Rows as short as they can be.",
    columns=(
        Column(name="id", type=ColumnType.INT64),
        Column(name="a", type=ColumnType.STRING, nullable=True),
        Column(name="b", type=ColumnType.STRING, nullable=True),
    ),
    primary_key=("id",),
    max_rejected_share=0.25,
)
# Also bad rows that are shorter than any good one.
TINY_ROWS = {
    FileFormat.CSV: (b"1,,\n", b"x\n", b"x,,\n"),
    FileFormat.JSON_LINES: (b'{"id":1}\n', b"0\n", b'{"id":"x"}\n'),
}


# An empty text is text where it does not spell an absent value.
TINY_TEXT = replace(
    TINY,
    columns=(Column(name="id", type=ColumnType.STRING), *TINY.columns[1:]),
    null_values=frozenset({"NA"}),
)


@pytest.mark.parametrize(
    ("contract", "file_format", "header", "shortest"),
    [
        (TINY_TEXT, FileFormat.CSV, b"id,a,b\n", b",,\n"),
        (TINY, FileFormat.JSON_LINES, b"", b'{"id":1}\n'),
    ],
)
def test_as_many_good_rows_fit_as_there_can_be(
    contract: DatasetContract, file_format: FileFormat, header: bytes, shortest: bytes
) -> None:
    rows = (shortest * 100).removesuffix(b"\n")

    assert len(read(header + rows, contract, file_format).accepted) == 100
    assert most_good_rows(contract, file_format, len(rows)) == 100


@pytest.mark.parametrize("file_format", FileFormat)
@given(data=st.data())
def test_no_file_is_refused_half_way_that_would_be_accepted_whole(
    file_format: FileFormat, data: st.DataObject
) -> None:
    good = data.draw(st.integers(1, 60))
    rows = [TINY_ROWS[file_format][0]] * good
    rows += data.draw(st.lists(st.sampled_from(TINY_ROWS[file_format][1:]), max_size=30))
    content = b"id,a,b\n" * (file_format is FileFormat.CSV) + b"".join(rows)
    bad = len(read(content, TINY, file_format).rejected)
    assert bad == len(rows) - good

    try:
        check_share(TINY, len(rows), bad)
    except FileRejectedError:
        return
    check_share_so_far(TINY, most_good_rows(TINY, file_format, len(content)), {"type": bad})


@pytest.mark.parametrize(("rows_rejected", "is_hopeless"), [(3, False), (52, False), (53, True)])
def test_a_file_is_refused_once_no_rest_of_it_could_make_up_for_its_bad_rows(
    rows_rejected: int, is_hopeless: bool
) -> None:
    # 5 % of 1,052 rows are 52.6.
    if is_hopeless:
        with pytest.raises(FileRejectedError, match=r"too-many-bad-rows.*stopped.*\(type 53\)"):
            check_share_so_far(SAMPLE, 1_000, {"type": rows_rejected})
    else:
        check_share_so_far(SAMPLE, 1_000, {"type": rows_rejected})


@pytest.mark.parametrize("share", [0, 1])
def test_a_contract_that_accepts_all_or_nothing_is_kept_half_way(share: int) -> None:
    contract = replace(SAMPLE, max_rejected_share=share, tolerated_rejected_rows=0)

    if share:
        check_share_so_far(contract, 0, {"type": 1_000_000})
    else:
        with pytest.raises(FileRejectedError):
            check_share_so_far(contract, 1_000_000, {"type": 1})
