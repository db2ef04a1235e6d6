"""How many batches the mapping may hold, and how many the function can run."""

import math

from queue_rules.burst.scenarios import FEWEST_BATCHES, RAMP_STEP, BackOff, Ramp
from queue_rules.burst.settings import Load, Settings


class MappingLimit:
    """How many batches the mapping holds at most: it grows with time and shrinks with throttles.

    Args:
        ramp: How it grows.
        back_off: How it shrinks.
    """

    def __init__(self, ramp: Ramp, back_off: BackOff) -> None:
        self._ramp = ramp
        self._kept = back_off.kept
        self._from = ramp.first
        self._since = 0.0
        self._is_grown = False

    def at(self, now: float) -> int:
        """Return the limit; time must not go back."""
        if self._is_grown:
            return self._ramp.most
        grown = self._ramp.at(now - self._since) - self._ramp.first
        limit = min(self._ramp.most, self._from + grown)
        self._is_grown = limit == self._ramp.most
        return limit

    def next_step(self, now: float) -> float | None:
        """Return when the limit grows; None if it does not."""
        if self.at(now) >= self._ramp.most:
            return None
        steps = math.floor((now - self._since) / RAMP_STEP + 1e-9) + 1
        return self._since + steps * RAMP_STEP

    def back_off(self, now: float) -> None:
        """Shrink, since a batch was throttled."""
        if self._kept < 1:
            self._from = max(FEWEST_BATCHES, int(self._kept * self.at(now)))
            self._since = now
            self._is_grown = False


class Slots:
    """How many batches the function runs, and how many more it could.

    Args:
        settings: What the function has.
        load: When it has nothing.
    """

    def __init__(self, settings: Settings, load: Load) -> None:
        self._slots = settings.slots
        self._from = load.starved_from
        self._until = load.starved_from + load.starved_seconds
        self.running = 0

    def free(self, now: float) -> int:
        """Return how many more batches could start."""
        free = self._slots - self.running
        return free if free > 0 and not self._from <= now < self._until else 0
