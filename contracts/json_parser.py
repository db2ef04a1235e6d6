"""Parses JSON Lines with the standard library, and finds the records that need the judge.

Not with pyarrow.json: release 26.0 ends the process with a segmentation fault on a line `null`, so
it must not see files that nobody has checked. Decoding stays record by record; what follows, types
and rules, is checked column by column.
"""

import re
from collections.abc import Iterable, Sequence
from types import NoneType
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from contracts.columns import ColumnCheck, arrow_schema, either, make_array, make_mask
from contracts.records import Record
from contracts.rows import RowRejectedError, decode, decode_object
from schemas.datasets import ColumnType, DatasetContract

_KINDS: dict[ColumnType, set[type]] = {
    ColumnType.INT64: {int},
    ColumnType.FLOAT64: {int, float},
    ColumnType.BOOL: {bool},
}
_INT64_RANGE = range(-(2**63), 2**63)
# Escapes that may spell what is no text: NUL, or half a surrogate pair.
_RISKY_ESCAPE = re.compile(r"\\u(?:0000|[dD][89a-fA-F])")
_FALSE = make_array([False], ColumnType.BOOL)[0]

Values = Sequence[Any]


class JsonParser:
    """Parses the records of one file."""

    def __init__(self, contract: DatasetContract) -> None:
        self._names = contract.column_names
        self._known = frozenset(self._names)
        self._schema = arrow_schema(contract)
        self._columns = [
            _JsonColumn(column.type, ColumnCheck(column)) for column in contract.columns
        ]

    def parse(self, records: Iterable[Record]) -> tuple[pa.Table, list[Record]]:
        """Split `records` into rows that are certainly good and records that may not be.

        Args:
            records: Some thousands at most: all their values are in memory at a time.

        Returns:
            The good rows in the contract's schema, and the other records; each in file order.
        """
        rows: list[Values] = []
        decoded: list[Record] = []
        suspects: list[Record] = []
        for record in records:
            row = self._decode(record.data)
            if row is None:
                suspects.append(record)
            else:
                rows.append(row)
                decoded.append(record)
        table, suspicious = self._convert(rows)
        if suspicious is None:
            return table, suspects
        suspicious = pc.coalesce(suspicious, _FALSE)
        suspects += [decoded[row] for row in pc.indices_nonzero(suspicious).to_pylist()]
        return table.filter(pc.invert(suspicious)), sorted(suspects)

    def _decode(self, data: bytes) -> Values | None:
        """Return the values of a record in the contract's column order, or None if in doubt."""
        try:
            text = decode(data)
            record = decode_object(text)
        except RowRejectedError:
            return None
        if not record.keys() <= self._known or _RISKY_ESCAPE.search(text):
            return None
        return [*map(record.get, self._names)]

    def _convert(self, rows: Sequence[Values]) -> tuple[pa.Table, pa.BooleanArray | None]:
        if not rows:
            return self._schema.empty_table(), None
        suspicious = None
        arrays = []
        for column, values in zip(self._columns, zip(*rows, strict=True), strict=True):
            array, doubts = column.convert(values)
            arrays.append(array)
            suspicious = either(suspicious, doubts)
        return pa.Table.from_arrays(arrays, schema=self._schema), suspicious


class _JsonColumn:
    """Turns the decoded values of one column into an array."""

    def __init__(self, type_: ColumnType, check: ColumnCheck) -> None:
        self._type = type_
        self._kinds = _KINDS.get(type_, {str}) | {NoneType}
        self._check = check

    def convert(self, values: Values) -> tuple[pa.Array, pa.BooleanArray | None]:
        """Return the array, and a mask of the suspicious values."""
        foreign = None
        if not self._kinds.issuperset(map(type, values)):
            values, foreign = _remove(values, [type(each) not in self._kinds for each in values])
        if self._type not in _KINDS:
            array, doubts = self._check.convert(make_array(values, ColumnType.STRING))
            return array, either(foreign, doubts)
        try:
            array = make_array(values, self._type)
        except OverflowError:
            values, huge = _remove(values, [_is_huge(each) for each in values])
            array, foreign = make_array(values, self._type), either(foreign, huge)
        return array, either(foreign, self._check.check(array))


def _remove(values: Values, odd: Sequence[bool]) -> tuple[Values, pa.BooleanArray]:
    """Replace odd values by None, and return a mask of where they were."""
    pairs = zip(values, odd, strict=True)
    return [None if is_odd else value for value, is_odd in pairs], make_mask(odd)


def _is_huge(value: object) -> bool:
    return isinstance(value, int) and value not in _INT64_RANGE
