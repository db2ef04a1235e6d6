"""Things that are done at their time, one after the other."""

import heapq
import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass, field

Action = Callable[[], None]


@dataclass(slots=True)
class Timeline:
    """Actions by the second at which they are due; an action may add others.

    One thread does them all: a long one delays those after it, and none meets a restart half way.

    Attributes:
        clock: Monotonic seconds.
        sleep: Waits for a number of seconds.
    """

    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    _due: list[tuple[float, int, Action]] = field(default_factory=list)
    _numbers: "itertools.count[int]" = field(default_factory=itertools.count)
    _began: float | None = None

    def at(self, second: float, action: Action) -> None:
        """Do `action` so many seconds after the beginning."""
        heapq.heappush(self._due, (second, next(self._numbers), action))

    def after(self, seconds: float, action: Action) -> None:
        """Do `action` so many seconds after now."""
        began = self.clock() if self._began is None else self._began
        self.at(self.clock() - began + seconds, action)

    def run(self) -> None:
        """Do everything."""
        self._began = self.clock()
        while self._due:
            second, _, action = heapq.heappop(self._due)
            if (wait := self._began + second - self.clock()) > 0:
                self.sleep(wait)
            action()
