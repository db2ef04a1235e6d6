"""A column as what its statistics and its drift are made of: sorted numbers, or counts of names."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from schemas.columns import Column, ColumnType

Floats = npt.NDArray[np.float64]

# Nearly every value is another one, so neither their frequencies nor their set says anything.
MOMENTS = frozenset({ColumnType.DATE, ColumnType.TIMESTAMP})


@dataclass(frozen=True, kw_only=True, slots=True)
class Numbers:
    """A column of numbers; true and false are 1 and 0.

    Attributes:
        ordered: Those that are there, ascending, infinities included.
        missing: How many are not.
    """

    ordered: Floats
    missing: int

    @property
    def present(self) -> int:
        """How many are there."""
        return len(self.ordered)

    @property
    def finite(self) -> Floats:
        """Those that are neither infinite nor missing, ascending."""
        return self.ordered[np.isfinite(self.ordered)]


@dataclass(frozen=True, kw_only=True, slots=True)
class Names:
    """A column of texts.

    Attributes:
        counts: Each value to how often it is there; the most frequent first.
        missing: How many are not there.
    """

    counts: Mapping[str, int]
    missing: int

    @property
    def present(self) -> int:
        """How many are there."""
        return sum(self.counts.values())


@dataclass(frozen=True, kw_only=True, slots=True)
class Moments:
    """A column of dates or times, of which only numbers are kept."""

    present: int
    missing: int
    distinct: int


Values = Numbers | Names | Moments


def of_column(column: Column, array: pa.Array | pa.ChunkedArray) -> Values:
    """Return the values of a column of a table."""
    if column.type in MOMENTS:
        present = len(array) - array.null_count
        distinct = pc.count_distinct(array).as_py()
        return Moments(present=present, missing=array.null_count, distinct=distinct)
    if column.type is ColumnType.STRING:
        return _names(array.cast(pa.string()))
    # Whole numbers beyond 2^53 are rounded, which no bin notices.
    return numbers(array.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False))


def numbers(array: Floats) -> Numbers:
    """Return numbers in any order; NaN is a missing one."""
    ordered = np.sort(array)  # NaN comes last
    present = int(np.searchsorted(ordered, np.nan))
    return Numbers(ordered=ordered[:present], missing=len(ordered) - present)


def _names(array: pa.Array | pa.ChunkedArray) -> Names:
    counts = {
        each["values"]: each["counts"] for each in array.drop_null().value_counts().to_pylist()
    }
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return Names(counts=dict(ordered), missing=array.null_count)
