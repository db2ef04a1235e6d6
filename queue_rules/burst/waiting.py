"""Batches that were throttled and wait for their next try."""

import math
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random
from typing import NamedTuple

from queue_rules.burst.messages import Messages, draw
from queue_rules.burst.scenarios import Retry

FIRST_PAUSE = 1.0
LONGEST_PAUSE = 30.0
MEAN_PAUSE = 10.0
LONGEST_WAIT = 12 * 60 * 60.0
"""No message stays invisible for longer."""


def _ages() -> Iterator[float]:
    age, pause = FIRST_PAUSE, FIRST_PAUSE
    while age <= LONGEST_WAIT:
        yield age
        pause = min(2 * pause, LONGEST_PAUSE)
        age += pause


AGES = tuple(_ages())
"""Seconds after which a doubling batch tries again."""


@dataclass(slots=True, eq=False)
class Batches:
    """Equal batches that were received together.

    Attributes:
        received_at: When; their first try.
        deadline: When their messages become visible again.
        number: How many batches.
        size: Messages in each.
        messages: What is in them, spread at random.
        waits: Whether they are in the waiting room.
    """

    received_at: float
    deadline: float
    number: int
    size: int
    messages: Messages
    waits: bool = False

    def split(self, number: int, rng: Random) -> "Batches":
        """Take `number` batches out."""
        self.number -= number
        messages = draw(self.messages, number * self.size, rng)
        return Batches(self.received_at, self.deadline, number, self.size, messages)


class Try(NamedTuple):
    """One try to start waiting batches.

    Attributes:
        time: When.
        batches: Which group.
        number: How many of it, at most.
    """

    time: float
    batches: Batches
    number: int


@dataclass(kw_only=True, slots=True)
class WaitingRoom:
    """Throttled batches, in the order in which they were received.

    Attributes:
        retry: When they try again.
        rng: Where that is left to chance.
        number: How many batches wait.
    """

    retry: Retry
    rng: Random
    number: int = 0
    _groups: list[Batches] = field(default_factory=list)
    _arrivals: list[float] = field(default_factory=list)

    def add(self, batches: Batches) -> None:
        """Let batches wait that were just throttled."""
        batches.waits = True
        self._groups.append(batches)
        self._arrivals.append(batches.received_at)
        self.number += batches.number

    def next_try(self, now: float) -> Try | None:
        """Return who is tried next, at `now` or later; None when nobody waits."""
        if not self._groups:
            return None
        if self.retry is Retry.AT_ONCE:
            return Try(now, self._groups[0], self._groups[0].number)
        if self.retry is Retry.AT_RANDOM:
            return Try(now + self.rng.expovariate(self.number / MEAN_PAUSE), self._any(), 1)
        return self._next_after_doubling(now)

    def _any(self) -> Batches:
        """Return the group of a batch, any batch as likely as any other."""
        place = self.rng.random() * self.number
        for group in self._groups:
            place -= group.number
            if place < 0:
                break
        return group

    def _next_after_doubling(self, now: float) -> Try | None:
        """Ask for each age at which batches are tried: who is the next to reach it?"""
        soonest, first = math.inf, 0
        for age in AGES:
            index = bisect_left(self._arrivals, now - age)
            if index < len(self._arrivals) and self._arrivals[index] + age < soonest:
                soonest, first = self._arrivals[index] + age, index
            if index == 0:
                break
        if math.isinf(soonest):
            return None
        return Try(max(now, soonest), self._groups[first], self._groups[first].number)

    def take(self, batches: Batches, number: int) -> Batches:
        """Let `number` of a group's batches leave; all of them, and the group is gone."""
        self.number -= number
        if number < batches.number:
            return batches.split(number, self.rng)
        index = bisect_left(self._arrivals, batches.received_at)
        while self._groups[index] is not batches:
            index += 1
        del self._groups[index], self._arrivals[index]
        batches.waits = False
        return batches

    def failed_tries(self, waited: float) -> int:
        """Return how often a batch was throttled again within `waited` seconds."""
        if self.retry is Retry.DOUBLING:
            return bisect_left(AGES, waited)
        return int(waited / (FIRST_PAUSE if self.retry is Retry.AT_ONCE else MEAN_PAUSE))
