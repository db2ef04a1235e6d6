"""What `constraints.json` asks of a column, its own overrides before what holds for all."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from schemas.constraints import (
    DISABLED,
    DISTRIBUTION,
    FEATURES,
    LESS,
    MONITORING,
    OVERRIDES,
    PERFORM,
    PSI,
    patched,
)
from schemas.findings import Measure

Document = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Thresholds:
    """The constraints in force.

    Attributes:
        document: `constraints.json`; see `schemas.constraints`.
    """

    document: Document

    @cached_property
    def features(self) -> dict[str, Document]:
        """Column to what is asked of it."""
        return {each["name"]: each for each in self.document.get(FEATURES, [])}

    def settings(self, name: str) -> Document:
        """Return the monitoring settings of a column, or of the scores, which have no overrides."""
        overrides = self.features.get(name, {}).get(OVERRIDES, {})
        return patched(self.document.get(MONITORING, {}), overrides)

    def is_evaluated(self, name: str) -> bool:
        """Whether anything is asked of a column."""
        return self.settings(name).get("evaluate_constraints") != DISABLED

    def max_psi(self, name: str) -> float | None:
        """Return the index above which a column has drifted; None where nobody compares."""
        distribution = self.settings(name).get(DISTRIBUTION, {})
        if not self.is_evaluated(name) or distribution.get(PERFORM) == DISABLED:
            return None
        threshold = distribution.get(PSI)
        return None if threshold is None else float(threshold)


def is_beyond(measure: Measure, bound: Document) -> bool:
    """Whether even the better end of a measure's confidence interval violates a bound."""
    if bound["comparison_operator"] == LESS:
        return bool(measure.high < bound["threshold"])
    return bool(measure.low > bound["threshold"])


def in_words(measure: Measure, bound: Document) -> str:
    """Return what was measured and what was asked for."""
    relation = "below" if bound["comparison_operator"] == LESS else "above"
    return (
        f"{measure.value:.4f} (95 % confidence: {measure.low:.4f} to {measure.high:.4f}) is "
        f"{relation} {bound['threshold']:g}"
    )
