import json
from typing import Any

import pytest

from local.alarms import log_queries
from local.alarms.log_queries import MalformedQueryError

LINES = (
    {"level": "ERROR", "message": "no such file", "took_ms": 12, "key": {"bucket": "raw"}},
    {"level": "INFO", "message": "stored", "took_ms": 9.5, "final": True, "rows": [1, 2]},
    {"level": "ERROR", "message": "Denied", "took_ms": 100},
    "START RequestId: 1",
)


def run(query: str, *lines: Any) -> list[dict[str, str]]:
    """Run a query on log lines, the first of which is the oldest, seven minutes apart."""
    events = [
        {
            "@timestamp": f"2026-01-01 00:{7 * number:02d}:30.250",
            "@message": line if isinstance(line, str) else json.dumps(line),
            "@ptr": str(number),
        }
        for number, line in enumerate(lines or LINES)
    ]
    return log_queries.parse(query)(reversed(events))


def found(condition: str) -> str:
    """Return the numbers of the lines that a condition lets pass, oldest first."""
    return "".join(sorted(row["@ptr"] for row in run(f"filter {condition}")))


@pytest.mark.parametrize(
    ("condition", "lines"),
    [
        ('level = "ERROR"', "02"),
        ("level = 'ERROR'", "02"),
        ('level != "ERROR"', "1"),
        ("took_ms > 9.5", "02"),
        ("took_ms >= 9.5", "012"),
        ("took_ms <= 12", "01"),
        ("took_ms = 12.0", "0"),
        ('key.bucket = "raw"', "0"),
        ("rows.1 = 2", "1"),
        ("final = 1", "1"),
        ("message like /denied/", ""),
        ("message like /denied/i", "2"),
        ("message like /(?i)^de.*d$/", "2"),
        ('@message like "RequestId: 1"', "3"),
        ('message like "s.ch"', ""),
        ("@message not like /level/", "3"),
        ('level = "ERROR" and took_ms < 50', "0"),
        ('took_ms = 12 or level = "INFO" and took_ms > 50', "0"),
        ('(took_ms = 12 or level = "INFO") and took_ms > 9.5', "0"),
        ('not level = "ERROR"', "13"),
        ('NOT (level = "ERROR" OR took_ms < 10)', "3"),
        ('message = "a | b"', ""),
    ],
)
def test_a_filter_lets_pass_what_its_condition_says(condition: str, lines: str) -> None:
    assert found(condition) == lines


def test_an_answer_has_time_and_message_unless_fields_are_named() -> None:
    newest, *_, oldest = run("limit 10")
    assert newest == {
        "@timestamp": "2026-01-01 00:21:30.250",
        "@message": "START RequestId: 1",
        "@ptr": "3",
    }
    assert oldest["@ptr"] == "0"
    assert run('fields level, took_ms\n| filter message = "Denied"  # why?') == [
        {"level": "ERROR", "took_ms": "100", "@ptr": "2"}
    ]


def test_what_a_line_lacks_its_row_lacks() -> None:
    assert run("fields took_ms, final | filter took_ms > 50") == [{"took_ms": "100", "@ptr": "2"}]


def test_rows_are_sorted_as_numbers_where_they_are_numbers_and_limited() -> None:
    query = "fields took_ms | filter took_ms > 0 | sort took_ms desc"
    assert [row["took_ms"] for row in run(query)] == ["100", "12", "9.5"]
    assert [row["took_ms"] for row in run(f"{query} | limit 2")] == ["100", "12"]
    words = run("fields @message | sort @message asc", "10", "9", "nine")
    assert [row["@message"] for row in words] == ["nine", "9", "10"]


def test_statistics_by_field() -> None:
    query = "stats count(*) as n, max(took_ms), avg(took_ms) by level | sort n desc"
    assert run(query) == [
        {"level": "ERROR", "n": "2", "max(took_ms)": "100", "avg(took_ms)": "56"},
        {"n": "1"},
        {"level": "INFO", "n": "1", "max(took_ms)": "9.5", "avg(took_ms)": "9.5"},
    ]


def test_statistics_by_time() -> None:
    query = "stats count(took_ms), pct(took_ms, 50) as p50 by bin(10m) as time | sort time asc"
    assert run(query) == [
        {"time": "2026-01-01 00:00:00.000", "count(took_ms)": "2", "p50": "10.75"},
        {"time": "2026-01-01 00:10:00.000", "count(took_ms)": "1", "p50": "100"},
        {"time": "2026-01-01 00:20:00.000", "count(took_ms)": "0"},
    ]


@pytest.mark.parametrize(
    ("query", "complaint"),
    [
        ("", "expected word, got 'the end'"),
        ("parse @message '*' as x", "'parse' is not supported"),
        ("fields strlen(message)", "got '\\('"),
        ("filter level == 'ERROR'", "expected text or number, got '='"),
        ("filter level = ERROR", "expected text or number"),
        ("filter level in ['ERROR']", "expected sign"),
        ("filter message like /(/", "unterminated"),
        ("filter (level = 'ERROR'", "expected \\)"),
        ("sort took_ms", "expected word, got 'the end'"),
        ("sort took_ms down", "'down' is not supported"),
        ("stats latest(level)", "'latest' is not supported"),
        ("stats count(*) by bin(1y)", "expected span"),
        ("limit 5 limit 6", "expected end"),
    ],
)
def test_what_is_not_supported_is_refused_and_named(query: str, complaint: str) -> None:
    with pytest.raises(MalformedQueryError, match=complaint):
        log_queries.parse(query)
