"""Looks at queues and alarms while the demo runs, for its pictures."""

import re
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime

from botocore.exceptions import BotoCoreError, ClientError

from ops.alarms import state_changes
from ops.deployment import Deployment
from ops.queues import depths

LOOK_SECONDS = 0.5

# The name of its stack, which an alarm's begins with.
STACK_NAME = re.compile(r"^mlops-[a-z]+-[a-z-]+-(?=[A-Z])")


@dataclass(frozen=True, kw_only=True, slots=True)
class Sample:
    """What one look saw.

    Attributes:
        second: Seconds since the demo's clock began.
        waiting: Messages in the ingestion queue that can be received.
        in_flight: Messages being processed, or waiting for their visibility timeout.
        dead: Messages in the dead-letter queue.
    """

    second: float
    waiting: int
    in_flight: int
    dead: int


@dataclass(frozen=True, kw_only=True, slots=True)
class AlarmChange:
    """One alarm that went from one state to another."""

    second: float
    alarm: str
    state: str


@dataclass(slots=True)
class Watch:
    """Samples in the background from `with` to its end.

    Attributes:
        deployment: Where to look.
        clock: Seconds since the demo began.
        samples: What was seen, in order.
        changes: Alarms that changed their state.
    """

    deployment: Deployment
    clock: Callable[[], float]
    samples: list[Sample] = field(default_factory=list)
    changes: list[AlarmChange] = field(default_factory=list)
    _began: datetime = field(init=False)
    _began_at: float = field(init=False)
    _ended: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def __enter__(self) -> "Watch":
        """Start to look."""
        self._began, self._began_at = datetime.now(UTC), self.clock()
        self._thread = threading.Thread(target=self._look, name="watch", daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop, once the look under way is complete."""
        self._ended.set()
        if self._thread is not None:
            self._thread.join()

    def _look(self) -> None:
        while not self._ended.wait(LOOK_SECONDS):
            # A look that fails is one sample less; the demo's result does not rest on it.
            with suppress(BotoCoreError, ClientError):
                self._sample_queues()
                self._sample_alarms()

    def _sample_queues(self) -> None:
        depth = {each.name: each for each in depths(self.deployment, with_age=False)}
        self.samples.append(
            Sample(
                second=self.clock(),
                waiting=depth["ingestion"].waiting,
                in_flight=depth["ingestion"].in_flight,
                dead=depth["dead-letter"].total,
            )
        )

    def _sample_alarms(self) -> None:
        # Their history, not their states: scaled, an alarm may be over before the next look.
        self.changes = [
            AlarmChange(
                second=self._began_at + (each.moment - self._began).total_seconds(),
                alarm=STACK_NAME.sub("", each.alarm),
                state=each.state,
            )
            for each in state_changes(self.deployment, self._began)
        ]

    def wait_until_fired(self, name_part: str, *, timeout_seconds: float) -> bool:
        """Wait until an alarm has fired since the watch began; return whether it was in time."""
        return self._wait(lambda: "ALARM" in self._states_of(name_part), timeout_seconds)

    def wait_until_recovered(self, name_part: str, *, timeout_seconds: float) -> bool:
        """Wait until an alarm's last change was back to OK; return whether it was in time."""
        return self._wait(lambda: self._states_of(name_part)[-1:] == ["OK"], timeout_seconds)

    def _states_of(self, name_part: str) -> list[str]:
        return [each.state for each in self.changes if name_part in each.alarm]

    def _wait(self, condition: Callable[[], bool], timeout_seconds: float) -> bool:
        deadline = time.monotonic() + timeout_seconds
        while not condition():
            if time.monotonic() > deadline:
                return False
            self._ended.wait(LOOK_SECONDS)
        return True
