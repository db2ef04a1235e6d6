import json

import pytest

from contracts.rows import JsonJudge, RowRejectedError
from tests.unit.contracts.samples import GOOD_VALUES, SAMPLE, read_json

OBJECT = {
    "id": 7,
    "amount": 1.5,
    "colour": "red",
    "note": "hi",
    "at": "2013-01-01T05:00:00Z",
    "day": "2013-01-01",
    "ok": True,
}
GOOD = json.dumps(OBJECT).encode() + b"\n"


def test_a_good_object_becomes_typed_values() -> None:
    assert read_json(b"\xef\xbb\xbf" + GOOD + b"\r\n" + GOOD).accepted == [GOOD_VALUES] * 2


def test_absent_keys_and_null_are_absent_values() -> None:
    outcome = read_json(b'{"id": 7, "colour": "red", "note": null}\n')

    assert outcome.accepted == [dict.fromkeys(GOOD_VALUES) | {"id": 7, "colour": "red"}]


def test_spellings_of_absence_in_csv_are_text_in_json() -> None:
    assert read_json(b'{"id": 7, "colour": "red", "note": "NA"}\n').accepted[0]["note"] == "NA"


@pytest.mark.parametrize(
    ("change", "code", "column"),
    [
        ({"id": None}, "missing", "id"),
        ({"id": "7"}, "type", "id"),
        ({"id": 7.0}, "type", "id"),
        ({"id": True}, "type", "id"),
        ({"id": 10**30}, "type", "id"),
        ({"id": [7]}, "type", "id"),
        ({"id": 1000}, "range", "id"),
        ({"amount": "1.5"}, "type", "amount"),
        ({"amount": 10**400}, "type", "amount"),
        ({"amount": False}, "type", "amount"),
        ({"colour": 5}, "type", "colour"),
        ({"colour": "green"}, "domain", "colour"),
        ({"note": {"x": 1}}, "type", "note"),
        ({"note": "too long"}, "length", "note"),
        ({"note": "\ud800"}, "type", "note"),
        ({"note": "\0"}, "encoding", "note"),
        ({"at": 1357016400}, "type", "at"),
        ({"at": "2013-01-01"}, "type", "at"),
        ({"day": "NA"}, "type", "day"),
        ({"ok": 1}, "type", "ok"),
        ({"extra": 1}, "ragged", "extra"),
        ({"\ud800": 1}, "ragged", "?"),
    ],
)
def test_a_bad_object_is_quarantined_with_its_line_and_reason(
    change: dict[str, object], code: str, column: str
) -> None:
    bad = json.dumps(OBJECT | change).encode() + b"\n"

    outcome = read_json(GOOD + b"\n" + bad + GOOD)

    assert outcome.reasons == [(3, code, column)]
    assert outcome.rejected[0].text == bad.decode().rstrip()
    assert outcome.accepted == [GOOD_VALUES] * 2


@pytest.mark.parametrize(
    "line",
    [
        b"{",
        b"null",
        b"5",
        b"[1]" + b" " * 10,
        b'"text"',
        b"   ",
        b'{"id": NaN}',
        b'{"id": 1}{"id": 2}',
        b'{"id": 1, "id": 2}',
        b'{"id": ' + b"9" * 5000 + b"}",
        b"{'id': 1}",
        b'{"id":' + b"[" * 100_000,
        b'{"id": 01}',
        b'{"note": "raw\ttab"}',
    ],
)
def test_a_line_that_is_no_object_is_malformed(line: bytes) -> None:
    assert read_json(GOOD + line + b"\n" + GOOD).reasons == [(2, "malformed", None)]


@pytest.mark.parametrize("raw", [b"\xff", b"\x00"])
def test_a_line_with_wrong_bytes_has_an_encoding_fault(raw: bytes) -> None:
    assert read_json(GOOD + GOOD.replace(b"hi", raw)).reasons == [(2, "encoding", None)]


def test_objects_that_were_decoded_elsewhere_are_judged_by_the_same_rules() -> None:
    judge = JsonJudge(SAMPLE)

    assert judge.judge_object(OBJECT) == list(GOOD_VALUES.values())
    with pytest.raises(RowRejectedError, match="above the maximum 999"):
        judge.judge_object(OBJECT | {"id": 1000})
