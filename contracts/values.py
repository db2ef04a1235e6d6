"""How values are spelled in files.

CSV fields are spelled as text, JSON values with the type in the last column.

| type      | text                                                                | JSON    |
|-----------|---------------------------------------------------------------------|---------|
| string    | any Unicode text without NUL                                        | string  |
| int64     | digits, optionally after `-`; no `+`, blank, exponent or fraction   | integer |
| float64   | decimal, optionally with sign, fraction and exponent; finite        | number  |
| bool      | `true`, `false`, `1`, `0`; letters in any case                      | boolean |
| date      | `YYYY-MM-DD`                                                        | string  |
| timestamp | `YYYY-MM-DD`, `T` or a blank, `hh[:mm[:ss[.ffffff]]]`, and the time | string  |
|           | zone, which is required: `Z`, `±hh`, `±hhmm` or `±hh:mm`            |         |

Absent is one of the contract's `null_values` in CSV (quoted or not); `null` or no key in JSON.
"""

import math
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

from schemas.datasets import ColumnType

Value = str | int | float | bool | date | datetime | None
JsonValue = str | int | float | bool | None

_INT64_LIMITS = (-(2**63), 2**63 - 1)
_SAFE_DIGITS = 18  # as many always fit
_INT = re.compile(r"(-?)0*+([0-9]{1,19})|-?0++")
_FLOAT = re.compile(r"[+-]?(?:[0-9]++\.?[0-9]*+|\.[0-9]++)(?:[eE][+-]?[0-9]++)?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIMESTAMP = re.compile(
    r"(?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2})[T ]"
    r"(?P<hour>[0-9]{2})(?::(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})"
    r"(?:\.(?P<fraction>[0-9]{1,6}))?)?)?"
    r"(?:Z|(?P<sign>[+-])(?P<zone_hours>[0-9]{2})(?::?(?P<zone_minutes>[0-5][0-9]))?)"
)
_BOOLS = {"true": True, "1": True, "false": False, "0": False}


def to_json(value: Value) -> JsonValue:
    """Return a value as JSON has it; dates and times are spelled as contracts read them."""
    return value.isoformat() if isinstance(value, date) else value


def _int_of_text(text: str) -> int:
    if len(text) <= _SAFE_DIGITS and text.isdigit() and text.isascii():
        return int(text)
    if not (match := _INT.fullmatch(text)):
        raise ValueError
    return _within_int64(int((match[1] or "") + (match[2] or "0")))


def _within_int64(value: int) -> int:
    low, high = _INT64_LIMITS
    if not low <= value <= high:
        raise ValueError
    return value


def _float_of_text(text: str) -> float:
    if not _FLOAT.fullmatch(text):
        raise ValueError
    return _finite(float(text))


def _finite(value: float) -> float:
    if not math.isfinite(value):
        raise ValueError
    return value


def _bool_of_text(text: str) -> bool:
    try:
        return _BOOLS[text.lower()]
    except KeyError:
        raise ValueError from None


def _date_of_text(text: str) -> date:
    if not _DATE.fullmatch(text):
        raise ValueError
    return date.fromisoformat(text)


def _timestamp_of_text(text: str) -> datetime:
    if not (match := _TIMESTAMP.fullmatch(text)):
        raise ValueError
    day = date.fromisoformat(match["date"])
    hour, minute, second = (int(match[part] or 0) for part in ("hour", "minute", "second"))
    microsecond = int((match["fraction"] or "").ljust(6, "0"))
    offset = timedelta(hours=int(match["zone_hours"] or 0), minutes=int(match["zone_minutes"] or 0))
    zone = timezone(-offset if match["sign"] == "-" else offset)
    local = datetime(day.year, day.month, day.day, hour, minute, second, microsecond, tzinfo=zone)
    return local.astimezone(UTC)


def _json(kind: type | tuple[type, ...], convert: Callable[[Any], Value]) -> Callable[[Any], Value]:
    """A parser that accepts exactly the JSON types `kind`: to `isinstance`, a bool is an int."""
    kinds = kind if isinstance(kind, tuple) else (kind,)

    def parse(raw: object) -> Value:
        if type(raw) not in kinds:
            raise ValueError
        return convert(raw)

    return parse


def _text_of_json(text: str) -> str:
    text.encode()  # JSON can spell half a surrogate pair, which is no text
    return text


TEXT_PARSERS: dict[ColumnType, Callable[[str], Value]] = {
    ColumnType.STRING: str,
    ColumnType.INT64: _int_of_text,
    ColumnType.FLOAT64: _float_of_text,
    ColumnType.BOOL: _bool_of_text,
    ColumnType.DATE: _date_of_text,
    ColumnType.TIMESTAMP: _timestamp_of_text,
}
JSON_PARSERS: dict[ColumnType, Callable[[Any], Value]] = {
    ColumnType.STRING: _json(str, _text_of_json),
    ColumnType.INT64: _json(int, _within_int64),
    ColumnType.FLOAT64: _json((int, float), lambda number: _finite(float(number))),
    ColumnType.BOOL: _json(bool, bool),
    ColumnType.DATE: _json(str, _date_of_text),
    ColumnType.TIMESTAMP: _json(str, _timestamp_of_text),
}
EXPECTED = {
    ColumnType.STRING: "text",
    ColumnType.INT64: "a whole number (int64)",
    ColumnType.FLOAT64: "a finite number",
    ColumnType.BOOL: "true or false",
    ColumnType.DATE: "a date such as 2013-01-31",
    ColumnType.TIMESTAMP: "a timestamp with time zone such as 2013-01-31T18:00:00Z",
}
