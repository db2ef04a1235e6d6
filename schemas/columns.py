"""Columns of a data contract: a type, and rules for its values."""

import math
import re
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

# Names become Glue columns, Hive path segments and Parquet fields: the set that all three share.
NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
_INT64_LIMITS = (-(2**63), 2**63 - 1)

Bound = int | float | date | datetime


class ColumnType(StrEnum):
    """What a column holds; `contracts.rows` defines how each is spelled in a file."""

    STRING = "string"
    INT64 = "int64"
    FLOAT64 = "float64"
    TIMESTAMP = "timestamp"
    DATE = "date"
    BOOL = "bool"


_BOUND_TYPES: dict[ColumnType, tuple[type, ...]] = {
    ColumnType.INT64: (int,),
    ColumnType.FLOAT64: (int, float),
    ColumnType.TIMESTAMP: (datetime,),
    ColumnType.DATE: (date,),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Column:
    """One column of a dataset.

    Attributes:
        name: Lower-case letters, digits and underscores; at most 63 characters.
        type: What its values are.
        nullable: Whether a value may be absent.
        minimum: Smallest accepted value, inclusive: an int for int64, a number for float64, a
            `date` for date, an aware `datetime` for timestamp.
        maximum: Largest accepted value, inclusive.
        domain: The accepted values of a string column; empty accepts any.
        max_length: Most characters (Unicode code points) of a string column.
        description: Meaning and unit, for people; it decides nothing.
    """

    name: str
    type: ColumnType
    nullable: bool = False
    minimum: Bound | None = None
    maximum: Bound | None = None
    domain: frozenset[str] = frozenset()
    max_length: int | None = None
    description: str = ""

    def __post_init__(self) -> None:
        """Refuse a column that could not be enforced as written."""
        if not NAME.fullmatch(self.name):
            raise ValueError(
                f"column {self.name!r}: use lower-case letters, digits and underscores, "
                "starting with a letter, at most 63 characters"
            )
        if not isinstance(self.domain, frozenset):
            raise TypeError(f"column {self.name!r}: domain must be a frozenset of strings")
        self._check_bounds()
        self._check_text_rules()

    def _check_bounds(self) -> None:
        bounds = [bound for bound in (self.minimum, self.maximum) if bound is not None]
        allowed = _BOUND_TYPES.get(self.type, ())
        if bounds and not allowed:
            raise ValueError(
                f"column {self.name!r}: a {self.type} column takes no minimum or maximum"
            )
        for bound in bounds:
            # Exact types: bool is an int and datetime is a date to isinstance().
            if type(bound) not in allowed:
                expected = " or ".join(kind.__name__ for kind in allowed)
                raise ValueError(
                    f"column {self.name!r}: bounds of a {self.type} column are {expected}, "
                    f"got {bound!r}"
                )
            _check_bound_value(self.name, self.type, bound)
        if bounds and bounds[0] > bounds[-1]:  # type: ignore[operator]
            raise ValueError(
                f"column {self.name!r}: minimum {self.minimum} is above maximum {self.maximum}"
            )

    def _check_text_rules(self) -> None:
        if self.type is not ColumnType.STRING:
            if self.domain or self.max_length is not None:
                raise ValueError(
                    f"column {self.name!r}: only a string column takes a domain or max_length"
                )
            return
        if self.max_length is not None and self.max_length < 1:
            raise ValueError(
                f"column {self.name!r}: max_length must be 1 or more, got {self.max_length}"
            )
        too_long = sorted(v for v in self.domain if len(v) > (self.max_length or len(v)))
        if too_long:
            raise ValueError(
                f"column {self.name!r}: domain values {too_long} are longer than max_length"
            )


def _check_bound_value(name: str, type_: ColumnType, bound: Bound) -> None:
    """Refuse bounds that no comparison can honour: not finite, outside int64, without zone."""
    if isinstance(bound, datetime):
        if bound.utcoffset() is None:
            raise ValueError(f"column {name!r}: bound {bound} needs a time zone, such as UTC")
    elif isinstance(bound, float) and not math.isfinite(bound):
        raise ValueError(f"column {name!r}: bound {bound} is not finite; use None for no bound")
    elif type_ is ColumnType.INT64 and isinstance(bound, int):
        low, high = _INT64_LIMITS
        if not low <= bound <= high:
            raise ValueError(f"column {name!r}: bound {bound} is outside int64")
