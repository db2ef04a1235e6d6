"""When a training job is stopped: a rule is a name, and a function that says why.

To add one of your own, write a function of `Progress` and give it a name in `RULES`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import inf, isnan
from types import MappingProxyType

from lambdas.watchdog.lines import Line
from schemas.watchdog import WatchdogLimits, WatchdogRule

TRAIN_AUC, VALIDATION_AUC = "train-auc", "validation-auc"
VALIDATION_LOSS = "validation-logloss"
_VALIDATION = "validation-"
_LOSSES = (VALIDATION_LOSS, "train-logloss")
# Losses of an untrained model are about the same everywhere; ten times that is no noise.
EXPLODED = 10


@dataclass(frozen=True, kw_only=True, slots=True)
class Progress:
    """How far a job has come.

    Attributes:
        lines: Metrics of its log since it began last.
        elapsed_seconds: Since its machine was paid for; 0 before that.
        limits: What is accepted.
    """

    lines: Sequence[Line]
    elapsed_seconds: float
    limits: WatchdogLimits


Rule = Callable[[Progress], str | None]
"""Returns why a job must be stopped, for people; None when it may go on."""


def violation(progress: Progress, rules: Mapping[str, Rule] | None = None) -> str | None:
    """Return the first of `rules` that a job breaks, and how; None when it keeps to all of them.

    Args:
        progress: How far the job has come.
        rules: By name; `RULES` unless others are given.
    """
    for name, rule in (RULES if rules is None else rules).items():
        if why := rule(progress):
            return f"{name}: {why}"
    return None


def not_a_number(progress: Progress) -> str | None:
    """Nothing can be learnt by what is no number.

    Training is judged by its losses and by validation. What else it tells may be undefined without
    anything being wrong: the AUC of a few training examples whose labels happen to be equal.
    """
    for line in progress.lines:
        for name, value in line.metrics.items():
            if isnan(value) and (name in _LOSSES or name.startswith(_VALIDATION)):
                return f"{name} is not a number in round {line.round}"
    return None


def exploding(progress: Progress) -> str | None:
    """A loss that is infinite, or many times what it was, does not come back."""
    for name in _LOSSES:
        first: float | None = None
        for line in progress.lines:
            loss = line.metrics.get(name)
            if loss is None:
                continue
            first = loss if first is None else first
            if loss == inf:
                return f"{name} is infinite in round {line.round}"
            if loss > EXPLODED * first:
                return (
                    f"{name} is {loss:g} in round {line.round}, more than {EXPLODED} times what "
                    f"it was at first, {first:g}"
                )
    return None


def overfitting(progress: Progress) -> str | None:
    """A model that knows its own examples much better than later ones has learnt them by heart."""
    for line in progress.lines[-1:]:
        known, later = line.metrics.get(TRAIN_AUC), line.metrics.get(VALIDATION_AUC)
        if known is not None and later is not None and known - later > progress.limits.max_gap:
            return (
                f"train AUC {known:.4f} exceeds validation AUC {later:.4f} by "
                f"{known - later:.4f} in round {line.round}, which is more than "
                f"{progress.limits.max_gap:g}"
            )
    return None


def not_improving(progress: Progress) -> str | None:
    """Rounds that make nothing better are paid for in vain."""
    losses = [
        (line.metrics[VALIDATION_LOSS], line.round)
        for line in progress.lines
        if VALIDATION_LOSS in line.metrics
    ]
    if not losses:
        return None
    best, best_round = min(losses)
    since = sum(of_round > best_round for _, of_round in losses)
    if since < progress.limits.patience_lines:
        return None
    return (
        f"{VALIDATION_LOSS} has been no better than {best:g}, of round {best_round}, in "
        f"{since} lines of the log since then"
    )


def over_time(progress: Progress) -> str | None:
    """A job that takes much longer than it should is stuck, or was given too much."""
    minutes = progress.limits.max_minutes
    if progress.elapsed_seconds <= minutes * 60:
        return None
    return f"it has run for more than {minutes} minutes"


def over_cost(progress: Progress) -> str | None:
    """A job must not cost more than its budget, whatever it might still become."""
    limits = progress.limits
    if progress.elapsed_seconds / 3600 * limits.usd_per_hour <= limits.max_cost_usd:
        return None
    return (
        f"it has cost more than {limits.max_cost_usd:g} USD, at {limits.usd_per_hour:g} USD an hour"
    )


RULES: Mapping[str, Rule] = MappingProxyType(
    {
        WatchdogRule.NOT_A_NUMBER: not_a_number,
        WatchdogRule.EXPLODING: exploding,
        # What overfits does not get better either, and should be told so.
        WatchdogRule.OVERFITTING: overfitting,
        WatchdogRule.NOT_IMPROVING: not_improving,
        WatchdogRule.OVER_TIME: over_time,
        WatchdogRule.OVER_COST: over_cost,
    }
)
