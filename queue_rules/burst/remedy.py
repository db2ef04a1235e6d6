"""What to change so that a burst loses nothing: the fewest settings, proven by simulation."""

import math
from collections.abc import Callable, Iterator, Set
from dataclasses import dataclass, fields, replace
from itertools import combinations

from queue_rules.burst.forecast import Forecast, forecast
from queue_rules.burst.settings import ACCOUNT_CONCURRENCY, Load, Settings

# R1 to R3, R9 and R23 of docs/queue-rules.md.
VISIBILITY_TIMEOUT_FACTOR = 6
MIN_RECEIVE_COUNT = 5
MIN_CONCURRENCY, MAX_CONCURRENCY = 2, 1_000
MAX_TIMEOUT = 900
MAX_VISIBILITY_TIMEOUT = 12 * 60 * 60

SETTING_NAMES = {
    "visibility_timeout": "VisibilityTimeout",
    "timeout": "Timeout",
    "batch_size": "BatchSize",
    "maximum_concurrency": "MaximumConcurrency",
    "reserved_concurrency": "ReservedConcurrentExecutions",
    "max_receive_count": "maxReceiveCount",
    "reports_failures": "ReportBatchItemFailures",
}
"""Field of `Settings` -> what CloudFormation calls it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """One setting that has to change.

    Attributes:
        setting: What CloudFormation calls it; of which mapping, unless it is the one simulated.
        before: Its value; None when it is not set.
        after: The value to set.
    """

    setting: str
    before: int | None
    after: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Remedy:
    """The fewest changes with which nothing is lost.

    Attributes:
        changes: What to change.
        proof: The same burst with these changes.
    """

    changes: tuple[Change, ...]
    proof: Forecast


def find_remedy(settings: Settings, load: Load, *, seed: int = 0) -> Remedy | None:
    """Return the fewest changes with which the burst loses nothing; None if there are none.

    Args:
        settings: Those with which it loses something.
        load: The burst.
        seed: As of the forecast.
    """
    tried = [settings]
    for count in range(1, len(STEPS) + 1):
        for steps in combinations(STEPS, count):
            changed = settings
            for step in steps:
                changed = step(changed, load)
            if changed in tried:
                continue
            tried.append(changed)
            if _broken(changed) - _broken(settings):
                continue  # `check` would refuse it
            proof = forecast(changed, load, seed=seed, until_loss=True)
            if proof.is_safe:
                return Remedy(changes=tuple(_changes(settings, changed)), proof=proof)
    return None


def _broken(settings: Settings) -> Set[str]:
    """Return the rules about several settings that a change of one of them can break."""
    visibility, receives = settings.visibility_timeout, settings.max_receive_count
    needed = VISIBILITY_TIMEOUT_FACTOR * settings.timeout + settings.batch_window
    broken = set()
    if visibility < needed:
        broken.add("R1")
    if receives is not None and receives * visibility >= settings.retention:
        broken.add("R11")
    return broken


def _changes(before: Settings, after: Settings) -> Iterator[Change]:
    for name in before.uncapped if after.uncapped != before.uncapped else ():
        yield Change(setting=f"MaximumConcurrency of {name}", before=None, after=MIN_CONCURRENCY)
    for field in fields(Settings):
        if field.name not in SETTING_NAMES:
            continue
        old, new = getattr(before, field.name), getattr(after, field.name)
        if old != new:
            yield Change(setting=SETTING_NAMES[field.name], before=old, after=new)


def _fit_batches(settings: Settings, load: Load) -> Settings:
    """R9: a batch ends before the function's timeout."""
    if load.seconds_per_message > settings.timeout:
        return replace(
            settings, batch_size=1, timeout=min(MAX_TIMEOUT, math.ceil(load.seconds_per_message))
        )
    fitting = int(settings.timeout / load.seconds_per_message)
    return replace(settings, batch_size=min(settings.batch_size, fitting))


def _report_failures(settings: Settings, _: Load) -> Settings:
    """R8: one bad message does not fail its batch."""
    return replace(settings, reports_failures=settings.reports_failures or settings.batch_size > 1)


def _cap_concurrency(settings: Settings, _: Load) -> Settings:
    """R3, R6: the function's mappings together never hold more batches than it can run.

    Other mappings keep what they may use, and get the least possible where nothing limits them;
    what is left of the reservation is for this one, and if that is too little, it has to grow.
    """
    others = settings.competitors + MIN_CONCURRENCY * len(settings.uncapped)
    reserved, most = settings.reserved_concurrency, settings.most_batches
    if not settings.pollers:
        room = (ACCOUNT_CONCURRENCY if reserved is None else reserved) - others
        if room < MIN_CONCURRENCY:
            room = settings.maximum_concurrency or MIN_CONCURRENCY
        most = max(MIN_CONCURRENCY, min(most, room, MAX_CONCURRENCY))
    return replace(
        settings,
        maximum_concurrency=settings.maximum_concurrency if settings.pollers else most,
        reserved_concurrency=None if reserved is None else max(reserved, most + others),
        competitors=others,
        uncapped=(),
    )


def _receive_more_often(settings: Settings, _: Load) -> Settings:
    """R2: a message that was throttled a few times is not bad."""
    if settings.max_receive_count is None:
        return settings
    return replace(settings, max_receive_count=max(MIN_RECEIVE_COUNT, settings.max_receive_count))


def _stay_invisible(settings: Settings, load: Load) -> Settings:
    """R1, R2: throttled batches can be tried again, and the last receive follows starvation."""
    needed = VISIBILITY_TIMEOUT_FACTOR * settings.timeout + settings.batch_window
    receives = settings.max_receive_count
    if receives is not None and receives > 1:
        needed = max(needed, math.ceil(load.starved_seconds / (receives - 1)))
    longest = min(MAX_VISIBILITY_TIMEOUT, needed)
    return replace(settings, visibility_timeout=max(settings.visibility_timeout, longest))


# In this order: batches decide the timeout, and both it and the receives the visibility timeout.
STEPS: tuple[Callable[[Settings, Load], Settings], ...] = (
    _cap_concurrency,
    _report_failures,
    _fit_batches,
    _receive_more_often,
    _stay_invisible,
)
