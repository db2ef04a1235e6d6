"""What the calls of a client show: who answered how many of them when, and what went wrong."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from demo.client import Call
from schemas.registry import version_of

ERRORS = "errors"
BUCKET_SECONDS = 2.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Traffic:
    """Calls over time.

    Attributes:
        seconds: Where each bucket begins, on the demo's clock.
        per_second: What came of calls (a model's name, or `ERRORS`) to how many there were per
            second, one figure per bucket.
    """

    seconds: Sequence[float]
    per_second: Mapping[str, Sequence[float]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Errors:
    """Calls that were not answered, and the time that they lie in.

    Attributes:
        errors: How many.
        calls: Calls that ended from the first error to the last one.
        first: Second of the first one; None without any.
        last: Second of the last one.
    """

    errors: int
    calls: int
    first: float | None = None
    last: float | None = None

    @property
    def share(self) -> float:
        """Share of errors in the calls of that time, 0 to 1."""
        return self.errors / self.calls if self.calls else 0.0


def by_model(calls: Iterable[Call], *, bucket_seconds: float = BUCKET_SECONDS) -> Traffic:
    """Return calls per second by what came of them, models by version and errors last."""
    counts = Counter((int(each.ended // bucket_seconds), outcome_of(each)) for each in calls)
    if not counts:
        return Traffic(seconds=[], per_second={})
    numbers = [number for number, _ in counts]
    buckets = range(min(numbers), max(numbers) + 1)
    names = sorted({name for _, name in counts}, key=lambda name: (name == ERRORS, len(name), name))
    return Traffic(
        seconds=[number * bucket_seconds for number in buckets],
        per_second={
            name: [counts[number, name] / bucket_seconds for number in buckets] for name in names
        },
    )


def outcome_of(call: Call) -> str:
    """Return who answered a call, such as `model 3`, or `ERRORS`."""
    if not call.is_answered:
        return ERRORS
    return f"model {version_of(call.model)}" if call.model else "a model that does not say which"


def errors_in(calls: Iterable[Call]) -> Errors:
    """Return the errors among calls."""
    known = list(calls)
    ends = sorted(each.ended for each in known if not each.is_answered)
    if not ends:
        return Errors(errors=0, calls=0)
    first, last = ends[0], ends[-1]
    return Errors(
        errors=len(ends),
        calls=sum(first <= each.ended <= last for each in known),
        first=first,
        last=last,
    )


def quantile(calls: Sequence[Call], share: float) -> float:
    """Return the time, in seconds, within which a share of the calls had their replies.

    Args:
        calls: One at least.
        share: Above 0, up to 1.
    """
    seconds = sorted(each.seconds for each in calls)
    return seconds[math.ceil(share * len(seconds)) - 1]
