"""One bad value at a time: each makes of a good row one that breaks its contract in a known way."""

import random
from collections.abc import Callable

from chaos.rows import Row
from contracts.errors import RowRejection
from schemas.datasets import Column, ColumnType, DatasetContract

BAD_BYTE = "\udcff"
"""A byte that is not UTF-8, as `surrogateescape` writes it."""

_NO_NUMBERS = ("late", "12:30", "--5", "1e", "0x1F", "1;5", "NaN NaN")
_ALIEN = "??"

Spoil = Callable[[Row, DatasetContract, random.Random], None]


def _pick(columns: list[Column], generator: random.Random) -> Column:
    return generator.choice(columns)


def _missing(row: Row, contract: DatasetContract, generator: random.Random) -> None:
    column = _pick([each for each in contract.columns if not each.nullable], generator)
    row[column.name] = generator.choice(sorted(contract.null_values))


def _type(row: Row, contract: DatasetContract, generator: random.Random) -> None:
    column = _pick([each for each in contract.columns if not _is_text(each)], generator)
    row[column.name] = generator.choice(_NO_NUMBERS)


def _range(row: Row, contract: DatasetContract, generator: random.Random) -> None:
    column = _pick([each for each in contract.columns if each.type is ColumnType.INT64], generator)
    bounds = [each for each in (column.minimum, column.maximum) if isinstance(each, int)]
    low, high = bounds
    row[column.name] = str(generator.choice([low - 1, high + 1, high * 1_000 + 7]))


def _domain(row: Row, contract: DatasetContract, generator: random.Random) -> None:
    row[_pick([each for each in contract.columns if each.domain], generator).name] = _ALIEN


def _length(row: Row, contract: DatasetContract, generator: random.Random) -> None:
    column = _pick([each for each in contract.columns if each.max_length], generator)
    row[column.name] = "N" * ((column.max_length or 0) + generator.randint(1, 40))


def _encoding(row: Row, contract: DatasetContract, generator: random.Random) -> None:
    column = _pick(list(contract.columns), generator)
    row[column.name] += BAD_BYTE


def _is_text(column: Column) -> bool:
    return column.type is ColumnType.STRING


SPOILERS: dict[RowRejection, Spoil] = {
    RowRejection.MISSING: _missing,
    RowRejection.TYPE: _type,
    RowRejection.RANGE: _range,
    RowRejection.DOMAIN: _domain,
    RowRejection.LENGTH: _length,
    RowRejection.ENCODING: _encoding,
}
"""What spoils a value, by the code that the row must then be quarantined with."""


def spoilers_for(contract: DatasetContract) -> list[RowRejection]:
    """Return the codes that a value of `contract` can be refused with, in a fixed order."""
    has_lengths = any(column.max_length for column in contract.columns)
    return [code for code in SPOILERS if has_lengths or code is not RowRejection.LENGTH]
