"""Both executors of a contract accept and reject the same rows for the same reasons."""

import io
import math
from collections.abc import Iterator
from unittest import mock

from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from contracts import records
from contracts.arrow import Block, read_blocks
from contracts.errors import FileRejectedError, FileRejection
from contracts.files import FileFormat
from contracts.rows import CsvJudge, RowRejectedError
from tests.unit.contracts.samples import GOOD, HEADER, SAMPLE

NAMES = HEADER.decode().strip().split(",")
GOOD_FIELDS = GOOD.decode().strip().split(",")
INTERESTING = {
    "id": (
        "0 7 007 -0 -1 999 1000 +7 7.0 1e2 0x7 0X7 -0x7 ٣ 9223372036854775808 -9223372036854775809"
        " 000000000000000000000007 -000000000000000000000000 00000000000000000000000000x1"
    ),
    "amount": (
        "1.5 -1.5 +1 .5 5. 1e5 1E-5 1e400 1e-400 inf -Infinity nan NaN 0x1p3 1_0 1e -0 . e5 1e+"
        " 0.1e-5 179769313486231570814527423731704356798070567525844996598917476803157260780028538"
    ),
    "colour": "red blue green Red reds",
    "note": "hi hello äöüßé äöüßéx 日本語文字 toolong NAN null",
    "at": (
        "2013-01-01T05:00:00Z 2013-01-01T05Z 2013-01-01T05:00+01:00 2013-01-01T05:00:00 2013-01-01"
        " 2013-02-30T05:00:00Z 0000-01-01T00:00:00Z 1999-12-31T23:59:59.999999Z 2000-01-01T00:00Z"
        " 2013-01-01T24:00Z 2013-01-01T05:00:60Z 2013-01-01T05:00:00.1234567Z 9999-12-31T23:59-01"
        " 2013-01-01T05:00:00z 2013-01-01T05:00:00+2500 2013-01-01T05:00:00.12Z 99999-01-01T00:00Z"
        " 2013-01-01T05:00-23:59 2013-01-01T05:00+01:60 2013-01-01T05:00+24:00 0001-01-01T00:00+01"
    ),
    "day": "2013-01-01 2013-02-30 0000-01-01 2030-01-01 2030-01-02 20130101 2013-1-1 -2013-01-01",
    "ok": "true TRUE tRuE false 1 0 yes t 2 -1",
}
ODD = ["", "NA", " ", "\t", '"', '""', "'", "a\nb", "a\r\nb", ",", "\ufeff", "\0", "é", "x" * 70]


def odd_fields(name: str) -> st.SearchStrategy[str]:
    spellings = st.sampled_from(INTERESTING[name].split() + ODD)
    blanks = st.sampled_from(["", " ", "\t"])
    return st.one_of(
        spellings,
        st.tuples(blanks, spellings, blanks).map("".join),
        st.text(st.sampled_from('0123456789+-.eExX:TZ ,"\n\rN'), max_size=24),
        st.text(max_size=8),
    )


def encode(field: str, *, quote: bool) -> bytes:
    text = '"' + field.replace('"', '""') + '"' if quote else field
    return text.encode(errors="surrogatepass")


@st.composite
def csv_rows(draw: st.DrawFn) -> bytes:
    parts = [field.encode() for field in GOOD_FIELDS]
    for name in draw(st.lists(st.sampled_from(NAMES), max_size=2)):
        odd = encode(draw(odd_fields(name)), quote=draw(st.sampled_from([False, False, True])))
        parts[NAMES.index(name)] = odd
    shape = draw(st.sampled_from(["whole"] * 8 + ["short", "long", "bytes"]))
    if shape == "short":
        parts.pop()
    elif shape == "long":
        parts.append(b"x")
    elif shape == "bytes":
        parts[draw(st.integers(0, 6))] = draw(st.binary(max_size=12))
    return b",".join(parts) + draw(st.sampled_from([b"\n", b"\n", b"\r\n", b"\r", b"\n\n"]))


def by_rows(data: bytes) -> Iterator[tuple[int, object]]:
    """What the judge alone says about each record."""
    blocks = records.cut_records(io.BytesIO(data), with_quotes=True)
    judge = CsvJudge(SAMPLE, NAMES)
    all_records = (record for block in blocks for record in block.records())
    next(all_records)
    for record in all_records:
        try:
            yield record.line, tuple(judge.judge(record.data))
        except RowRejectedError as error:
            yield record.line, (error.code, error.column, error.message)


def by_arrow(data: bytes) -> tuple[list[tuple[object, ...]], list[tuple[int, object]]]:
    accepted: list[tuple[object, ...]] = []
    rejected: list[tuple[int, object]] = []
    for block in read_blocks(io.BytesIO(data), SAMPLE, FileFormat.CSV):
        accepted += [tuple(row.values()) for row in block.accepted.to_pylist()]
        rejected += [(row.line, (row.code, row.column, row.message)) for row in block.rejected]
    return accepted, rejected


def comparable(row: tuple[object, ...]) -> tuple[object, ...]:
    """Values as Arrow stores them: also tells 0.0 from -0.0, and 1 from True."""
    return tuple(
        (type(v).__name__, math.copysign(1, v) if isinstance(v, float) else 0, str(v)) for v in row
    )


@settings(max_examples=400, deadline=None)
@given(
    rows=st.lists(csv_rows(), min_size=1, max_size=12),
    block_bytes=st.sampled_from([50, 200, 4_000_000]),
)
@example(rows=[GOOD, GOOD.replace(b"7", b"0x7", 1)], block_bytes=4_000_000)
@example(rows=[b"\xef\xbb\xbf" + GOOD], block_bytes=4_000_000)
def test_arrow_and_the_judge_say_the_same_of_every_csv_row(
    rows: list[bytes], block_bytes: int
) -> None:
    data = HEADER + b"".join(rows) + GOOD
    with mock.patch.object(records, "BLOCK_BYTES", block_bytes):
        try:
            accepted, rejected = by_arrow(data)
        except FileRejectedError as error:
            assume(error.code is not FileRejection.TRUNCATED)  # some quote was left open
            raise
        verdicts = list(by_rows(data))

    expected_rejected = [(line, v) for line, v in verdicts if isinstance(v, tuple) and len(v) == 3]
    expected_accepted = [v for _, v in verdicts if isinstance(v, tuple) and len(v) != 3]
    assert rejected == expected_rejected
    assert sorted(map(comparable, accepted)) == sorted(map(comparable, expected_accepted))


def count(blocks: Iterator[Block]) -> int:
    return sum(block.accepted.num_rows + len(block.rejected) for block in blocks)


@settings(max_examples=300, deadline=None)
@given(
    data=st.one_of(
        st.binary(max_size=400),
        st.binary(max_size=200).map(lambda tail: HEADER + GOOD + tail),
        st.text(st.sampled_from('{}[]",:\\ue1-.0nulltrue\n\r'), max_size=200).map(str.encode),
        st.text(st.sampled_from('",\n\r x7'), max_size=200).map(lambda t: HEADER + t.encode()),
    ),
    file_format=st.sampled_from(FileFormat),
    block_bytes=st.sampled_from([8, 4_000_000]),
)
def test_no_bytes_crash_the_reader_and_no_row_disappears(
    data: bytes, file_format: FileFormat, block_bytes: int
) -> None:
    is_csv = file_format is FileFormat.CSV
    with mock.patch.object(records, "BLOCK_BYTES", block_bytes):
        try:
            rows_out = count(read_blocks(io.BytesIO(data), SAMPLE, file_format))
        except FileRejectedError:
            return
    blocks = records.cut_records(io.BytesIO(data), with_quotes=is_csv)
    assert rows_out == sum(1 for block in blocks for _ in block.records()) - is_csv
