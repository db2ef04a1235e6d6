"""The arithmetic of a queue that feeds a function: what follows from what, and what cannot be.

Plain numbers, no constructs. Sources of the rules (R1, R2, ...): docs/queue-rules.md and
https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

DAY = 24 * 60 * 60
MIB = 1024 * 1024

# R1. Lambda retries a throttled batch for as long as its messages are invisible; AWS asks for six
# function timeouts, so that a retried message is not also delivered to a second poller.
VISIBILITY_TIMEOUT_FACTOR = 6
# R2. AWS asks for at least five receives before a message counts as bad. More receives would not
# ride out more: the visibility timeout follows from the ride-out time instead.
MAX_RECEIVE_COUNT = 5
# A receive is lost when the last try before the message becomes visible again finds the function
# starved, and AWS does not say when that try is. So the last receive must begin after starvation:
# this many are what rides it out.
RECEIVES_THAT_RIDE_OUT = MAX_RECEIVE_COUNT - 1
# R11. A message keeps its age when it moves to the next queue, so each must keep it longer.
DEAD_LETTER_RETENTION_SECONDS = 13 * DAY
PARKING_RETENTION_SECONDS = 14 * DAY

# R5. A mapping begins with five batches and adds more by and by: 300 a minute, 60 before 2024.
CONCURRENCY_AT_ONCE = 5
SLOWEST_RAMP_PER_SECOND = 1

# Limits of the services (R3, R9, R23).
CONCURRENCY_RANGE = (2, 1_000)
TIMEOUT_RANGE_SECONDS = (1, 900)
MIN_RETENTION_SECONDS = 60
MAX_VISIBILITY_TIMEOUT_SECONDS = 12 * 60 * 60
MAX_BATCH_SIZE = 10_000
MAX_BATCH_SIZE_WITHOUT_WINDOW = 10
MAX_BATCH_WINDOW_SECONDS = 300
MAX_INVOCATION_BYTES = 6 * MIB
MESSAGE_BYTES_RANGE = (1_024, MIB)


class QueueSettingsError(ValueError):
    """Settings that no queue and function can have together; the text lists every reason."""


@dataclass(frozen=True, kw_only=True, slots=True)
class QueueSettings:
    """One queue and the function it feeds.

    Attributes:
        timeout_seconds: Longest run of one batch.
        max_concurrency: Most batches at a time.
        batch_size: Most messages in a batch.
        batch_window_seconds: Longest wait for a batch to fill.
        ride_out_seconds: Starvation that no valid message may die of.
        retention_seconds: Time that the queue keeps a message.
        max_message_bytes: Largest message that the queue accepts.
        seconds_per_message: Time that a typical message takes.
        expected_burst: Messages that may arrive at once.
        max_drain_seconds: Longest acceptable time to work off `expected_burst`.
    """

    timeout_seconds: int
    max_concurrency: int
    batch_size: int
    batch_window_seconds: int
    ride_out_seconds: int
    retention_seconds: int
    max_message_bytes: int
    seconds_per_message: float
    expected_burst: int
    max_drain_seconds: int

    @property
    def visibility_timeout_seconds(self) -> int:
        """Seconds a received message stays invisible: R1, and the ride-out time shared by R2."""
        for_retries = VISIBILITY_TIMEOUT_FACTOR * self.timeout_seconds + self.batch_window_seconds
        return max(for_retries, math.ceil(self.ride_out_seconds / RECEIVES_THAT_RIDE_OUT))

    @property
    def survival_seconds(self) -> int:
        """Starvation that a valid message survives, whenever throttled batches are tried again."""
        return RECEIVES_THAT_RIDE_OUT * self.visibility_timeout_seconds

    @property
    def last_receive_seconds(self) -> int:
        """Time from the first receive until the last one has failed, too."""
        return MAX_RECEIVE_COUNT * self.visibility_timeout_seconds

    @property
    def drain_seconds(self) -> float:
        """Time to work off `expected_burst` in whole batches, the scaling ramp left aside."""
        batches = math.ceil(self.expected_burst / self.batch_size)
        return batches * self.batch_size * self.seconds_per_message / self.max_concurrency

    @property
    def late_seconds(self) -> int:
        """Age beyond which neither a burst within expectation nor a retry explains a message."""
        return max(self.max_drain_seconds, self.last_receive_seconds)

    @property
    def longest_stay_seconds(self) -> int:
        """Age that a valid message may reach: starved, received again, and last of the burst.

        Twice the sum of these: what starts late after starvation runs again, and AWS does not say
        how its pollers back off. In the simulator, messages stayed longer than the sum itself.
        """
        ramp = max(0, self.max_concurrency - CONCURRENCY_AT_ONCE) / SLOWEST_RAMP_PER_SECOND
        return math.ceil(2 * (self.last_receive_seconds + ramp + self.drain_seconds))

    def check(self, *, next_retention_seconds: int) -> None:
        """Raise when something cannot be.

        Args:
            next_retention_seconds: Time that the queue of this one's dead letters keeps them.

        Raises:
            QueueSettingsError: lists every violated rule, with the figures and what to change.
        """
        violations = [
            *self._limits(),
            *self._batches(),
            *self._drain(),
            *self._times(),
            *self._retention(next_retention_seconds),
        ]
        if violations:
            lines = "".join(f"\n  - {violation}" for violation in violations)
            raise QueueSettingsError(f"{len(violations)} queue rule(s) violated:{lines}")

    def _limits(self) -> Iterator[str]:
        low, high = CONCURRENCY_RANGE
        if not low <= self.max_concurrency <= high:
            yield f"R3: max_concurrency is {self.max_concurrency}; use {low} to {high}"
        shortest, longest = TIMEOUT_RANGE_SECONDS
        if not shortest <= self.timeout_seconds <= longest:
            yield f"R23: timeout is {self.timeout_seconds} s; use {shortest} to {longest} s"
        least, most = MESSAGE_BYTES_RANGE
        if not least <= self.max_message_bytes <= most:
            yield f"R23: max_message_bytes is {self.max_message_bytes}; use {least} to {most}"

    def _batches(self) -> Iterator[str]:
        if not 0 <= self.batch_window_seconds <= MAX_BATCH_WINDOW_SECONDS:
            yield (
                f"R9: batch_window is {self.batch_window_seconds} s; "
                f"use 0 to {MAX_BATCH_WINDOW_SECONDS} s"
            )
        most = MAX_BATCH_SIZE if self.batch_window_seconds else MAX_BATCH_SIZE_WITHOUT_WINDOW
        if not 1 <= self.batch_size <= most:
            yield (
                f"R9: batch_size is {self.batch_size} with a batch_window of "
                f"{self.batch_window_seconds} s; use 1 to {most}"
            )
            return
        work = self.batch_size * self.seconds_per_message
        if work > self.timeout_seconds:
            fitting = max(1, int(self.timeout_seconds / self.seconds_per_message))
            yield (
                f"R9: a batch of {self.batch_size} takes {work:g} s at {self.seconds_per_message:g}"
                f" s per message, but timeout is {self.timeout_seconds} s; use a batch_size of at "
                f"most {fitting} or a timeout of at least {math.ceil(work)} s"
            )
        size = self.batch_size * self.max_message_bytes
        if size > MAX_INVOCATION_BYTES:
            yield (
                f"R9: a batch of {self.batch_size} messages of {self.max_message_bytes} bytes is "
                f"{size} bytes, but Lambda accepts {MAX_INVOCATION_BYTES}; use a max_message_bytes "
                f"of at most {MAX_INVOCATION_BYTES // self.batch_size}"
            )

    def _drain(self) -> Iterator[str]:
        if self.seconds_per_message <= 0 or self.expected_burst < 0 or self.max_drain_seconds < 1:
            yield (
                f"R3: a burst of {self.expected_burst}, {self.seconds_per_message:g} s per message "
                f"and a max_drain_time of {self.max_drain_seconds} s say nothing; use an "
                "expected_burst of 0 or more, and times above 0"
            )
        elif self.batch_size < 1 or self.max_concurrency < 1:
            return  # reported already, and nothing drains
        elif self.drain_seconds > self.max_drain_seconds:
            needed = math.ceil(self.drain_seconds * self.max_concurrency / self.max_drain_seconds)
            yield (
                f"R3: a burst of {self.expected_burst} takes {self.drain_seconds:.0f} s at "
                f"max_concurrency {self.max_concurrency}, but max_drain_time is "
                f"{self.max_drain_seconds} s; use a max_concurrency of at least {needed}"
            )

    def _times(self) -> Iterator[str]:
        if self.ride_out_seconds < 1:
            yield f"R2: ride_out is {self.ride_out_seconds} s; use at least 1 s"
        if self.visibility_timeout_seconds > MAX_VISIBILITY_TIMEOUT_SECONDS:
            yield (
                f"R23: ride_out of {self.ride_out_seconds} s makes a visibility timeout of "
                f"{self.visibility_timeout_seconds} s, but SQS accepts "
                f"{MAX_VISIBILITY_TIMEOUT_SECONDS} s; use a ride_out of at most "
                f"{RECEIVES_THAT_RIDE_OUT * MAX_VISIBILITY_TIMEOUT_SECONDS} s"
            )

    def _retention(self, next_retention_seconds: int) -> Iterator[str]:
        if not MIN_RETENTION_SECONDS <= self.retention_seconds < next_retention_seconds:
            yield (
                f"R11: retention is {self.retention_seconds} s; use {MIN_RETENTION_SECONDS} s or "
                f"more, and less than the {next_retention_seconds} s of the dead-letter queue"
            )
        if self.batch_size < 1 or self.max_concurrency < 1:
            return  # reported already, and nothing drains
        if self.longest_stay_seconds >= self.retention_seconds:
            yield (
                f"R11: {MAX_RECEIVE_COUNT} receives of {self.visibility_timeout_seconds} s and a "
                f"burst of {self.expected_burst} may take {self.longest_stay_seconds} s, but "
                f"messages expire after {self.retention_seconds} s; use a retention above "
                f"{self.longest_stay_seconds} s"
            )
