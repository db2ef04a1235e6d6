"""Finds a small list of steps that still fails."""

import time
from collections.abc import Callable, Sequence

Fails = Callable[[Sequence[int]], bool]
"""Runs the steps with these numbers; returns whether the campaign fails."""


def shrink(
    steps: Sequence[int],
    fails: Fails,
    *,
    longest_seconds: float,
    clock: Callable[[], float] = time.monotonic,
) -> list[int]:
    """Leave steps out as long as the rest still fails (Zeller's ddmin).

    Args:
        steps: Numbers of the steps of a schedule that failed.
        fails: Tries some of them; it may answer differently each time, so what is returned has
            failed once.
        longest_seconds: After this time no further try begins.
        clock: Monotonic seconds.

    Returns:
        The smallest list found; without any step less it did not fail, unless time was up.
    """
    deadline = clock() + longest_seconds
    smallest, parts = list(steps), 2
    while len(smallest) > 1:
        for rest in _without_a_part(smallest, parts):
            if clock() >= deadline:
                return smallest
            if fails(rest):
                smallest, parts = rest, max(parts - 1, 2)
                break
        else:
            if parts >= len(smallest):
                return smallest
            parts = min(2 * parts, len(smallest))
    return smallest


def _without_a_part(steps: list[int], parts: int) -> list[list[int]]:
    """Return `steps` without one of `parts` equal parts, for each part."""
    bounds = [len(steps) * index // parts for index in range(parts + 1)]
    return [
        steps[:start] + steps[end:]
        for start, end in zip(bounds, bounds[1:], strict=False)
        if start < end
    ]
