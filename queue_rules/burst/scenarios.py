"""What AWS does not say, as variants: a forecast holds for all of them.

Documented: a mapping begins with 5 concurrent batches and adds "up to" 300 a minute until 1,250
(60 before 2024); a provisioned one adds up to 1,000. A throttled batch is retried until its
visibility timeout has passed, and meanwhile the mapping gradually reduces its concurrency.

Not documented, hence assumed in several ways: when a throttled batch is tried again, how far the
mapping reduces its concurrency, and in which order a queue hands out what is visible.

Sources: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html and
https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
"""

from dataclasses import dataclass
from enum import StrEnum

from queue_rules.burst.settings import INVOKES_PER_POLLER, MOST_BATCHES, Settings

RAMP_STEP = 5.0
"""Seconds between two steps of a ramp: assumed, since AWS states its pace only."""

FEWEST_BATCHES = 2
"""An idle mapping goes down to two; assumed of one that backs off, too."""


class Retry(StrEnum):
    """When a throttled batch is tried again, until its messages become visible again."""

    AT_ONCE = "at once"
    """As soon as the function has room, oldest batch first."""
    DOUBLING = "doubling"
    """After 1, 2, 4, ... 30 seconds."""
    AT_RANDOM = "at random"
    """At random moments, 10 seconds apart on average."""


class Order(StrEnum):
    """Which of the visible messages a receive returns."""

    OLDEST = "oldest first"
    """What became visible first; batches that failed together return together."""
    RANDOM = "random"


class Rejection(StrEnum):
    """What the function does with a message that it rejects for good."""

    MAKES_VISIBLE = "made visible"
    """Sets its visibility timeout to 0: the next receive follows at once."""
    WAITS = "waits"
    """Nothing: it reappears when its visibility timeout ends."""


@dataclass(frozen=True, kw_only=True, slots=True)
class BackOff:
    """How a mapping answers a throttle.

    Attributes:
        retry: When it tries the batch again.
        kept: Share of its concurrency that it keeps after a throttled read; it grows again at the
            pace of the ramp.
    """

    retry: Retry
    kept: float = 1


@dataclass(frozen=True, kw_only=True, slots=True)
class Ramp:
    """How many batches a mapping holds at once.

    Attributes:
        first: At the beginning.
        per_minute: Added each minute while messages wait.
        most: Never more.
    """

    first: int
    per_minute: int
    most: int

    def at(self, seconds: float) -> int:
        """Return the batches it may hold `seconds` after the first message."""
        steps = int(seconds / RAMP_STEP + 1e-9)
        return min(self.most, self.first + steps * int(self.per_minute * RAMP_STEP / 60))


@dataclass(frozen=True, kw_only=True, slots=True)
class Scenario:
    """One way in which AWS might behave.

    Attributes:
        ramp: How the mapping scales.
        back_off: How it answers a throttle.
        order: Which visible messages it receives.
        rejection: What the function does with poison messages.
        seed: Of everything that is left to chance.
    """

    ramp: Ramp
    back_off: BackOff
    order: Order = Order.OLDEST
    rejection: Rejection = Rejection.MAKES_VISIBLE
    seed: int = 0


BACK_OFFS = (
    BackOff(retry=Retry.AT_ONCE),
    BackOff(retry=Retry.DOUBLING),
    BackOff(retry=Retry.AT_RANDOM),
    BackOff(retry=Retry.DOUBLING, kept=0.5),
    BackOff(retry=Retry.AT_RANDOM, kept=0.1),
)

CURRENT_RAMP = Ramp(first=5, per_minute=300, most=MOST_BATCHES)
FORMER_RAMP = Ramp(first=5, per_minute=60, most=MOST_BATCHES)


def ramps(settings: Settings) -> tuple[Ramp, ...]:
    """Return the ways in which the mapping may scale, its own limit applied."""
    if settings.pollers:
        first, most = (
            INVOKES_PER_POLLER * each
            for each in (settings.pollers.minimum, settings.pollers.maximum)
        )
        return (Ramp(first=first, per_minute=1_000, most=most),)
    cap = settings.maximum_concurrency
    if cap is None:
        return (CURRENT_RAMP, FORMER_RAMP)
    capped = (
        Ramp(first=min(cap, ramp.first), per_minute=ramp.per_minute, most=min(cap, ramp.most))
        for ramp in (CURRENT_RAMP, FORMER_RAMP)
    )
    # A cap that needs no scaling is reached at once, whatever the pace.
    return tuple(capped) if cap > CURRENT_RAMP.first else tuple(capped)[:1]


def rejections(settings: Settings) -> tuple[Rejection, ...]:
    """Return what the function may do with poison messages; the template does not say.

    Failing a whole batch is an exception, which makes nothing visible. Without a dead-letter queue
    a message that is made visible would go round for days, so nobody does it.
    """
    if settings.fails_together or settings.max_receive_count is None:
        return (Rejection.WAITS,)
    return (Rejection.MAKES_VISIBLE, Rejection.WAITS)
