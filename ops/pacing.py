import time
from collections.abc import Callable, Iterator


class Pacer:
    """Spaces calls evenly, so that a replay does not become the next burst.

    Args:
        rate_per_second: Most calls in a second; above 0.
        clock: Monotonic seconds.
        sleep: Waits for a number of seconds.

    Raises:
        ValueError: `rate_per_second` is not above 0.
    """

    def __init__(
        self,
        rate_per_second: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        if rate_per_second <= 0:
            raise ValueError(f"the rate must be above 0 per second, got {rate_per_second}")
        self._interval = 1 / rate_per_second
        self._clock = clock
        self._sleep = sleep
        self._next = clock()

    def wait(self) -> None:
        """Return when the next call may be made."""
        now = self._clock()
        if now < self._next:
            self._sleep(self._next - now)
        self._next = max(now, self._next) + self._interval


class Poll:
    """Repeats a look at something until a deadline.

    Args:
        timeout_seconds: Longest time to look.
        poll_seconds: Time between two looks.
        clock: Monotonic seconds.
        sleep: Waits for a number of seconds.
    """

    def __init__(
        self,
        timeout_seconds: float,
        poll_seconds: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._deadline = clock() + timeout_seconds
        self._poll_seconds = poll_seconds
        self._clock = clock
        self._sleep = sleep

    def __iter__(self) -> Iterator[None]:
        """Yield at once, then after every pause, until the deadline has passed."""
        yield
        while self._clock() < self._deadline:
            self._sleep(self._poll_seconds)
            yield
