"""Parses blocks of a CSV file with Arrow, and finds the records that need the judge."""

from collections.abc import Iterator, Sequence

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from contracts.columns import ColumnCheck, arrow_schema, either, make_array
from contracts.records import Record, RecordBlock, is_blank
from schemas.datasets import ColumnType, DatasetContract

_BOM = b"\xef\xbb\xbf"
_FALSE = make_array([False], ColumnType.BOOL)[0]


class CsvParser:
    """Parses the blocks of one file.

    Fields are read as text and cast column by column, so that one bad value costs its own row a
    visit to the judge and leaves the rest of the block to Arrow.
    """

    def __init__(self, contract: DatasetContract, header: Sequence[str]) -> None:
        self._header = list(header)
        self._schema = arrow_schema(contract)
        self._checks = [ColumnCheck(column) for column in contract.columns]
        self._convert_options = pyarrow.csv.ConvertOptions(
            check_utf8=False,  # done before, for the record at fault
            column_types={name: pa.string() for name in header},
            null_values=sorted(contract.null_values),
            strings_can_be_null=True,
            quoted_strings_can_be_null=True,
            include_columns=list(contract.column_names),
        )

    def parse(self, block: RecordBlock) -> tuple[pa.Table, Iterator[Record]]:
        """Split `block` into rows that are certainly good and records that may not be.

        Returns:
            The good rows in the contract's schema, and the other records; each in file order.
        """
        data = block.data if _is_readable(block.data) else self._mask(block.parts())
        if is_blank(data):
            return self._schema.empty_table(), iter(())
        ragged: list[int] = []
        texts = self._read_texts(data, ragged, has_quotes=block.has_quotes)
        table, suspicious = self._convert(texts)
        rows: list[int] = []
        if suspicious is not None:
            suspicious = pc.coalesce(suspicious, _FALSE)
            rows = pc.indices_nonzero(suspicious).to_pylist()
            table = table.filter(pc.invert(suspicious))
        if not ragged and not rows:
            return table, iter(())
        return table, block.pick({*ragged, *_record_numbers(rows, ragged)})

    def _mask(self, parts: Sequence[bytes]) -> bytes:
        """Join `parts`, but replace records that Arrow cannot read by ragged ones, by halving."""
        data = b"".join(parts)
        if _is_readable(data):
            return data
        if len(parts) == 1:
            line_end = data[len(data.rstrip(b"\r\n")) :]
            return b"," * len(self._header) + line_end
        half = len(parts) // 2
        return self._mask(parts[:half]) + self._mask(parts[half:])

    def _read_texts(self, data: bytes, ragged: list[int], *, has_quotes: bool) -> pa.Table:
        """Read the fields as text, and append the numbers of ragged records to `ragged`."""

        def skip(row: pyarrow.csv.InvalidRow) -> str:
            ragged.append(row.number)
            return "skip"

        return pyarrow.csv.read_csv(
            pa.BufferReader(data),
            pyarrow.csv.ReadOptions(
                use_threads=False, block_size=len(data) + 1, column_names=self._header
            ),
            pyarrow.csv.ParseOptions(newlines_in_values=has_quotes, invalid_row_handler=skip),
            self._convert_options,
        )

    def _convert(self, texts: pa.Table) -> tuple[pa.Table, pa.BooleanArray | None]:
        suspicious = None
        arrays = []
        for check, column in zip(self._checks, texts.columns, strict=True):
            values, doubts = check.convert(column.combine_chunks())
            arrays.append(values)
            suspicious = either(suspicious, doubts)
        return pa.Table.from_arrays(arrays, schema=self._schema), suspicious


def _is_readable(data: bytes) -> bool:
    """Whether Arrow sees what the judge sees: it does not check UTF-8, and swallows a BOM."""
    if b"\0" in data or data.startswith(_BOM):
        return False
    if data.isascii():
        return True
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _record_numbers(rows: list[int], ragged: list[int]) -> Iterator[int]:
    """Turn row indices (from 0) into record numbers (from 1): `ragged` records have no rows."""
    skipped = 0
    for row in rows:
        while skipped < len(ragged) and ragged[skipped] <= row + 1 + skipped:
            skipped += 1
        yield row + 1 + skipped
