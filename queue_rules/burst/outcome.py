"""What became of a burst."""

from dataclasses import dataclass, field
from typing import NamedTuple

MOST_SAMPLES = 1_000


class Sample(NamedTuple):
    """The state at one moment.

    Attributes:
        seconds: Since the first message.
        queued: Messages in the queue, those in flight included.
        running: Batches that the function runs.
        waiting: Batches that were throttled and wait.
        dead: Messages that were dead-lettered so far.
    """

    seconds: float
    queued: int
    running: int
    waiting: int
    dead: int


@dataclass(kw_only=True, slots=True)
class Outcome:
    """What became of the messages of one simulated burst, each exactly once.

    Attributes:
        processed: Valid messages that were processed and deleted.
        lost: Valid messages in the dead-letter queue.
        expired: Valid messages that the queue deleted for their age.
        rejected: Poison messages in the dead-letter queue.
        poison_expired: Poison messages that the queue deleted for their age.
        duplicates: Times that a valid message was processed once more.
        throttles: Invocations that found no concurrency.
        drained_at: When the last valid message was processed, seconds after the first arrived.
        rejected_after: Shortest and longest age at which poison messages were dead-lettered.
        came_back: Whether any message became visible again, so that one was received twice.
        steps: Events that were simulated: what it took to find out.
        samples: The course of events.
    """

    processed: int = 0
    lost: int = 0
    expired: int = 0
    rejected: int = 0
    poison_expired: int = 0
    duplicates: int = 0
    throttles: int = 0
    drained_at: float = 0
    rejected_after: tuple[float, float] | None = None
    came_back: bool = False
    steps: int = 0
    samples: list[Sample] = field(default_factory=list)
    _interval: float = 0

    @property
    def ended(self) -> int:
        """Messages that are no longer in the queue."""
        return self.processed + self.lost + self.expired + self.rejected + self.poison_expired

    @property
    def valid_ended(self) -> int:
        """Valid messages that are no longer in the queue."""
        return self.processed + self.lost + self.expired

    def process(self, number: int, now: float) -> None:
        """Count valid messages that were processed and deleted."""
        if number:
            self.processed += number
            self.drained_at = now

    def expire(self, number: int, *, is_poison: bool) -> None:
        """Count messages that were older than the retention."""
        if is_poison:
            self.poison_expired += number
        else:
            self.expired += number

    def dead_letter(self, number: int, age: float, *, is_poison: bool) -> None:
        """Count messages that moved to the dead-letter queue."""
        if not is_poison:
            self.lost += number
            return
        shortest, longest = self.rejected_after or (age, age)
        self.rejected += number
        self.rejected_after = (min(shortest, age), max(longest, age))

    def wants_sample(self, now: float) -> bool:
        """Return whether enough time has passed since the last one."""
        return not self.samples or now - self.samples[-1].seconds >= self._interval

    def sample(self, sample: Sample) -> None:
        """Record a state; keeps about `MOST_SAMPLES`, evenly spread."""
        if self.samples and self.samples[-1].seconds == sample.seconds:
            self.samples.pop()
        self.samples.append(sample)
        if len(self.samples) > MOST_SAMPLES:
            self._interval = 2 * sample.seconds / MOST_SAMPLES
            self.samples = self.samples[::2]
