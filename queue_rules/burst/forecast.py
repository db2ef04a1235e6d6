"""What becomes of a burst, whatever AWS does: ranges over all scenarios."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import product

from queue_rules.burst.bound import lower_bound
from queue_rules.burst.outcome import Outcome
from queue_rules.burst.scenarios import (
    BACK_OFFS,
    BackOff,
    Order,
    Ramp,
    Rejection,
    Scenario,
    ramps,
    rejections,
)
from queue_rules.burst.settings import Load, Settings
from queue_rules.burst.simulation import simulate

DRAWS = ((Order.OLDEST, 0), (Order.RANDOM, 0), (Order.RANDOM, 1))
"""Order of receives, and what is added to the seed."""

LARGE = 100_000
"""Messages beyond which luck averages out, so that a second draw tells nothing new."""

MOST_STEPS = 3_000_000
"""Steps of simulations after which a forecast tries only what it needs to: about half a minute."""


@dataclass(frozen=True, slots=True)
class Range:
    """The least and the most of a figure."""

    low: float
    high: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Run:
    """One scenario and its outcome."""

    scenario: Scenario
    outcome: Outcome
    lower_bound: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Forecast:
    """What becomes of a burst.

    Attributes:
        settings: Queue, mapping and function.
        load: The burst.
        runs: One per scenario that differs from the others.
        left_out: Scenarios that may differ, but would have taken too long.
    """

    settings: Settings
    load: Load
    runs: tuple[Run, ...]
    left_out: int = 0

    def range_of(self, figure: Callable[[Outcome], float]) -> Range:
        """Return the least and the most of a figure over all scenarios."""
        return _range(figure(run.outcome) for run in self.runs)

    @property
    def lost(self) -> Range:
        """Valid messages in the dead-letter queue."""
        return self.range_of(lambda outcome: outcome.lost)

    @property
    def expired(self) -> Range:
        """Valid messages that the queue deleted for their age."""
        return self.range_of(lambda outcome: outcome.expired)

    @property
    def is_safe(self) -> bool:
        """Whether every valid message is processed in every scenario."""
        return not self.lost.high and not self.expired.high

    @property
    def rejected_after(self) -> Range | None:
        """Ages at which poison messages were dead-lettered, seconds; None if none was."""
        ages = [run.outcome.rejected_after for run in self.runs if run.outcome.rejected_after]
        return _range(age for both in ages for age in both) if ages else None

    @property
    def drained_at(self) -> Range | None:
        """When the last valid message was processed, seconds; None if none was."""
        times = [run.outcome.drained_at for run in self.runs if run.outcome.processed]
        return _range(times) if times else None

    @property
    def drain_ratio(self) -> Range | None:
        """Drain time / lower bound where every valid message was processed; else None."""
        ratios = [
            run.outcome.drained_at / run.lower_bound
            for run in self.runs
            if run.outcome.processed and not run.outcome.lost and not run.outcome.expired
        ]
        return _range(ratios) if ratios else None

    @property
    def lower_bound(self) -> Range:
        """Least time that the burst could take, seconds."""
        return _range(run.lower_bound for run in self.runs)

    @property
    def worst(self) -> Run:
        """The run that loses most, then the slowest."""
        return max(self.runs, key=_badness)

    @property
    def best(self) -> Run:
        """The run that loses least, then the fastest."""
        return min(self.runs, key=_badness)


def forecast(
    settings: Settings, load: Load, *, seed: int = 0, until_loss: bool = False
) -> Forecast:
    """Simulate every scenario.

    Args:
        settings: Queue, mapping and function.
        load: The burst.
        seed: Of all that is left to chance; the same seed gives the same figures.
        until_loss: Stop at the first valid message that is lost: enough to say "not safe".
    """
    runs: list[Run] = []
    left_out = 0
    for run in _runs(settings, load, seed, until_loss=until_loss):
        if run is None:
            left_out += 1
            continue
        runs.append(run)
        if until_loss and (run.outcome.lost or run.outcome.expired):
            break
    return Forecast(settings=settings, load=load, runs=tuple(runs), left_out=left_out)


def _runs(settings: Settings, load: Load, seed: int, *, until_loss: bool) -> Iterator[Run | None]:
    """Run every scenario but those that can only repeat an outcome; None for one left out."""
    is_large = load.messages > LARGE
    behaviours = rejections(settings) if load.poison_messages else (Rejection.WAITS,)
    history = _History(settings, load)
    for (order, luck), ramp, rejection in product(
        DRAWS[:2] if is_large else DRAWS, ramps(settings), behaviours
    ):
        bound = lower_bound(settings, load, ramp)
        for back_off in BACK_OFFS:
            scenario = Scenario(
                ramp=ramp, back_off=back_off, order=order, rejection=rejection, seed=seed + luck
            )
            if history.tells(scenario):
                continue
            if is_large and order is Order.RANDOM:
                yield None  # another draw
            if history.forbids(scenario):
                yield None
                continue
            outcome = simulate(settings, load, scenario, until_loss=until_loss)
            history.add(scenario, outcome)
            yield Run(scenario=scenario, outcome=outcome, lower_bound=bound)


class _History:
    """What the runs of a forecast have told so far.

    Args:
        settings: Queue, mapping and function.
        load: The burst.
    """

    def __init__(self, settings: Settings, load: Load) -> None:
        self._settings = settings
        self._load = load
        self._steps = 0
        self._first: dict[tuple[Ramp, Rejection, BackOff], Outcome] = {}
        self._start: tuple[object, ...] | None = None
        self._calm: set[tuple[object, ...]] = set()

    def add(self, scenario: Scenario, outcome: Outcome) -> None:
        """Remember a run."""
        self._steps += outcome.steps
        self._first.setdefault((scenario.ramp, scenario.rejection, scenario.back_off), outcome)
        self._start = self._start or _circumstances(scenario)
        if not outcome.throttles:
            self._calm.add(_circumstances(scenario))  # there is nothing to back off from
            if not self._load.poison_messages and not self._may_order_matter(outcome):
                self._calm.add((scenario.ramp, scenario.rejection))

    def tells(self, scenario: Scenario) -> bool:
        """Return whether the outcome can only be one that is known."""
        if self._calm & {_circumstances(scenario), (scenario.ramp, scenario.rejection)}:
            return True
        if self._load.messages <= LARGE:
            return False
        first = self._first.get((scenario.ramp, scenario.rejection, scenario.back_off))
        return first is not None and not self._may_order_matter(first)

    def _may_order_matter(self, outcome: Outcome) -> bool:
        """Return whether messages were received twice, or some were old when others were new."""
        all_young = outcome.drained_at < self._settings.retention or not self._load.arrival_seconds
        return outcome.came_back or not all_young

    def forbids(self, scenario: Scenario) -> bool:
        """Return whether it would take too long to try; those that throttle most never do."""
        if self._steps <= MOST_STEPS:
            return False
        return _circumstances(scenario) != self._start or scenario.back_off.kept < 1


def _circumstances(scenario: Scenario) -> tuple[object, ...]:
    return (scenario.ramp, scenario.rejection, scenario.order, scenario.seed)


def _range(figures: Iterable[float]) -> Range:
    numbers = list(figures)
    return Range(min(numbers), max(numbers))


def _badness(run: Run) -> tuple[float, float]:
    return run.outcome.lost + run.outcome.expired, run.outcome.drained_at
