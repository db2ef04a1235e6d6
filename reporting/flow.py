"""A flow: stages with their figures on a grid, joined by arrows; one above the other on a phone."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Side(StrEnum):
    """The side of a stage on which an arrow leaves it."""

    RIGHT = "right"
    DOWN = "down"
    LEFT = "left"
    UP = "up"


@dataclass(frozen=True, kw_only=True, slots=True)
class Arrow:
    """What goes from a stage to its neighbour.

    Attributes:
        side: On which side the neighbour is.
        label: What goes; on a phone it is said at the end of the stage.
        at: Where on that side, as a share of it from the left or the top, 0 to 1.
    """

    side: Side
    label: str = ""
    at: float = 0.5


@dataclass(frozen=True, kw_only=True, slots=True)
class Stage:
    """One stage of a flow.

    Attributes:
        name: What it is.
        value: Its figure, formatted.
        label: What the figure counts.
        row: Place on the grid, from 1.
        column: Likewise; of a wide one the first.
        details: What else there is to say, each a few words.
        arrows: Where things go from here.
        is_good: Green or red; None where the figure is neither.
        columns: How many columns wide it is.
    """

    name: str
    value: str
    label: str
    row: int
    column: int
    details: Sequence[str] = ()
    arrows: Sequence[Arrow] = ()
    is_good: bool | None = None
    columns: int = 1


@dataclass(frozen=True, kw_only=True, slots=True)
class Flow:
    """Stages, in the order in which they are read."""

    stages: Sequence[Stage]

    @property
    def columns(self) -> int:
        """How many columns the grid has."""
        return max(each.column + each.columns - 1 for each in self.stages)
