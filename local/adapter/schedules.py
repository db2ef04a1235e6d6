"""Seam: schedules of EventBridge. They come round faster, by the scale of time."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from ministack.services import eventbridge, scheduler

from local.adapter import pinned

# Without it, rounding could put an occurrence just before itself, where it would be the next again.
_MARGIN_SECONDS = 0.001


def install(time_scale: float) -> None:
    """Put the seam in place.

    Args:
        time_scale: Divisor of the time between two occurrences. For `cron` this means that its
            calendar runs so much faster, from the emulator's start on.
    """
    clock = _Clock(began=time.time(), speed=time_scale)
    for module, name in (
        (eventbridge, "_SCHEDULER_TICK_INTERVAL"),
        (scheduler, "_SCHEDULE_TICK_INTERVAL"),
    ):
        # How often the emulator looks whether something is due.
        pinned.wrap(module, name, lambda seconds: seconds / time_scale)
    pinned.wrap(eventbridge, "_parse_rate_seconds", clock.shorten)
    pinned.wrap(eventbridge, "_cron_next_fire", clock.bring_forward)


class _Clock:
    """A calendar that runs faster than the world's.

    Attributes:
        began: Seconds since the epoch at which both calendars showed the same.
        speed: Its seconds in one of the world's.
    """

    def __init__(self, *, began: float, speed: float) -> None:
        self.began = began
        self.speed = speed

    def shorten(self, parse: Callable[[str], int | None]) -> Callable[[str], float | None]:
        """Shorten the interval that a `rate` expression stands for."""

        def wrapped(expression: str) -> float | None:
            seconds = parse(expression)
            return None if seconds is None else seconds / self.speed

        return wrapped

    def bring_forward(self, find: Callable[..., datetime | None]) -> Callable[..., Any]:
        """Find a `cron` expression's next occurrence in this calendar, and when that will be."""

        def wrapped(fields: Any, after: datetime) -> datetime | None:
            occurrence = find(fields, self._here(after))
            return None if occurrence is None else self._in_the_world(occurrence)

        return wrapped

    def _here(self, moment: datetime) -> datetime:
        elapsed = (moment.timestamp() - self.began) * self.speed
        return datetime.fromtimestamp(self.began + elapsed, UTC)

    def _in_the_world(self, moment: datetime) -> datetime:
        elapsed = (moment.timestamp() - self.began) / self.speed
        return datetime.fromtimestamp(self.began + elapsed + _MARGIN_SECONDS, UTC)
