"""What is simulated: a queue with its mapping and function, and what happens to them."""

from dataclasses import dataclass

DAY = 24 * 60 * 60
ACCOUNT_CONCURRENCY = 1_000
INVOKES_PER_POLLER = 10
LONGEST_SECONDS = 1_000_000_000
MOST_BATCHES = 1_250
"""Of a mapping that nothing limits."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ProvisionedPollers:
    """A mapping in provisioned mode.

    Attributes:
        minimum: Event pollers that are always there, 1 or more.
        maximum: Most event pollers; each invokes the function up to 10 times at once.
    """

    minimum: int
    maximum: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """A standard queue, the mapping that reads it and the function that it feeds.

    Attributes:
        visibility_timeout: Seconds that a received message stays invisible.
        timeout: Longest run of one batch, seconds.
        batch_size: Most messages in a batch.
        batch_window: Longest wait for a batch to fill, seconds.
        maximum_concurrency: The mapping's cap on concurrent batches, or None.
        reserved_concurrency: What the function reserves, or None: then it shares the account's.
        competitors: Batches that the function's other mappings run at most, together.
        uncapped: Names of those other mappings that nothing limits.
        pollers: Provisioned pollers, or None.
        max_receive_count: Receives after which a message is dead-lettered; None without a
            dead-letter queue.
        retention: Seconds that the queue keeps a message, counted from when it was sent.
        reports_failures: Whether the mapping takes a batch's failures one by one
            (`ReportBatchItemFailures`).

    Raises:
        ValueError: a figure is out of range.
    """

    visibility_timeout: int
    timeout: int
    batch_size: int = 10
    batch_window: int = 0
    maximum_concurrency: int | None = None
    reserved_concurrency: int | None = None
    competitors: int = 0
    uncapped: tuple[str, ...] = ()
    pollers: ProvisionedPollers | None = None
    max_receive_count: int | None = None
    retention: int = 4 * DAY
    reports_failures: bool = False

    def __post_init__(self) -> None:
        """Refuse figures with which nothing could ever happen."""
        for name in ("visibility_timeout", "timeout", "batch_size", "retention"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is {getattr(self, name)}; use 1 or more")
        for name in ("batch_window", "reserved_concurrency", "competitors"):
            if (getattr(self, name) or 0) < 0:
                raise ValueError(f"{name} is {getattr(self, name)}; use 0 or more")
        for name in ("maximum_concurrency", "max_receive_count"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ValueError(f"{name} is {value}; use 1 or more, or leave it out")
        if self.pollers and not 1 <= self.pollers.minimum <= self.pollers.maximum:
            raise ValueError(f"pollers are {self.pollers}; use 1 <= minimum <= maximum")

    @property
    def slots(self) -> int:
        """Batches that the function can run at once while its other mappings are busy.

        Mappings that together want more than there is get shares of it.
        """
        reserved = self.reserved_concurrency
        limit = ACCOUNT_CONCURRENCY if reserved is None else reserved
        others = self.competitors + MOST_BATCHES * len(self.uncapped)
        wanted = self.most_batches
        if not others or wanted + others <= limit:
            return limit - others
        return limit * wanted // (wanted + others)

    @property
    def most_batches(self) -> int:
        """Batches that the mapping holds at most, whatever the function can run."""
        if self.pollers:
            return INVOKES_PER_POLLER * self.pollers.maximum
        return MOST_BATCHES if self.maximum_concurrency is None else self.maximum_concurrency

    @property
    def fails_together(self) -> bool:
        """Whether one failed message fails its whole batch."""
        return self.batch_size > 1 and not self.reports_failures


@dataclass(frozen=True, kw_only=True, slots=True)
class Load:
    """A burst, and how the function fares meanwhile.

    Attributes:
        messages: Messages that arrive.
        seconds_per_message: Run time of the function for one message.
        arrival_seconds: Time over which they arrive evenly; 0 is all at once.
        poison: Share of messages that the function always rejects, 0 to 1.
        starved_seconds: How long the function gets no concurrency.
        starved_from: When that begins, seconds after the first message.

    Raises:
        ValueError: a figure is out of range.
    """

    messages: int
    seconds_per_message: float
    arrival_seconds: float = 0
    poison: float = 0
    starved_seconds: float = 0
    starved_from: float = 0

    def __post_init__(self) -> None:
        """Refuse figures that are not a burst."""
        if self.messages < 1:
            raise ValueError(f"messages is {self.messages}; use 1 or more")
        for name in ("seconds_per_message", "arrival_seconds", "starved_seconds", "starved_from"):
            if not getattr(self, name) <= LONGEST_SECONDS:  # nor is NaN
                raise ValueError(
                    f"{name} is {getattr(self, name)}; use a number of at most {LONGEST_SECONDS:,}"
                )
        if self.seconds_per_message <= 0:
            raise ValueError(f"seconds_per_message is {self.seconds_per_message}; use more than 0")
        if not 0 <= self.poison <= 1:
            raise ValueError(f"poison is {self.poison}; use a share of 0 to 1, such as 0.01")
        for name in ("arrival_seconds", "starved_seconds", "starved_from"):
            if getattr(self, name) < 0:
                raise ValueError(f"{name} is {getattr(self, name)}; use 0 or more")

    @property
    def poison_messages(self) -> int:
        """Messages that the function always rejects."""
        return round(self.messages * self.poison)
