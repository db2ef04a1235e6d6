"""Judges the rows of a request: either all of them honour the contract, or none is answered."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from contracts.errors import RowRejection
from contracts.rows import RowRejectedError
from contracts.values import Value
from schemas.datasets import DatasetContract

Record = TypeVar("Record")


@dataclass(frozen=True, kw_only=True, slots=True)
class RowFault:
    """What is wrong with a row.

    Attributes:
        row: Its place in the request, counted from 1 without a header.
        column: The first faulty column; None if the whole row is at fault.
        code: The kind of fault.
        message: What was expected and what was found.
    """

    row: int
    column: str | None
    code: RowRejection
    message: str


class RowsRejectedError(Exception):
    """A request with rows that its contract does not accept.

    Attributes:
        faults: One for each of these rows, in their order.
        message: How many they are, and what is wrong with the first.
    """

    def __init__(self, message: str, faults: Sequence[RowFault]) -> None:
        super().__init__(message)
        self.message = message
        self.faults = faults


def judge_rows(
    records: Sequence[Record],
    judge: Callable[[Record], list[Value]],
    contract: DatasetContract,
) -> list[list[Value]]:
    """Return the values of every row, in the contract's column order.

    Args:
        records: The rows of a request.
        judge: Returns a row's values, or raises `RowRejectedError`; by `contract`.
        contract: Of the rows.

    Raises:
        RowsRejectedError: the contract does not accept all of them.
    """
    rows: list[list[Value]] = []
    faults: list[RowFault] = []
    for number, record in enumerate(records, start=1):
        try:
            rows.append(judge(record))
        except RowRejectedError as error:
            faults.append(
                RowFault(row=number, column=error.column, code=error.code, message=error.message)
            )
    if faults:
        raise RowsRejectedError(_message(faults, len(records), contract), faults)
    return rows


def _message(faults: Sequence[RowFault], rows: int, contract: DatasetContract) -> str:
    first = faults[0]
    column = f", column {first.column!r}" if first.column else ""
    return (
        f"{len(faults):,} of {rows:,} rows break the contract of {contract.name!r}, so none is "
        f"answered; the first is row {first.row}{column}: {first.message}"
    )
