"""Steps of a schedule: what is sent, and what goes wrong."""

from dataclasses import dataclass
from enum import StrEnum

from chaos.faults import Fault


class Function(StrEnum):
    """The functions whose workers and calls can be struck."""

    INGEST = "ingest"
    ARCHIVE = "archive"


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """One step. It means the same whichever other steps are left out.

    Attributes:
        number: Its place in the schedule, from 1; with the seed it names all chance in it.
        phase: Steps of one phase overlap; after each phase things come to rest and are judged.
        at: Seconds after the phase's beginning.
    """

    number: int = 0
    phase: int = 1
    at: float = 0.0

    def __str__(self) -> str:
        """Return a line for people."""
        return f"{self.number:3}  phase {self.phase}  +{self.at:4.1f} s  {self.told}"

    @property
    def told(self) -> str:
        """What it does, in words."""
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True, slots=True)
class Burst(Step):
    """Files arrive at once.

    Attributes:
        files: How many.
        refused_share: Probability that one of them must be refused whole, 0 to 1.
        shared_share: Probability that it gets a key that other files have, too, 0 to 1.
    """

    files: int
    refused_share: float
    shared_share: float

    @property
    def told(self) -> str:
        """See `Step`."""
        return (
            f"a burst of {self.files} files, {self.refused_share:.0%} damaged, "
            f"{self.shared_share:.0%} under shared keys"
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Versions(Step):
    """Versions of the same few keys follow each other; some are refused, some correct others.

    Attributes:
        keys: How many keys, of the shared ones.
        versions: How many of each.
        refused_share: Probability that a version must be refused, 0 to 1.
    """

    keys: int
    versions: int
    refused_share: float

    @property
    def told(self) -> str:
        """See `Step`."""
        return (
            f"{self.versions} versions of each of {self.keys} shared keys, "
            f"{self.refused_share:.0%} damaged"
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Strangers(Step):
    """Messages arrive that are no announcements of files."""

    count: int

    @property
    def told(self) -> str:
        """See `Step`."""
        return f"{self.count} messages that announce no file"


@dataclass(frozen=True, kw_only=True, slots=True)
class LateEvents(Step):
    """Events of versions that the ledger knows are delivered (again)."""

    count: int

    @property
    def told(self) -> str:
        """See `Step`."""
        return f"{self.count} events of known versions come again"


@dataclass(frozen=True, kw_only=True, slots=True)
class Shuffle(Step):
    """Messages are taken off the queue, held back, and sent several times in another order.

    Attributes:
        seconds: For how long messages are taken.
        copies: How often each is sent.
    """

    seconds: float
    copies: int

    @property
    def told(self) -> str:
        """See `Step`."""
        return f"for {self.seconds:.0f} s messages are held back, then {self.copies} copies of each"


@dataclass(frozen=True, kw_only=True, slots=True)
class Kill(Step):
    """The workers of a function are killed, whatever they do."""

    function: Function

    @property
    def told(self) -> str:
        """See `Step`."""
        return f"the workers of {self.function} are killed"


@dataclass(frozen=True, kw_only=True, slots=True)
class KillAtCall(Step):
    """The workers of a function are killed at their next call of an operation.

    Attributes:
        function: Whose workers.
        operation: For example `TransactWriteItems`.
        fault: `KILL_BEFORE` or `KILL_AFTER` it is done.
    """

    function: Function
    operation: str
    fault: Fault

    @property
    def told(self) -> str:
        """See `Step`."""
        moment = "before" if self.fault is Fault.KILL_BEFORE else "after"
        return f"the workers of {self.function} are killed {moment} their next {self.operation}"


@dataclass(frozen=True, kw_only=True, slots=True)
class BadCalls(Step):
    """Calls of a function go wrong for a while.

    Attributes:
        function: Whose calls.
        operations: Which; empty for all.
        fault: How.
        share: Probability that a call goes wrong, 0 to 1.
        delay_seconds: By how much slow answers are late.
        seconds: For how long.
    """

    function: Function
    operations: tuple[str, ...]
    fault: Fault
    share: float
    delay_seconds: float
    seconds: float

    @property
    def told(self) -> str:
        """See `Step`."""
        calls = " and ".join(self.operations) or "any call"
        how = f"{self.fault} by {self.delay_seconds:.1f} s" if self.delay_seconds else self.fault
        return (
            f"for {self.seconds:.0f} s {self.share:.0%} of {self.function}'s calls ({calls}): {how}"
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Starve(Step):
    """A function gets no concurrency for a while, less than the ride-out time."""

    function: Function
    seconds: float

    @property
    def told(self) -> str:
        """See `Step`."""
        return f"{self.function} gets no concurrency for {self.seconds:.0f} s"


@dataclass(frozen=True, kw_only=True, slots=True)
class Replay(Step):
    """Dead letters are sent back."""

    count: int

    @property
    def told(self) -> str:
        """See `Step`."""
        return f"up to {self.count} dead letters are replayed"


@dataclass(frozen=True, kw_only=True, slots=True)
class Close(Step):
    """Dead letters are closed by an operator."""

    count: int

    @property
    def told(self) -> str:
        """See `Step`."""
        return f"up to {self.count} dead letters are closed"


@dataclass(frozen=True, kw_only=True, slots=True)
class Reprocess(Step):
    """Curated versions are run again."""

    count: int

    @property
    def told(self) -> str:
        """See `Step`."""
        return f"up to {self.count} curated versions are reprocessed"


@dataclass(frozen=True, kw_only=True, slots=True)
class Restart(Step):
    """The emulator is stopped gracefully and started again with its data."""

    @property
    def told(self) -> str:
        """See `Step`."""
        return "the emulator restarts"
