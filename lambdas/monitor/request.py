"""What an execution of the model monitor was asked for."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from lambdas.shared.errors import InvalidInputError
from schemas.monitoring import MonitoringTrigger
from schemas.windows import WindowError, month_number

_KEYS = ("trigger", "since", "until", "label_months")


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """A valid input of the state machine.

    Attributes:
        trigger: Why it was started.
        since: First moment of the predictions, in UTC.
        until: First moment after them.
        label_months: Months, `YYYY-MM`, whose labels are joined; empty for what has arrived since.
    """

    trigger: MonitoringTrigger
    since: datetime
    until: datetime
    label_months: tuple[str, ...]


def parse_request(document: object, *, window_days: int, now: datetime) -> Request:
    """Read the input of an execution.

    Args:
        document: The input, decoded.
        window_days: Days that a run looks at when the input does not say since when.
        now: The end of what it looks at, unless the input says another.

    Raises:
        InvalidInputError: something in it is wrong; the text says what, and what to write instead.
    """
    if not isinstance(document, dict):
        raise InvalidInputError(f"the input must be a JSON object, got {document!r}")
    if unknown := sorted(set(document) - set(_KEYS)):
        raise InvalidInputError(
            f"the input has the unknown key {unknown[0]!r}; known are {', '.join(_KEYS)}"
        )
    until = _moment(document, "until") or now
    since = _moment(document, "since") or _before(until, timedelta(days=window_days))
    if since >= until:
        raise InvalidInputError(
            f"since must be before until, got {since.isoformat()} and {until.isoformat()}"
        )
    return Request(
        trigger=_trigger(document),
        since=since,
        until=until,
        label_months=_months(document),
    )


def _trigger(document: Mapping[str, Any]) -> MonitoringTrigger:
    value = document.get("trigger", MonitoringTrigger.MANUAL)
    if value not in list(MonitoringTrigger):
        known = ", ".join(repr(each.value) for each in MonitoringTrigger)
        raise InvalidInputError(f"trigger must be one of {known}, got {value!r}")
    return MonitoringTrigger(value)


def _moment(document: Mapping[str, Any], name: str) -> datetime | None:
    if name not in document:
        return None
    text = document[name]
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is not None:
            return moment.astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        pass
    raise InvalidInputError(
        f"{name} must be a moment with its time zone, such as '2013-04-01T00:00:00+00:00', got "
        f"{text!r}"
    )


def _before(until: datetime, span: timedelta) -> datetime:
    try:
        return until - span
    except OverflowError as error:
        raise InvalidInputError(
            f"until is too early: there is no time {span.days} days before {until.isoformat()}"
        ) from error


def _months(document: Mapping[str, Any]) -> tuple[str, ...]:
    months = document.get("label_months", [])
    if not isinstance(months, list) or not all(isinstance(each, str) for each in months):
        raise InvalidInputError(
            f"label_months must be a list of months such as ['2013-04'], got {months!r}"
        )
    for month in months:
        try:
            month_number(month)
        except WindowError as error:
            raise InvalidInputError(f"label_months: {error}") from error
    return tuple(sorted(set(months)))
