"""Columns in Arrow: their types, how Python values become arrays, which values look suspicious.

`pa.array`, `pa.scalar` and what calls them import pandas where it is installed, which costs more
than a second at a cold start. So arrays are made from buffers, and scalars are their elements.
"""

import itertools
from array import array
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from contracts.values import Value
from schemas.datasets import Column, ColumnType, DatasetContract

ARROW_TYPES: dict[ColumnType, pa.DataType] = {
    ColumnType.STRING: pa.string(),
    ColumnType.INT64: pa.int64(),
    ColumnType.FLOAT64: pa.float64(),
    ColumnType.TIMESTAMP: pa.timestamp("us", "UTC"),
    ColumnType.DATE: pa.date32(),
    ColumnType.BOOL: pa.bool_(),
}

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_MAX_FLOAT = 1.7976931348623157e308
# Beyond these, Arrow can hold values that the judge, which uses Python's types, does not know.
_NATURAL_LIMITS: dict[ColumnType, tuple[Any, Any]] = {
    ColumnType.FLOAT64: (-_MAX_FLOAT, _MAX_FLOAT),
    ColumnType.DATE: (date.min, date.max),
    ColumnType.TIMESTAMP: (
        datetime.min.replace(tzinfo=UTC),
        datetime.max.replace(tzinfo=UTC),
    ),
}


def arrow_schema(contract: DatasetContract) -> pa.Schema:
    """All columns of `contract`, in order; values of columns that are not nullable are present."""
    return pa.schema(
        [
            pa.field(column.name, ARROW_TYPES[column.type], nullable=column.nullable)
            for column in contract.columns
        ]
    )


def make_array(values: Sequence[Value], type_: ColumnType) -> pa.Array:
    """Return `values` as an array of the Arrow type of `type_`, without importing pandas."""
    validity = _bitmap([value is not None for value in values]) if None in values else None
    if type_ is ColumnType.BOOL:
        data = [_bitmap([bool(value) for value in values])]
    elif type_ is ColumnType.STRING:
        data = _text_buffers(values)
    else:
        code, zero, encode = _ENCODINGS[type_]
        numbers: Iterable[Any] = values
        if validity is not None:
            numbers = [zero if value is None else value for value in values]
        data = [pa.py_buffer(array(code, map(encode, numbers) if encode else numbers))]
    return pa.Array.from_buffers(ARROW_TYPES[type_], len(values), [validity, *data])


def make_mask(flags: Sequence[bool]) -> pa.BooleanArray:
    """Return `flags` as an array."""
    return make_array(flags, ColumnType.BOOL)


def _bitmap(flags: Sequence[bool]) -> pa.Buffer:
    """Pack flags as Arrow does: least significant bit first."""
    bits = "".join("1" if flag else "0" for flag in reversed(flags)) or "0"
    return pa.py_buffer(int(bits, 2).to_bytes((len(flags) + 7) // 8 or 1, "little"))


def _text_buffers(values: Sequence[Value]) -> list[pa.Buffer]:
    texts = ["" if value is None else str(value) for value in values]
    joined = "".join(texts)
    lengths = map(len, texts if joined.isascii() else map(str.encode, texts))
    offsets = array("i", itertools.accumulate(lengths, initial=0))
    return [pa.py_buffer(offsets), pa.py_buffer(joined.encode())]


# Code of `array.array`, what stands for null, and how values become numbers.
_ENCODINGS: dict[ColumnType, tuple[str, Any, Callable[[Any], int] | None]] = {
    ColumnType.INT64: ("q", 0, None),
    ColumnType.FLOAT64: ("d", 0.0, None),
    ColumnType.TIMESTAMP: ("q", _EPOCH, lambda value: (value - _EPOCH) // _MICROSECOND),
    ColumnType.DATE: ("i", _EPOCH.date(), lambda value: (value - _EPOCH.date()).days),
}

_NO_TEXT = make_array([None], ColumnType.STRING)[0]
_MONTH_AND_DAY = (
    "(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])"
    "|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)"
    "|02-(?:0[1-9]|[12][0-9])"
)
_PLAIN_DATE = f"[0-9]{{4}}-(?:{_MONTH_AND_DAY})"
# A part of what Arrow can cast, and quick to tell apart.
_PLAIN = {
    ColumnType.INT64: "^-?[0-9]{1,18}$",
    ColumnType.FLOAT64: r"^[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?$",
    ColumnType.TIMESTAMP: f"^{_PLAIN_DATE}[T ](?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]Z$",
    ColumnType.DATE: f"^{_PLAIN_DATE}$",
}


class ColumnCheck:
    """Finds the values of one column that the judge might refuse: perhaps too many, never too few.

    Masks are None where no value is suspicious, which is the rule: most checks then cost one
    aggregate.
    """

    def __init__(self, column: Column) -> None:
        self._column = column
        self._is_text = column.type is ColumnType.STRING
        low, high = _NATURAL_LIMITS.get(column.type, (None, None))
        self._minimum = self._scalar(low if column.minimum is None else column.minimum)
        self._maximum = self._scalar(high if column.maximum is None else column.maximum)
        self._max_length = (
            None
            if column.max_length is None
            else make_array([column.max_length], ColumnType.INT64)[0]
        )
        self._domain = make_array(sorted(column.domain), ColumnType.STRING)

    def _scalar(self, bound: Value) -> pa.Scalar | None:
        return None if bound is None else make_array([bound], self._column.type)[0]

    def convert(self, texts: pa.StringArray) -> tuple[pa.Array, pa.BooleanArray | None]:
        """Convert the fields of a CSV file to the column's type.

        Args:
            texts: The fields; null where absent.

        Returns:
            The values, and a mask of the suspicious ones.
        """
        values, suspicious = (texts, None) if self._is_text else self._cast(texts)
        if self._column.type is ColumnType.INT64:
            suspicious = either(suspicious, _hexadecimal(texts))
        return values, either(suspicious, self.check(values))

    def check(self, values: pa.Array) -> pa.BooleanArray | None:
        """Return a mask of the suspicious ones of `values`, which have the column's type."""
        missing = None
        if values.null_count and not self._column.nullable:
            missing = values.is_null()
        breaks_rule = self._breaks_text_rule if self._is_text else self._is_out_of_range
        return either(missing, breaks_rule(values))

    def _cast(self, texts: pa.StringArray) -> tuple[pa.Array, pa.BooleanArray | None]:
        """Cast what can be cast; the rest becomes null and suspicious."""
        type_ = ARROW_TYPES[self._column.type]
        try:
            return texts.cast(type_), None
        except pa.ArrowInvalid:
            values = _cast_or_null(_null_unless_plain(texts, self._column.type), type_)
            return values, pc.and_(values.is_null(), texts.is_valid())

    def _breaks_text_rule(self, texts: pa.StringArray) -> pa.BooleanArray | None:
        foreign = None
        if self._column.domain:
            foreign = _if_any(pc.and_not(texts.is_valid(), pc.is_in(texts, self._domain)))
        # A text has at least as many bytes as characters, and counting bytes is nearly free.
        limit = self._max_length
        if limit is None or not _if_any(pc.greater(pc.binary_length(texts), limit)):
            return foreign
        return either(foreign, _if_any(pc.greater(pc.utf8_length(texts), limit)))

    def _is_out_of_range(self, values: pa.Array) -> pa.BooleanArray | None:
        # Written so that NaN, which compares as false with everything, is outside.
        below = above = None
        if self._minimum is not None:
            below = _if_any(pc.invert(pc.greater_equal(values, self._minimum)))
        if self._maximum is not None:
            above = _if_any(pc.invert(pc.less_equal(values, self._maximum)))
        return either(below, above)


def _hexadecimal(texts: pa.StringArray) -> pa.BooleanArray | None:
    """Find numbers spelled `0x...`: Arrow reads them, the judge does not; no others have an x."""
    characters = texts.buffers()[2].to_pybytes()
    if b"x" not in characters and b"X" not in characters:
        return None
    return _if_any(pc.match_substring(texts, "x", ignore_case=True))


def _null_unless_plain(texts: pa.StringArray, type_: ColumnType) -> pa.StringArray:
    """Replace what is not spelled in the commonest way by null: it cannot be cast, or hardly."""
    pattern = _PLAIN.get(type_)
    if pattern is None:
        return texts
    return pc.if_else(pc.match_substring_regex(texts, pattern), texts, _NO_TEXT)


def _cast_or_null(texts: pa.StringArray, type_: pa.DataType) -> pa.Array:
    """Cast `texts`; what cannot be cast is found by halving, and becomes null."""
    try:
        return texts.cast(type_)
    except pa.ArrowInvalid:
        if len(texts) == 1:
            return pa.nulls(1, type_)
    half = len(texts) // 2
    return pa.concat_arrays([_cast_or_null(part, type_) for part in (texts[:half], texts[half:])])


def either(one: pa.BooleanArray | None, other: pa.BooleanArray | None) -> pa.BooleanArray | None:
    """The union of two masks, either of which may be None or contain nulls for false."""
    if one is None or other is None:
        return one if other is None else other
    return pc.or_kleene(one, other)


def _if_any(mask: pa.BooleanArray) -> pa.BooleanArray | None:
    return mask if pc.any(mask).as_py() else None
