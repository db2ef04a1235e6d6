"""The parser of JSON Lines and the judge accept and reject the same rows for the same reasons."""

import io
import json
from collections.abc import Iterator
from unittest import mock

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from contracts import arrow, records
from contracts.files import FileFormat
from contracts.json_parser import JsonParser
from contracts.rows import JsonJudge, RowRejectedError
from contracts.values import Value
from tests.unit.contracts.samples import GOOD_VALUES, HEADER, SAMPLE, read_json
from tests.unit.contracts.test_agreement import INTERESTING, ODD, comparable

OBJECT = {
    "id": 7,
    "amount": 1.5,
    "colour": "red",
    "note": "hi",
    "at": "2013-01-01T05:00:00Z",
    "day": "2013-01-01",
    "ok": True,
}
NAMES = HEADER.decode().strip().split(",")
# JSON texts, some of which `json.dumps` never writes.
LITERALS = "null true false 0 -0 7 7.0 1e2 1E400 -1e400 1e-400 007 NaN Infinity [] {} [7]"
ESCAPES = r'"\u0000" "\ud800" "\ud83d\ude00" "\u00e4" "\\u0000" "\""'
HUGE = (2**63 - 1, 2**63, -(2**63), -(2**63) - 1, 10**30, 10**400)
RAW = [*LITERALS.split(), *ESCAPES.split(), *map(str, HUGE)]


@st.composite
def json_rows(draw: st.DrawFn) -> bytes:
    texts = {name: json.dumps(value) for name, value in OBJECT.items()}
    for name in draw(st.lists(st.sampled_from(NAMES), max_size=2)):
        spellings = st.sampled_from(INTERESTING[name].split() + ODD) | st.text(max_size=8)
        texts[name] = draw(
            st.sampled_from(RAW)
            | spellings.map(json.dumps)
            | st.builds(json.dumps, spellings, ensure_ascii=st.just(False))
            | st.integers().map(str)
        )
    pairs = [f'"{name}":{text}' for name, text in texts.items()]
    shape = draw(st.sampled_from(["whole"] * 8 + ["short", "foreign", "twice", "blank", "cut"]))
    if shape == "short":
        del pairs[draw(st.integers(0, 6))]
    elif shape == "foreign":
        pairs.append('"extra":1')
    elif shape == "twice":
        pairs.append(pairs[0])
    body = "{" + ",".join(pairs) + ("" if shape == "cut" else "}")
    padding = " " if shape == "blank" else ""
    end = draw(st.sampled_from([b"\n", b"\n", b"\r\n", b"\r", b"\n\n"]))
    return f"{padding}{body}{padding}".encode(errors="surrogatepass") + end


def verdicts(data: bytes) -> Iterator[tuple[int, object]]:
    """What the judge alone says about each record."""
    judge = JsonJudge(SAMPLE)
    for block in records.cut_records(io.BytesIO(data), with_quotes=False):
        for record in block.records():
            try:
                yield record.line, judge.judge(record.data)
            except RowRejectedError as error:
                yield record.line, (error.code, error.column, error.message)


@settings(max_examples=400, deadline=None)
@given(
    rows=st.lists(json_rows(), min_size=1, max_size=12),
    records_at_once=st.sampled_from([1, 3, 10_000]),
)
@example(rows=[b'{"id":9223372036854775808,"colour":"red"}\n'], records_at_once=10_000)
@example(rows=[rb'{"id":7,"colour":"red","note":"\u0000"}' + b"\n"], records_at_once=10_000)
@example(rows=[rb'{"id":7,"colour":"red","note":"\ud800"}' + b"\n"], records_at_once=10_000)
def test_parser_and_judge_say_the_same_of_every_row(
    rows: list[bytes], records_at_once: int
) -> None:
    data = b"".join(rows) + json.dumps(OBJECT).encode() + b"\n"

    with mock.patch.object(arrow, "_RECORDS_AT_ONCE", records_at_once):
        outcome = read_json(data)

    expected = list(verdicts(data))
    assert [(row.line, (row.code, row.column, row.message)) for row in outcome.rejected] == [
        (line, verdict) for line, verdict in expected if isinstance(verdict, tuple)
    ]
    accepted = [tuple(row.values()) for row in outcome.accepted]
    assert sorted(map(comparable, accepted)) == sorted(
        comparable(tuple(verdict)) for _, verdict in expected if isinstance(verdict, list)
    )


def test_the_judge_sees_only_the_rows_in_doubt(monkeypatch: pytest.MonkeyPatch) -> None:
    judged: list[bytes] = []
    judge = JsonJudge.judge

    def note(self: JsonJudge, record: bytes) -> list[Value]:
        judged.append(record)
        return judge(self, record)

    monkeypatch.setattr(JsonJudge, "judge", note)
    good = json.dumps(OBJECT).encode() + b"\n"
    bad = json.dumps(OBJECT | {"id": 1000}).encode() + b"\n"

    outcome = read_json(good * 5 + bad + good * 5)

    assert judged == [bad]
    assert outcome.accepted == [GOOD_VALUES] * 10


def test_a_null_line_never_reaches_pyarrow_json() -> None:
    """Release 26.0 ends the process on it with a segmentation fault."""
    assert read_json(b"null\n" * 3 + json.dumps(OBJECT).encode() + b"\n").accepted == [GOOD_VALUES]


def test_rows_stay_in_the_order_of_the_file() -> None:
    lines = [json.dumps(OBJECT | {"id": number}).encode() + b"\n" for number in range(50)]
    blocks = arrow.read_blocks(io.BytesIO(b"".join(lines)), SAMPLE, FileFormat.JSON_LINES)

    assert [row["id"] for block in blocks for row in block.accepted.to_pylist()] == [*range(50)]


def test_no_rows_are_an_empty_table() -> None:
    table, suspects = JsonParser(SAMPLE).parse([])

    assert table.num_rows == 0
    assert suspects == []
