import io

import pytest

from contracts import records
from contracts.arrow import read_blocks
from contracts.files import FileFormat
from tests.unit.contracts.samples import GOOD, GOOD_VALUES, HEADER, SAMPLE, Trickle, read


def test_a_good_row_becomes_typed_values() -> None:
    outcome = read(HEADER + GOOD)

    assert outcome.accepted == [GOOD_VALUES]
    assert outcome.rejected == []


@pytest.mark.parametrize(
    ("row", "code", "column"),
    [
        (b"7,1.5,red", "ragged", None),
        (b"7,1.5,red,hi,2013-01-01T05:00:00Z,2013-01-01,true,extra", "ragged", None),
        (b"7,1.5,red,\xff\xfe,2013-01-01T05:00:00Z,2013-01-01,true", "encoding", None),
        (b"7,1.5,red,a\x00b,2013-01-01T05:00:00Z,2013-01-01,true", "encoding", None),
        (b",1.5,red,hi,2013-01-01T05:00:00Z,2013-01-01,true", "missing", "id"),
        (b"NA,1.5,red,hi,2013-01-01T05:00:00Z,2013-01-01,true", "missing", "id"),
        (b'"",1.5,red,hi,2013-01-01T05:00:00Z,2013-01-01,true', "missing", "id"),
        (b"7,1.5,,hi,2013-01-01T05:00:00Z,2013-01-01,true", "missing", "colour"),
        (b"seven,1.5,red,hi,2013-01-01T05:00:00Z,2013-01-01,true", "type", "id"),
        (b"0x1F,1.5,red,hi,2013-01-01T05:00:00Z,2013-01-01,true", "type", "id"),
        (b"0X1F,1.5,red,hi,2013-01-01T05:00:00Z,2013-01-01,true", "type", "id"),
        (b"+7,1.5,red,hi,2013-01-01T05:00:00Z,2013-01-01,true", "type", "id"),
        (b" 7,1.5,red,hi,2013-01-01T05:00:00Z,2013-01-01,true", "type", "id"),
        (b"7.0,1.5,red,hi,2013-01-01T05:00:00Z,2013-01-01,true", "type", "id"),
        (b"99999999999999999999,1.5,red,hi,2013-01-01T05:00:00Z,2013-01-01,true", "type", "id"),
        (b"7,inf,red,hi,2013-01-01T05:00:00Z,2013-01-01,true", "type", "amount"),
        (b"7,nan,red,hi,2013-01-01T05:00:00Z,2013-01-01,true", "type", "amount"),
        (b"7,1e999,red,hi,2013-01-01T05:00:00Z,2013-01-01,true", "type", "amount"),
        (b"7,1_0,red,hi,2013-01-01T05:00:00Z,2013-01-01,true", "type", "amount"),
        (b"7,1.5,red,hi,2013-01-01T05:00:00,2013-01-01,true", "type", "at"),
        (b"7,1.5,red,hi,2013-02-30T05:00:00Z,2013-01-01,true", "type", "at"),
        (b"7,1.5,red,hi,0000-01-01T05:00:00Z,2013-01-01,true", "type", "at"),
        (b"7,1.5,red,hi,2013-01-01T05:00:00Z,2013-02-30,true", "type", "day"),
        (b"7,1.5,red,hi,2013-01-01T05:00:00Z,0000-01-01,true", "type", "day"),
        (b"7,1.5,red,hi,2013-01-01T05:00:00Z,2013-01-01,yes", "type", "ok"),
        (b"-1,1.5,red,hi,2013-01-01T05:00:00Z,2013-01-01,true", "range", "id"),
        (b"1000,1.5,red,hi,2013-01-01T05:00:00Z,2013-01-01,true", "range", "id"),
        (b"7,1.5,red,hi,1999-12-31T23:59:59Z,2013-01-01,true", "range", "at"),
        (b"7,1.5,red,hi,2013-01-01T05:00:00Z,2030-01-02,true", "range", "day"),
        (b"7,1.5,green,hi,2013-01-01T05:00:00Z,2013-01-01,true", "domain", "colour"),
        (b"7,1.5,red,much too long,2013-01-01T05:00:00Z,2013-01-01,true", "length", "note"),
    ],
)
def test_a_bad_row_is_quarantined_with_its_line_reason_and_text(
    row: bytes, code: str, column: str | None
) -> None:
    outcome = read(HEADER + GOOD * 2 + row + b"\n" + GOOD)

    assert outcome.reasons == [(4, code, column)]
    assert outcome.rejected[0].text == row.decode(errors="replace")
    assert outcome.accepted == [GOOD_VALUES] * 3


@pytest.mark.parametrize(
    ("field", "replacement", "column", "value"),
    [
        (b"7", b"-0", "id", 0),
        (b"7", b"0" * 40 + b"7", "id", 7),
        (b"1.5", b"+.5e1", "amount", 5.0),
        (b"1.5", b"NA", "amount", None),
        (b"hi", b"", "note", None),
        (b"hi", "äöüßé".encode(), "note", "äöüßé"),
        (b"hi", b'"a,""b"', "note", 'a,"b'),
        (b"hi", b'"a\nb"', "note", "a\nb"),
        (b"hi", b'5" x', "note", '5" x'),
        (b"hi", b'"a"b"', "note", 'ab"'),
        (b"hi", b"NAN", "note", "NAN"),
        (b"2013-01-01T05:00:00Z", b"2013-01-01 06:00+01:00", "at", GOOD_VALUES["at"]),
        (b"2013-01-01T05:00:00Z", b"2013-01-01T04:30:00.000-0030", "at", GOOD_VALUES["at"]),
        (b"true", b"FALSE", "ok", False),
        (b"true", b"1", "ok", True),
    ],
)
def test_every_documented_spelling_is_read(
    field: bytes, replacement: bytes, column: str, value: object
) -> None:
    outcome = read(HEADER + GOOD.replace(field, replacement, 1) + GOOD)

    assert outcome.rejected == []
    assert GOOD_VALUES | {column: value} in outcome.accepted
    assert GOOD_VALUES in outcome.accepted


def test_columns_may_come_in_any_order() -> None:
    outcome = read(b"ok,id,amount,colour,note,at,day\n,7,,red,,,\n")

    assert outcome.accepted == [
        dict.fromkeys(GOOD_VALUES) | {"id": 7, "colour": "red"},
    ]


@pytest.mark.parametrize("newline", [b"\n", b"\r\n", b"\r"])
@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
def test_any_line_end_and_a_byte_order_mark_are_fine(newline: bytes, bom: bytes) -> None:
    data = bom + HEADER + GOOD + b"\n" + GOOD.replace(b"7", b"x", 1) + GOOD

    outcome = read(data.replace(b"\n", newline))

    assert outcome.accepted == [GOOD_VALUES] * 2
    assert outcome.reasons == [(4, "type", "id")]


def test_a_byte_order_mark_before_a_row_is_not_swallowed() -> None:
    assert read(HEADER + b"\xef\xbb\xbf" + GOOD).reasons == [(2, "type", "id")]


def test_a_quoted_line_end_counts_as_a_line_but_not_as_a_record() -> None:
    quoted = GOOD.replace(b"hi", b'"a\r\nb"')

    outcome = read(b"\n" + HEADER + quoted + b"bad\n" + quoted + b"bad\n")

    assert outcome.reasons == [(5, "ragged", None), (8, "ragged", None)]
    assert len(outcome.accepted) == 2


@pytest.mark.parametrize("block_bytes", [64, 100, 333])
def test_where_blocks_are_cut_changes_nothing(
    block_bytes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = GOOD.replace(b"hi", b'"a\n""b"')
    data = HEADER + (row + b"bad\r\n" + b"\xff\n" + GOOD + b"\n") * 20
    expected = read(data)

    monkeypatch.setattr(records, "BLOCK_BYTES", block_bytes)

    assert read(data) == expected
    assert len(expected.rejected) == 40


def test_lines_that_end_with_cr_alone_are_cut_and_counted_across_blocks() -> None:
    rows = 2 * records.BLOCK_BYTES // len(GOOD)

    outcome = read((HEADER + GOOD * rows + b"bad\n").replace(b"\n", b"\r"))

    assert len(outcome.accepted) == rows
    assert outcome.reasons == [(rows + 2, "ragged", None)]


def test_a_source_may_return_less_than_asked_for() -> None:
    blocks = read_blocks(Trickle(HEADER + GOOD * 100), SAMPLE, FileFormat.CSV)

    assert sum(block.accepted.num_rows for block in blocks) == 100


def test_a_file_of_a_header_alone_has_no_rows() -> None:
    assert read(HEADER).accepted == []
    assert read(HEADER.rstrip()).accepted == []


def test_a_last_row_without_line_end_is_read_when_it_is_whole() -> None:
    assert read(HEADER + GOOD.rstrip()).accepted == [GOOD_VALUES]


def test_a_rejected_text_is_bounded() -> None:
    outcome = read(HEADER + b"x" * 500_000 + b"\n" + GOOD)

    assert len(outcome.rejected[0].text) == 4000


def test_a_block_that_is_all_wrong_is_judged_in_parts() -> None:
    data = HEADER + b"x\n" * 25_000
    blocks = list(read_blocks(io.BytesIO(data), SAMPLE, FileFormat.CSV))

    assert [len(block.rejected) for block in blocks] == [10_000, 10_000, 5_000]
