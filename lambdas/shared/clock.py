from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """Return the time, in UTC."""
    return datetime.now(UTC)


def timestamp(moment: datetime) -> str:
    """Return `moment` in ISO 8601 with microseconds, so that texts compare like times."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")
