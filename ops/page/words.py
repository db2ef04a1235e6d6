"""How the page says things."""

from collections.abc import Sequence
from datetime import UTC, datetime

NOTHING = "–"
NOT_DEPLOYED = "not deployed"
_MOST_CHARACTERS = 300
_DAYS = 10
"""Characters of a moment, ISO 8601, that say the day."""


def count(number: int, one: str, many: str = "") -> str:
    """Return a number with what it counts, such as `1 alarm` or `2 alarms`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def listed(names: Sequence[str], most: int = 3) -> str:
    """Return names as part of a sentence; of many, how many more there are."""
    shown = ", ".join(names[:most])
    return f"{shown} and {len(names) - most:,} more" if len(names) > most else shown


def shortened(text: str) -> str:
    """Return a text that fits into a cell of a table."""
    return text if len(text) <= _MOST_CHARACTERS else f"{text[:_MOST_CHARACTERS]}…"


def moment(text: str) -> datetime | None:
    """Return a moment, ISO 8601, with a zone; None when there is none."""
    if not text:
        return None
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def minute(text: str) -> str:
    """Return a moment to the minute, in UTC."""
    found = moment(text)
    return found.astimezone(UTC).strftime("%Y-%m-%d %H:%M") if found else NOTHING


def ticks(moments: Sequence[str]) -> list[str]:
    """Return short names of moments for an axis: days, or with the time when days repeat."""
    are_days = len({each[:_DAYS] for each in moments}) == len(moments)
    found = [moment(each) for each in moments]
    return [
        each.strftime("%d %b" if are_days else "%d %b\n%H:%M") if each else "" for each in found
    ]


def lasted(began: str, ended: str) -> str:
    """Return how long something took, such as `47 s` or `12 min`."""
    first, last = moment(began), moment(ended)
    if not (first and last):
        return NOTHING
    seconds = (last - first).total_seconds()
    return f"{seconds:,.0f} s" if seconds < 10 * 60 else f"{seconds / 60:,.0f} min"
