"""A forecast in words and as JSON."""

import math
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from queue_rules.burst.forecast import Forecast, Range
from queue_rules.burst.from_templates import Target
from queue_rules.burst.remedy import Remedy

FORMAT_VERSION = 1
"""Of the JSON output; raised when a reader of the former one would break."""

UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"))


def as_text(target: Target, forecast: Forecast, remedy: Remedy | None) -> str:
    """Return a table of ranges, and what to change."""
    rows = list(_rows(forecast))
    width = max(len(name) for name, _ in rows)
    lines = [
        f"{target.mapping}: {target.queue} -> {target.function}",
        *_assumptions(target),
        "",
        *(f"  {name:<{width}}  {value}" for name, value in rows),
        "",
        f"Ranges over {len(forecast.runs)} ways in which AWS may scale, back off and order.",
        *_left_out(forecast),
        *_advice(forecast, remedy),
    ]
    return "\n".join(lines) + "\n"


def as_json(target: Target, forecast: Forecast, remedy: Remedy | None) -> dict[str, Any]:
    """Return the same as JSON values; times in seconds, ranges as `low` and `high`."""
    return {
        "version": FORMAT_VERSION,
        "mapping": target.mapping,
        "queue": target.queue,
        "function": target.function,
        "siblings": list(target.siblings),
        "settings": asdict(forecast.settings),
        "load": asdict(forecast.load),
        "scenarios": len(forecast.runs),
        "scenarios_left_out": forecast.left_out,
        "safe": forecast.is_safe,
        "valid_messages_dead_lettered": asdict(forecast.lost),
        "valid_messages_expired": asdict(forecast.expired),
        "throttles": asdict(forecast.range_of(lambda outcome: outcome.throttles)),
        "duplicates": asdict(forecast.range_of(lambda outcome: outcome.duplicates)),
        "poison_dead_lettered_after": _optional(forecast.rejected_after),
        "drained_after": _optional(forecast.drained_at),
        "lower_bound": asdict(forecast.lower_bound),
        "drained_per_lower_bound": _optional(forecast.drain_ratio),
        "remedy": None if remedy is None else [asdict(change) for change in remedy.changes],
    }


def _optional(range_: Range | None) -> dict[str, Any] | None:
    return None if range_ is None else asdict(range_)


def _assumptions(target: Target) -> Iterator[str]:
    if target.siblings and target.settings.reserved_concurrency is not None:
        yield (
            f"The function's other mappings ({', '.join(target.siblings)}) are taken to be busy: "
            f"{target.settings.slots} of {target.settings.reserved_concurrency} reserved are left."
        )
    for name in target.settings.uncapped:
        yield f"{name} has no MaximumConcurrency, so it may take nearly all of the reservation."
    if target.settings.reserved_concurrency is None:
        yield f"Nothing is reserved: the account is taken to have {target.settings.slots}."


def _left_out(forecast: Forecast) -> Iterator[str]:
    number = forecast.left_out
    if number:
        were = "was" if number == 1 else "were"
        yield f"{number} more {were} left out: so large a burst takes long to simulate."


def _rows(forecast: Forecast) -> Iterator[tuple[str, str]]:
    load = forecast.load
    valid = load.messages - load.poison_messages
    yield "valid messages dead-lettered", _share(forecast.lost, valid)
    if forecast.expired.high:
        yield "valid messages expired", _share(forecast.expired, valid)
    yield "invocations throttled", _numbers(forecast.range_of(lambda outcome: outcome.throttles))
    yield (
        "valid messages run once more",
        _numbers(forecast.range_of(lambda outcome: outcome.duplicates)),
    )
    if load.poison_messages:
        yield "poison messages dead-lettered after", _times(forecast.rejected_after)
    yield "last valid message processed after", _times(forecast.drained_at)
    yield "least time possible", _times(forecast.lower_bound)


def _advice(forecast: Forecast, remedy: Remedy | None) -> Iterator[str]:
    if forecast.is_safe:
        yield "Safe: every valid message is processed."
        return
    if remedy is None:
        yield "Not safe, and no change of these settings makes it safe:"
        if forecast.lower_bound.low > forecast.settings.retention:
            yield (
                f"  it takes {duration(forecast.lower_bound.low)} at least, but the queue keeps "
                f"messages for {duration(forecast.settings.retention)}: raise the concurrency."
            )
        else:
            yield "  spread the burst, or make the function faster."
        return
    yield "Not safe. It would be with:"
    for change in remedy.changes:
        yield f"  {change.setting}: {_setting(change.after)} (now {_setting(change.before)})"
    proof = remedy.proof
    yield (
        f"Simulated with that: no valid message lost, {_times(proof.drained_at)} to process all."
    )
    yield from _left_out(proof)


def _setting(value: int | None) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return "not set" if value is None else str(value)


def _share(range_: Range, total: int) -> str:
    if not range_.high:
        return "0"
    shares = Range(100 * range_.low / total, 100 * range_.high / total)
    return f"{_numbers(range_)} of {total:,} ({_numbers(shares)} %)"


def _numbers(range_: Range) -> str:
    low, high = f"{range_.low:,.0f}", f"{range_.high:,.0f}"
    return low if low == high else f"{low} to {high}"


def _times(range_: Range | None) -> str:
    if range_ is None:
        return "never"
    low, high = duration(range_.low), duration(range_.high)
    return low if low == high else f"{low} to {high}"


def duration(seconds: float) -> str:
    """Return a time in at most two units, such as `2 h 5 min`; without end it is `never`."""
    if math.isinf(seconds):
        return "never"
    if seconds < UNITS[-1][0]:
        return f"{seconds:.3g} s"
    rest = round(seconds)
    parts: list[str] = []
    for size, unit in (*UNITS, (1, "s")):
        number, rest = divmod(rest, size)
        if number or parts:
            parts.append(f"{number} {unit}" if number else "")
    return " ".join(part for part in parts[:2] if part)
