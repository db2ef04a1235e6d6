"""The watchdog of training jobs: what it is told, and the names of its rules."""

import json
from dataclasses import asdict, dataclass
from enum import StrEnum

ROUNDS_PER_LINE = 25
"""Rounds of training from one line of metrics to the next."""


class WatchdogRule(StrEnum):
    """Why a training job is stopped before its time."""

    NOT_A_NUMBER = "not-a-number"
    EXPLODING = "exploding"
    OVERFITTING = "overfitting"
    NOT_IMPROVING = "not-improving"
    OVER_TIME = "over-time"
    OVER_COST = "over-cost"


@dataclass(frozen=True, kw_only=True, slots=True)
class WatchdogLimits:
    """When a training job is stopped; each training of a tuning is a job of its own.

    Attributes:
        max_gap: Most that the AUC of training may exceed that of validation.
        patience_lines: Lines of metrics without an improvement that are accepted.
        max_minutes: Longest run.
        max_cost_usd: Most that one job may cost.
        usd_per_hour: What its machine costs.
    """

    max_gap: float
    patience_lines: int
    max_minutes: int
    max_cost_usd: float
    usd_per_hour: float

    def to_text(self) -> str:
        """Return it as JSON."""
        return json.dumps(asdict(self), sort_keys=True)

    @classmethod
    def from_text(cls, text: str) -> "WatchdogLimits":
        """Read what `to_text` wrote."""
        return cls(**json.loads(text))


def stopped(job_name: str) -> str:
    """Return the beginning of the text that tells why the watchdog has stopped a job."""
    return f"{job_name} was stopped by the watchdog: "
