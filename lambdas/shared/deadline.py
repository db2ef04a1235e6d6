"""Stopping in time: what is cut off by the function timeout leaves no record of itself."""

from collections.abc import Callable

from lambdas.shared.errors import TransientError

# Time kept back for recording failures and answering: a share of the run, within limits.
_RESERVE_SHARE = 0.1
_SHORTEST_RESERVE_MS = 1_000
_LONGEST_RESERVE_MS = 5_000


class DeadlineError(TransientError):
    """The work was stopped because the function's time is nearly up."""

    def __init__(self) -> None:
        super().__init__(
            "deadline",
            "stopped because the function's time was nearly up; it is tried again from the start. "
            "If it keeps happening, raise the function's timeout or memory, or send smaller files",
        )


class Deadline:
    """When to stop.

    Args:
        remaining_ms: Returns the milliseconds until the function is killed, as
            `context.get_remaining_time_in_millis` does.
    """

    def __init__(self, remaining_ms: Callable[[], int]) -> None:
        self._remaining_ms = remaining_ms
        share = int(remaining_ms() * _RESERVE_SHARE)
        self._reserve_ms = min(max(share, _SHORTEST_RESERVE_MS), _LONGEST_RESERVE_MS)

    def is_near(self, *, reserves: int = 1) -> bool:
        """Return whether less than `reserves` times the reserve is left."""
        return self._remaining_ms() < reserves * self._reserve_ms

    def seconds_left(self) -> float:
        """Return the seconds until only the reserve is left; less than zero after that."""
        return (self._remaining_ms() - self._reserve_ms) / 1_000

    def check(self) -> None:
        """Stop the work when only the reserve is left.

        Raises:
            DeadlineError: it is.
        """
        if self.is_near():
            raise DeadlineError
