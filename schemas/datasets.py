"""The vocabulary of data contracts: what a dataset's files promise, and how much may be wrong."""

import functools
import hashlib
import json
import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from schemas.columns import NAME, Bound, Column, ColumnType

__all__ = [
    "Bound",
    "Column",
    "ColumnType",
    "DatasetContract",
    "PartitionColumn",
    "by_name",
]

_MAX_PARTITIONS = 400


@dataclass(frozen=True, kw_only=True, slots=True)
class PartitionColumn:
    """A column that leaves the files and becomes a path segment, `<name>=<zero-padded value>`.

    Attributes:
        name: The column's name.
        minimum: Smallest value that may occur, inclusive.
        maximum: Largest value that may occur, inclusive.
    """

    name: str
    minimum: int
    maximum: int

    @property
    def digits(self) -> int:
        """Width to which values are padded with zeros, so that paths sort like numbers.

        It is `projection.<name>.digits` of Athena's partition projection.
        """
        return len(str(self.maximum))

    def segment(self, value: int) -> str:
        """The Hive path segment of `value`, for example `month=03`."""
        return f"{self.name}={value:0{self.digits}d}"


@dataclass(frozen=True, kw_only=True)
class DatasetContract:
    """What a dataset's files promise, and what becomes of a file that breaks its promise.

    A file's rows are judged one by one; bad ones are quarantined. The whole file is rejected when
    none of its rows is good, or when more rows are bad than both `tolerated_rejected_rows` and
    `max_rejected_share` of its rows.

    Attributes:
        name: The dataset's name: a folder in every bucket and a table in the catalog.
        description: What one row is, and where the data come from.
        columns: All columns, in the order in which curated files hold them. Files may order
            theirs differently, but must have exactly these.
        primary_key: Columns that identify a row; none nullable. Files are not checked for
            duplicates: snapshots de-duplicate by it.
        partition_by: Columns that become Hive partitions, outermost first: int64, not nullable,
            with a range of non-negative values. Partition projection enumerates all of them, and
            a writer may hold a file open for each, so there must not be more than 400.
        null_values: Spellings of an absent value in CSV files, quoted or not.
        max_rejected_share: Greatest accepted share of rejected rows, 0 to 1.
        tolerated_rejected_rows: Rejected rows that are accepted whatever their share, so that one
            bad row does not reject a small file.
        freshness_hours: Hours without a new file after which the dataset counts as stale.
        example: A true row, written as in a CSV file with `columns` in their order; `ops smoke`
            sends that of the main dataset.
    """

    name: str
    description: str
    columns: tuple[Column, ...]
    primary_key: tuple[str, ...]
    partition_by: tuple[str, ...] = ()
    null_values: frozenset[str] = frozenset({"", "NA"})
    max_rejected_share: float = 0.05
    tolerated_rejected_rows: int = 3
    freshness_hours: int = 24
    example: str = ""

    def __post_init__(self) -> None:
        """Refuse a contract that could not be enforced as written."""
        if not NAME.fullmatch(self.name):
            raise ValueError(f"dataset {self.name!r}: use lower-case letters, digits, underscores")
        if not self.columns:
            raise ValueError(f"dataset {self.name!r} has no columns")
        self._check_names("columns", self.column_names)
        self._check_primary_key()
        self._check_partitions()
        self._check_tolerance()

    def _check_primary_key(self) -> None:
        self._check_names("primary_key", self.primary_key)
        if not self.primary_key:
            raise ValueError(f"dataset {self.name!r} needs a primary_key: snapshots rely on it")
        for name in self.primary_key:
            if self.column(name).nullable:
                raise ValueError(f"dataset {self.name!r}: key column {name!r} must not be nullable")

    def _check_partitions(self) -> None:
        self._check_names("partition_by", self.partition_by)
        for name in self.partition_by:
            self._check_partition_column(self.column(name))
        partitions = math.prod(p.maximum - p.minimum + 1 for p in self.partition_columns)
        if partitions > _MAX_PARTITIONS:
            raise ValueError(
                f"dataset {self.name!r}: partition_by makes {partitions:,} partitions, more than "
                f"{_MAX_PARTITIONS}; narrow the columns' ranges or drop one"
            )
        if len(self.partition_by) == len(self.columns):
            raise ValueError(f"dataset {self.name!r}: partition_by leaves no column in the files")

    def _check_tolerance(self) -> None:
        if not 0 <= self.max_rejected_share <= 1:
            raise ValueError(
                f"dataset {self.name!r}: max_rejected_share must be 0 to 1, "
                f"got {self.max_rejected_share}"
            )
        if self.tolerated_rejected_rows < 0 or self.freshness_hours < 1:
            raise ValueError(
                f"dataset {self.name!r}: tolerated_rejected_rows must be 0 or more and "
                "freshness_hours 1 or more"
            )

    def _check_names(self, what: str, names: tuple[str, ...]) -> None:
        repeated = sorted({name for name in names if names.count(name) > 1})
        if repeated:
            raise ValueError(f"dataset {self.name!r}: {what} repeats {', '.join(repeated)}")
        unknown = sorted(set(names) - set(self.column_names))
        if unknown:
            raise ValueError(
                f"dataset {self.name!r}: {what} names unknown columns {', '.join(unknown)}; "
                f"its columns are {', '.join(self.column_names)}"
            )

    def _check_partition_column(self, column: Column) -> None:
        if (
            column.type is not ColumnType.INT64
            or column.nullable
            or column.maximum is None
            or not isinstance(column.minimum, int)
            or column.minimum < 0
        ):
            raise ValueError(
                f"dataset {self.name!r}: partition column {column.name!r} must be int64, not "
                "nullable, with a minimum of 0 or more and a maximum"
            )

    @property
    def column_names(self) -> tuple[str, ...]:
        """Names of all columns, in order."""
        return tuple(column.name for column in self.columns)

    def column(self, name: str) -> Column:
        """The column called `name`.

        Raises:
            KeyError: there is none.
        """
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(f"dataset {self.name!r} has no column {name!r}")

    @property
    def file_columns(self) -> tuple[Column, ...]:
        """Columns that curated files hold, in order: all but the partition columns."""
        return tuple(column for column in self.columns if column.name not in self.partition_by)

    @property
    def partition_columns(self) -> tuple[PartitionColumn, ...]:
        """Columns that the path of a curated file holds, outermost first."""
        return tuple(_partition_column(self.column(name)) for name in self.partition_by)

    @functools.cached_property
    def content_hash(self) -> str:
        """SHA-256 (64 hex digits) of everything that decides what becomes of a file.

        Equal in every process and on every machine; descriptions, the primary key, freshness
        and the example are left out, because ingestion does not act on them.
        """
        canonical = json.dumps(self._deciding_parts(), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()

    def _deciding_parts(self) -> dict[str, object]:
        return {
            "name": self.name,
            "columns": [
                {
                    "name": column.name,
                    "type": column.type.value,
                    "nullable": column.nullable,
                    "minimum": _canonical(column.minimum),
                    "maximum": _canonical(column.maximum),
                    "domain": sorted(column.domain),
                    "max_length": column.max_length,
                }
                for column in self.columns
            ],
            "partition_by": self.partition_by,
            "null_values": sorted(self.null_values),
            "max_rejected_share": float(self.max_rejected_share),
            "tolerated_rejected_rows": self.tolerated_rejected_rows,
        }


def _partition_column(column: Column) -> PartitionColumn:
    if not isinstance(column.minimum, int) or not isinstance(column.maximum, int):
        raise TypeError(f"column {column.name!r} has no range, so it cannot be a partition")
    return PartitionColumn(name=column.name, minimum=column.minimum, maximum=column.maximum)


def _canonical(bound: Bound | None) -> int | float | str | None:
    return bound.isoformat() if isinstance(bound, date) else bound


def by_name(contracts: Iterable[DatasetContract]) -> dict[str, DatasetContract]:
    """Index `contracts` by their names.

    Raises:
        ValueError: two share a name.
    """
    index: dict[str, DatasetContract] = {}
    for contract in contracts:
        if contract.name in index:
            raise ValueError(f"two contracts are named {contract.name!r}")
        index[contract.name] = contract
    return index
