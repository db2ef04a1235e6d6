import time
from collections.abc import Callable

# What logging takes at most when it has to try twice, see `lambdas.shared.clients`.
LOGGING_SECONDS = 10


class Budget:
    """How long the endpoint may take to answer a request, all attempts included.

    Args:
        seconds: The whole of it.
        remaining_ms: Returns the milliseconds until the function is killed, as
            `context.get_remaining_time_in_millis` does; logging the answer comes before that.
        clock: Returns seconds of a clock that is never set.
    """

    def __init__(
        self,
        seconds: float,
        remaining_ms: Callable[[], int],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._end = clock() + seconds
        self._remaining_ms = remaining_ms
        self._clock = clock

    def left(self) -> float:
        """Return the seconds that are left; less than zero when it is used up."""
        until_logging = self._remaining_ms() / 1_000 - LOGGING_SECONDS
        return min(self._end - self._clock(), until_logging)
