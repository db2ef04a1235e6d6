"""The judge: decides row by row, with the standard library alone, what a contract accepts.

`contracts.arrow` is a faster executor of the same rules; whatever it doubts, it asks here.

CSV: commas separate fields; a quote that begins a field opens a quoted one, in which commas and
line ends are text and `""` is a quote; anywhere else a quote is an ordinary character. Records of
both formats end with LF, CRLF or CR; blank lines are no records.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn, Protocol

from contracts.errors import RowRejection
from contracts.values import EXPECTED, JSON_PARSERS, TEXT_PARSERS, Value
from schemas.datasets import Column, ColumnType, DatasetContract

_SHOWN_CHARACTERS = 60  # of a bad value in a message

_FIELD = re.compile(
    r'(?:"(?P<quoted>[^"]*+(?:""[^"]*+)*+)"(?P<tail>[^,]*+)|(?P<plain>(?!")[^,]*+))(?P<end>,|\Z)'
)


class RowRejectedError(Exception):
    """A row that its contract does not accept.

    Attributes:
        code: The kind of fault.
        column: The first faulty column in the contract's order; None if the whole row is at fault.
        message: What was expected and what was found.
    """

    def __init__(self, code: RowRejection, column: str | None, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.column = column
        self.message = message


class RecordJudge(Protocol):
    """Judges the records of one file."""

    def judge(self, record: bytes) -> list[Value]:
        """Return the values of `record`, in the contract's column order.

        Raises:
            RowRejectedError: the contract does not accept it.
        """


class CsvJudge:
    """Judges CSV records whose fields stand in the order of `header`, the contract's columns."""

    def __init__(self, contract: DatasetContract, header: Sequence[str]) -> None:
        self._width = len(header)
        self._null_values = contract.null_values
        self._checks = [
            (header.index(column.name), _checker(column, TEXT_PARSERS[column.type]))
            for column in contract.columns
        ]

    def judge(self, record: bytes) -> list[Value]:
        """See `RecordJudge`."""
        fields = split_fields(decode(record))
        if len(fields) != self._width:
            raise RowRejectedError(
                RowRejection.RAGGED,
                None,
                f"the header has {self._width} fields, this row {len(fields)}",
            )
        values = [None if field in self._null_values else field for field in fields]
        return [check(values[position]) for position, check in self._checks]


class JsonJudge:
    """Judges JSON records, and objects that were decoded from JSON elsewhere."""

    def __init__(self, contract: DatasetContract) -> None:
        self._names = frozenset(contract.column_names)
        self._checks = [
            (column.name, _checker(column, JSON_PARSERS[column.type]))
            for column in contract.columns
        ]

    def judge(self, record: bytes) -> list[Value]:
        """See `RecordJudge`."""
        return self.judge_object(decode_object(decode(record)))

    def judge_object(self, record: Mapping[str, object]) -> list[Value]:
        """Like `judge`, for a decoded JSON object."""
        if unexpected := record.keys() - self._names:
            name = min(unexpected)
            raise RowRejectedError(
                RowRejection.RAGGED, _shorten(name), f"the contract has no column {_show(name)}"
            )
        return [check(record.get(name)) for name, check in self._checks]


def decode(record: bytes) -> str:
    """Return the text of a record, without its line end.

    Raises:
        RowRejectedError: `encoding`; it is not UTF-8, or contains NUL.
    """
    try:
        text = record.rstrip(b"\r\n").decode()
    except UnicodeDecodeError as error:
        raise RowRejectedError(
            RowRejection.ENCODING,
            None,
            f"byte {record[error.start]:#04x} at position {error.start + 1} is not UTF-8; "
            "export the file as UTF-8",
        ) from None
    _refuse_nul(text, None)
    return text


def split_fields(text: str) -> list[str]:
    """Split a CSV record, without its line end, into its fields.

    Raises:
        RowRejectedError: `malformed`; a quoted field does not end.
    """
    if '"' not in text:
        return text.split(",")
    fields = []
    position = 0
    while match := _FIELD.match(text, position):
        quoted = match["quoted"]
        plain = match["plain"]
        fields.append(plain if quoted is None else quoted.replace('""', '"') + match["tail"])
        if not match["end"]:
            return fields
        position = match.end()
    raise RowRejectedError(RowRejection.MALFORMED, None, "a quoted field does not end")


def decode_object(text: str) -> dict[str, Any]:
    """Decode a JSON record, without its line end.

    Raises:
        RowRejectedError: `malformed`; it is no JSON object, or repeats a key.
    """
    record = decode_json(text)
    if not isinstance(record, dict):
        raise RowRejectedError(
            RowRejection.MALFORMED,
            None,
            f"each line must be a JSON object, this is a {type(record).__name__}",
        )
    return record


def decode_json(text: str) -> object:
    """Decode JSON as its standard has it: without NaN or infinities, each key once.

    Raises:
        RowRejectedError: `malformed`; it is no JSON, or repeats a key.
    """
    try:
        return _DECODER.decode(text)
    except (ValueError, RecursionError) as error:
        reason = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise RowRejectedError(RowRejection.MALFORMED, None, f"not JSON: {reason}") from None


def _unique_keys(pairs: list[tuple[str, object]]) -> dict[str, object]:
    record = dict(pairs)
    if len(record) < len(pairs):
        raise ValueError("a key occurs twice")
    return record


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")


_DECODER = json.JSONDecoder(object_pairs_hook=_unique_keys, parse_constant=_refuse_constant)


def _checker(column: Column, parse: Callable[[Any], Value]) -> Callable[[object], Value]:
    """Build the function that turns one raw value of `column` into its typed value."""
    is_text = column.type is ColumnType.STRING
    check_rules = _text_rules(column) if is_text else _range_rules(column)

    def check(raw: object) -> Value:
        if raw is None:
            if column.nullable:
                return None
            raise RowRejectedError(RowRejection.MISSING, column.name, "a value is required")
        try:
            value = parse(raw)
        except (ValueError, OverflowError):
            raise RowRejectedError(
                RowRejection.TYPE,
                column.name,
                f"expected {EXPECTED[column.type]}, got {_show(raw)}",
            ) from None
        check_rules(value)
        return value

    return check


def _text_rules(column: Column) -> Callable[[Any], None]:
    """Build the function that refuses texts that break the rules of `column`."""

    def check(text: str) -> None:
        _refuse_nul(text, column.name)
        if column.max_length is not None and len(text) > column.max_length:
            raise RowRejectedError(
                RowRejection.LENGTH,
                column.name,
                f"at most {column.max_length} characters are accepted, got {len(text)}",
            )
        if column.domain and text not in column.domain:
            raise RowRejectedError(
                RowRejection.DOMAIN,
                column.name,
                f"{_show(text)} is not one of the {len(column.domain)} accepted values",
            )

    return check


def _range_rules(column: Column) -> Callable[[Any], None]:
    """Build the function that refuses values outside the range of `column`."""
    low: Any = column.minimum
    high: Any = column.maximum

    def check(value: Any) -> None:
        below = low is not None and value < low
        if below or (high is not None and value > high):
            limit = f"below the minimum {low}" if below else f"above the maximum {high}"
            raise RowRejectedError(RowRejection.RANGE, column.name, f"{value} is {limit}")

    return check


def _refuse_nul(text: str, column: str | None) -> None:
    if "\0" in text:
        raise RowRejectedError(RowRejection.ENCODING, column, "text must not contain NUL")


def _show(raw: object) -> str:
    try:
        return repr(_shorten(raw) if isinstance(raw, str) else raw)[: _SHOWN_CHARACTERS + 2]
    except RecursionError:  # what the decoder could just descend into
        return f"a deeply nested {type(raw).__name__}"


def _shorten(text: str) -> str:
    """Bound `text`, and make it encodable whatever JSON escapes it held."""
    return text[:_SHOWN_CHARACTERS].encode(errors="replace").decode()
