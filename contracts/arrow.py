"""Reads files against a contract, block by block: accepted rows as tables, rejected ones as text.

Every block is parsed and checked column by column. Rows that break a rule, or that Arrow reads
differently, are *suspicious*: `contracts.rows` judges their text, and its verdict holds. Memory
is bounded by the block, not by the file.
"""

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import pyarrow as pa

from contracts.columns import arrow_schema, make_array
from contracts.csv_parser import CsvParser
from contracts.errors import FileRejectedError, FileRejection, RowRejection
from contracts.files import FileFormat
from contracts.json_parser import JsonParser
from contracts.records import Readable, Record, cut_records, split_first
from contracts.rows import (
    CsvJudge,
    JsonJudge,
    RecordJudge,
    RowRejectedError,
    decode,
    split_fields,
)
from contracts.values import Value
from schemas.datasets import DatasetContract

__all__ = ["Block", "RejectedRow", "arrow_schema", "read_blocks"]

_RECORDS_AT_ONCE = 10_000  # as Python values: bounds their memory, whatever a block holds
_MAX_TEXT_CHARACTERS = 4_000
_NAMES_IN_MESSAGE = 10
_MAX_NAME_CHARACTERS = 63


@dataclass(frozen=True, slots=True)
class RejectedRow:
    """A row that is to be quarantined.

    Attributes:
        line: Line of the file, counted from 1, on which the record begins.
        code: The kind of fault.
        column: The first faulty column in the contract's order; None if the whole row is at fault.
        message: What was expected and what was found.
        text: The record as it lies in the file, without its line end; at most 4,000 characters.
    """

    line: int
    code: RowRejection
    column: str | None
    message: str
    text: str


@dataclass(frozen=True, slots=True)
class Block:
    """Some rows of a file: as many as `accepted` has rows and `rejected` has items.

    Attributes:
        accepted: Rows in the contract's schema.
        rejected: Rows that break the contract, in the file's order.
    """

    accepted: pa.Table
    rejected: list[RejectedRow]


def read_blocks(
    source: Readable, contract: DatasetContract, file_format: FileFormat
) -> Iterator[Block]:
    """Yield every row of a file, accepted or rejected; a file of a header alone has none.

    Nothing may be curated before the iterator has ended without an error. The order of accepted
    rows is that of the file but for a few odd spellings; the same file gives the same blocks.

    Args:
        source: The file's bytes; UTF-8, with or without byte order mark.
        contract: What the rows must satisfy.
        file_format: How the rows are written.

    Raises:
        FileRejectedError: `empty`, `undecodable`, `wrong-columns`, `record-too-long`, `truncated`.
    """
    read = _read_csv if file_format is FileFormat.CSV else _read_json_lines
    return read(source, contract)


def _read_csv(source: Readable, contract: DatasetContract) -> Iterator[Block]:
    blocks = cut_records(source, with_quotes=True)
    first, rest = split_first(next(blocks))
    header = _read_header(first, contract)
    parser = CsvParser(contract, header)
    judge = CsvJudge(contract, header)
    for block in itertools.chain([rest], blocks):
        accepted, suspects = parser.parse(block)
        if accepted.num_rows:
            yield Block(accepted, [])
        yield from _judge(suspects, judge, contract)


def _read_json_lines(source: Readable, contract: DatasetContract) -> Iterator[Block]:
    parser = JsonParser(contract)
    judge = JsonJudge(contract)
    for number, block in enumerate(cut_records(source, with_quotes=False)):
        if number == 0 and block.data.lstrip().startswith(b"["):
            raise FileRejectedError(
                FileRejection.UNDECODABLE,
                "the file looks like a JSON array; write one JSON object per line instead",
            )
        remaining = block.records()
        while some := list(itertools.islice(remaining, _RECORDS_AT_ONCE)):
            accepted, suspects = parser.parse(some)
            if accepted.num_rows:
                yield Block(accepted, [])
            yield from _judge(suspects, judge, contract)


def _judge(
    suspects: Iterable[Record], judge: RecordJudge, contract: DatasetContract
) -> Iterator[Block]:
    """Yield the judge's verdicts on `suspects`, in blocks of bounded size."""
    remaining = iter(suspects)
    while some := list(itertools.islice(remaining, _RECORDS_AT_ONCE)):
        accepted: list[list[Value]] = []
        rejected: list[RejectedRow] = []
        for suspect in some:
            try:
                accepted.append(judge.judge(suspect.data))
            except RowRejectedError as error:
                _refuse_if_cut_off(suspect, error)
                rejected.append(_rejected_row(suspect, error))
        yield Block(_make_table(accepted, contract), rejected)


def _make_table(rows: list[list[Value]], contract: DatasetContract) -> pa.Table:
    values_by_column = zip(*rows, strict=True) if rows else itertools.repeat(())
    arrays = [
        make_array(values, column.type)
        for column, values in zip(contract.columns, values_by_column, strict=bool(rows))
    ]
    return pa.Table.from_arrays(arrays, schema=arrow_schema(contract))


def _refuse_if_cut_off(record: Record, error: RowRejectedError) -> None:
    """Refuse a file whose last record is bad and has no line end: its rest was probably lost."""
    if not record.data.endswith((b"\n", b"\r")):
        raise FileRejectedError(
            FileRejection.TRUNCATED,
            f"the last record, on line {record.line:,}, has no line end and is bad "
            f"({error.message}); the file seems cut off: upload the whole file again",
        ) from None


def _rejected_row(record: Record, error: RowRejectedError) -> RejectedRow:
    # A character has at most four bytes, and only those that can be shown are decoded.
    text = record.data[: 4 * _MAX_TEXT_CHARACTERS].rstrip(b"\r\n").decode(errors="replace")
    return RejectedRow(
        record.line, error.code, error.column, error.message, text[:_MAX_TEXT_CHARACTERS]
    )


def _read_header(record: bytes, contract: DatasetContract) -> list[str]:
    """Return the names in the header, which are exactly those of the contract's columns."""
    try:
        header = split_fields(decode(record))
    except RowRejectedError as error:
        raise FileRejectedError(
            FileRejection.UNDECODABLE, f"the header cannot be read: {error.message}"
        ) from None
    expected = set(contract.column_names)
    complaints = {
        "missing": expected - set(header),
        "unexpected": set(header) - expected,
        "repeated": {name for name in expected if header.count(name) > 1},
    }
    if any(complaints.values()):
        listed = "; ".join(
            f"{kind} {_list_names(names)}" for kind, names in complaints.items() if names
        )
        raise FileRejectedError(
            FileRejection.WRONG_COLUMNS,
            f"the header does not match the columns of {contract.name!r}: {listed}. Name each "
            "column once, in any order, in the first line, or correct the contract",
        )
    return header


def _list_names(names: set[str]) -> str:
    shown = [repr(name[:_MAX_NAME_CHARACTERS]) for name in sorted(names)[:_NAMES_IN_MESSAGE]]
    return ", ".join(shown) + (" and more" if len(names) > _NAMES_IN_MESSAGE else "")
