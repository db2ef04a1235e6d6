"""A schedule is a pure function of its seed."""

import random
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace

from chaos.chance import generator_of
from chaos.faults import KILLS, Fault
from chaos.steps import (
    BadCalls,
    Burst,
    Close,
    Function,
    Kill,
    KillAtCall,
    LateEvents,
    Replay,
    Reprocess,
    Restart,
    Shuffle,
    Starve,
    Step,
    Strangers,
    Versions,
)

STEPS_PER_PHASE = 10
# A message that is cut off comes back after the visibility timeout of the ingestion queue. Faults
# end before that (a test holds them against environment local), so that each costs a valid message
# one receive, or two where a fault ends one and another the next, of its five.
LAST_START_SECONDS = 25.0
LONGEST_FAULT_SECONDS = 15.0

INGEST_OPERATIONS = (
    *("GetObject", "PutObject", "DeleteObjects"),
    *("UpdateItem", "GetItem", "Query", "TransactWriteItems"),
    "ChangeMessageVisibility",
)
ARCHIVE_OPERATIONS = ("GetItem", "UpdateItem")
_FAULTS = tuple(fault for fault in Fault if fault not in KILLS)


@dataclass(frozen=True, slots=True)
class Schedule:
    """What happens in a campaign.

    Attributes:
        seed: Where it comes from.
        steps: What happens, by number.
    """

    seed: int
    steps: tuple[Step, ...]

    def only(self, numbers: Collection[int]) -> "Schedule":
        """Return the schedule without the steps that are not in `numbers`.

        Raises:
            ValueError: it has no such step.
        """
        if unknown := set(numbers) - {step.number for step in self.steps}:
            raise ValueError(
                f"the schedule of seed {self.seed} has steps 1 to {len(self.steps)}, not "
                f"{', '.join(map(str, sorted(unknown)))}"
            )
        return replace(self, steps=tuple(s for s in self.steps if s.number in set(numbers)))

    @property
    def phases(self) -> dict[int, list[Step]]:
        """Steps of each phase, in the order in which they begin."""
        found: dict[int, list[Step]] = {}
        for step in sorted(self.steps, key=lambda each: (each.phase, each.at, each.number)):
            found.setdefault(step.phase, []).append(step)
        return found


def make_schedule(seed: int, steps: int) -> Schedule:
    """Draw a schedule.

    Args:
        seed: Any number.
        steps: How many steps, 1 or more.
    """
    if steps < 1:
        raise ValueError(f"a schedule has 1 step or more, got {steps}")
    generator = generator_of(seed, "schedule")
    makers, weights = zip(*_MAKERS, strict=True)
    drawn = []
    for number in range(1, steps + 1):
        phase, place = divmod(number - 1, STEPS_PER_PHASE)
        # Each phase begins with files: without any, nothing could go wrong.
        make = _burst if place == 0 else generator.choices(makers, weights)[0]
        at = 0.0 if place == 0 else round(generator.uniform(0, LAST_START_SECONDS), 1)
        drawn.append(replace(make(generator), number=number, phase=phase + 1, at=at))
    return Schedule(seed, tuple(drawn))


def _burst(generator: random.Random) -> Step:
    return Burst(
        files=generator.randint(5, 40),
        refused_share=generator.choice([0.0, 0.1, 0.4]),
        shared_share=generator.choice([0.0, 0.2, 0.6]),
    )


def _versions(generator: random.Random) -> Step:
    return Versions(
        keys=generator.randint(1, 4),
        versions=generator.randint(2, 5),
        refused_share=generator.choice([0.0, 0.3, 0.6]),
    )


def _shuffle(generator: random.Random) -> Step:
    return Shuffle(seconds=float(generator.randint(2, 8)), copies=generator.randint(1, 3))


def _kill_at_call(generator: random.Random) -> Step:
    return KillAtCall(
        function=Function.INGEST,
        operation=generator.choice(INGEST_OPERATIONS),
        fault=generator.choice(sorted(KILLS)),
    )


def _bad_calls(generator: random.Random) -> Step:
    fault = generator.choice(_FAULTS)
    # The archive's messages come back much later: faults of its calls that it can not survive at
    # once are rare, so that most campaigns end soon.
    is_archive = generator.random() < 0.1  # noqa: PLR2004
    operations = ARCHIVE_OPERATIONS if is_archive else INGEST_OPERATIONS
    some = sorted(generator.sample(operations, generator.choice([1, 1, 2])))
    is_all = generator.random() < 0.3  # noqa: PLR2004
    is_slow = fault is Fault.SLOW
    return BadCalls(
        function=Function.ARCHIVE if is_archive else Function.INGEST,
        operations=() if is_all else tuple(some),
        fault=fault,
        share=generator.choice([0.05, 0.2, 1.0])
        if is_slow
        else generator.choice([0.1, 0.3, 0.7, 1.0]),
        delay_seconds=generator.choice([0.3, 1.0, 3.0, 6.0]) if is_slow else 0.0,
        seconds=round(generator.uniform(3, LONGEST_FAULT_SECONDS), 1),
    )


def _starve(generator: random.Random) -> Step:
    seconds = round(generator.uniform(3, LONGEST_FAULT_SECONDS), 1)
    return Starve(function=Function.INGEST, seconds=seconds)


_Maker = Callable[[random.Random], Step]
_MAKERS: tuple[tuple[_Maker, int], ...] = (
    (_burst, 4),
    (_versions, 4),
    (_shuffle, 2),
    (_kill_at_call, 3),
    (_bad_calls, 5),
    (_starve, 1),
    (lambda generator: Strangers(count=generator.randint(1, 6)), 1),
    (lambda generator: LateEvents(count=generator.randint(1, 30)), 2),
    (lambda generator: Kill(function=generator.choices(list(Function), [9, 1])[0]), 3),
    (lambda generator: Replay(count=generator.randint(1, 20)), 2),
    (lambda generator: Close(count=generator.randint(1, 5)), 1),
    (lambda generator: Reprocess(count=generator.randint(1, 20)), 2),
    (lambda _: Restart(), 1),
)
"""What draws a step, and how often compared with the others."""
