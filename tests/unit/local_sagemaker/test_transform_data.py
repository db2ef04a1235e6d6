import json

import pytest

from local.sagemaker.errors import JobFailedError
from local.sagemaker.transform_data import (
    CSV,
    JSON_LINES,
    assembled,
    batches,
    joined,
    lines_of,
    refuse_too_long,
)


def test_records_are_lines_whatever_ends_them() -> None:
    assert lines_of(b"a\r\nb\n\nc") == [b"a", b"b", b"c"]
    assert lines_of(b"") == []


@pytest.mark.parametrize(
    ("single", "limit", "expected"),
    [
        (True, 100, [[b"aaa"], [b"bb"], [b"c"]]),
        (False, 0, [[b"aaa", b"bb", b"c"]]),
        (False, 6, [[b"aaa", b"bb"], [b"c"]]),
        (False, 5, [[b"aaa"], [b"bb", b"c"]]),
        (False, 8, [[b"aaa", b"bb", b"c"]]),
    ],
)
def test_a_request_holds_as_many_records_as_fit(
    single: bool, limit: int, expected: list[list[bytes]]
) -> None:
    assert list(batches([b"aaa", b"bb", b"c"], single=single, limit=limit)) == expected


def test_a_record_or_object_that_fits_into_no_request_is_refused() -> None:
    with pytest.raises(JobFailedError, match="MaxPayloadInMB"):
        list(batches([b"a", b"bbbb"], single=False, limit=3))
    refuse_too_long(b"abc", 3)
    refuse_too_long(b"abcd", 0)
    with pytest.raises(JobFailedError, match="4 bytes"):
        refuse_too_long(b"abcd", 3)


def test_answers_are_put_together_as_they_are_or_line_by_line() -> None:
    assert assembled([b"1", b"2\n"], by_lines=False) == b"12\n"
    assert assembled([b"1", b"2\n"], by_lines=True) == b"1\n2\n"


def test_a_row_is_followed_by_its_answer() -> None:
    assert joined([b"1,a", b"2,b"], b"0.1\n0.2\n", CSV) == b"1,a,0.1\n2,b,0.2"


def test_an_object_gets_its_answer_as_a_member() -> None:
    result = joined([b'{"a": 1}', b"[2]"], b'{"score": 0.1}\n0.2', JSON_LINES)

    assert [json.loads(line) for line in result.splitlines()] == [
        {"a": 1, "SageMakerOutput": {"score": 0.1}},
        {"SageMakerInput": [2], "SageMakerOutput": 0.2},
    ]


@pytest.mark.parametrize(
    ("answer", "reason"), [(b"0.1", "mismatched line count"), (b"0.1\nx", "Fail to join data")]
)
def test_what_cannot_be_joined_fails(answer: bytes, reason: str) -> None:
    with pytest.raises(JobFailedError, match=reason):
        joined([b"1", b"2"], answer, JSON_LINES)
