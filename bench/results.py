"""What a measurement says, and whether that is enough."""

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """How a figure stands to its bounds."""

    GOAL = "goal"
    OK = "ok"
    SHORT = "short of goal"
    MISSED = "MISSED"
    REPORTED = "-"


@dataclass(frozen=True, slots=True)
class Bound:
    """A figure that is not to be exceeded; with `is_floor`, one that is to be reached."""

    figure: float
    is_floor: bool = False

    def allows(self, figure: float) -> bool:
        """Return whether `figure` keeps to this bound."""
        return figure >= self.figure if self.is_floor else figure <= self.figure

    def __str__(self) -> str:
        return f"{'≥' if self.is_floor else '≤'} {self.figure:g}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """One line of the table.

    Attributes:
        what: What was measured.
        ours: Our measurement, with its unit.
        peer: That of the peer or limit, with its name; empty for a figure that stands alone.
        figure: What the bounds are about.
        unit: Unit of `figure`; `×` for a ratio.
        must: The bound that may not be broken; None where nothing is promised.
        goal: The bound that is aimed at; None for none.
    """

    what: str
    ours: str
    peer: str = ""
    figure: float
    unit: str
    must: Bound | None = None
    goal: Bound | None = None

    @property
    def verdict(self) -> Verdict:
        """Return how `figure` stands to the bounds there are."""
        if self.must is not None and not self.must.allows(self.figure):
            return Verdict.MISSED
        if self.goal is not None:
            return Verdict.GOAL if self.goal.allows(self.figure) else Verdict.SHORT
        return Verdict.REPORTED if self.must is None else Verdict.OK

    @property
    def shown_figure(self) -> str:
        """The figure with its unit: counts as they are, others with three digits or so."""
        digits = 0 if isinstance(self.figure, int) else max(0, 3 - len(f"{abs(self.figure):.0f}"))
        return f"{self.figure:,.{digits}f} {self.unit}"


HEADER = ("what", "ours", "peer or limit", "figure", "must", "goal", "verdict")


def cells(line: Line) -> tuple[str, ...]:
    """Return `line` as texts under `HEADER`."""
    return (
        line.what,
        line.ours,
        line.peer,
        line.shown_figure,
        "" if line.must is None else str(line.must),
        "" if line.goal is None else str(line.goal),
        line.verdict.value,
    )
