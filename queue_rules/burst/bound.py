"""The least time that a burst can take."""

from queue_rules.burst.scenarios import RAMP_STEP, Ramp
from queue_rules.burst.settings import Load, Settings


def lower_bound(settings: Settings, load: Load, ramp: Ramp) -> float:
    """Return the least time for the burst in whole batches, seconds.

    Every batch takes as long as a full one, and as many run as mapping and function allow at that
    time. A burst that arrives over time cannot end before its last message.
    """
    batch = min(settings.batch_size, load.messages)
    seconds = batch * load.seconds_per_message
    batches = -(-load.messages // batch)
    return max(
        _time_for(batches, seconds, _openings(ramp, settings.slots)),
        load.arrival_seconds * (1 - 1 / load.messages) + load.seconds_per_message,
    )


def _openings(ramp: Ramp, slots: int) -> list[tuple[float, int]]:
    """Return when slots open, and how many."""
    most = min(slots, ramp.most)
    openings, opened, step = [], 0, 0
    while opened < most:
        now_open = min(most, ramp.at(step * RAMP_STEP))
        if now_open > opened:
            openings.append((step * RAMP_STEP, now_open - opened))
        opened = now_open
        step += 1
    return openings


def _time_for(batches: int, seconds: float, openings: list[tuple[float, int]]) -> float:
    """Return the first moment at which `batches` runs of `seconds` can have ended."""
    if not openings:
        return float("inf")

    def ended(time: float) -> int:
        return sum(
            number * int((time - opens) / seconds + 1e-9)
            for opens, number in openings
            if time > opens
        )

    # Whole waves of the slots that are open from the beginning are enough; halve from there.
    low, high = 0.0, seconds * -(-batches // openings[0][1])
    while high - low > 1e-9 * high:
        middle = (low + high) / 2
        low, high = (low, middle) if ended(middle) >= batches else (middle, high)
    return high
