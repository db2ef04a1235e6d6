"""Seam: retry and catch, by the names and waits that the states language documents.

Source: https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
"""

import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ministack.services import stepfunctions

from local.adapter import pinned

Retrier = Mapping[str, Any]

RUNTIME = "States.Runtime"
TIMEOUT = "States.Timeout"
TASK_FAILED = "States.TaskFailed"
# No retrier and no catcher sees these, whatever it lists.
_FATAL = (RUNTIME, "States.DataLimitExceeded")
_DEFAULT_INTERVAL_SECONDS = 1
_DEFAULT_BACKOFF_RATE = 2.0


def install() -> None:
    """Put the seam in place."""
    pinned.wrap(stepfunctions, "_error_matches", _unless_fatal)
    pinned.wrap(stepfunctions, "_find_matching_retrier", _having_waited)


def error(name: str, cause: str) -> Exception:
    """Return the exception that fails a task with this error."""
    failure: Exception = stepfunctions._ExecutionError(name, cause)
    return failure


def _unless_fatal(matches: Callable[..., bool]) -> Callable[..., bool]:
    def wrapped(listed: Sequence[str], name: str) -> bool:
        return name not in _FATAL and matches(listed, name)

    return wrapped


def _having_waited(find: Callable[..., Any]) -> Callable[..., Any]:
    """Wait before a retry, here: the emulator knows no MaxDelaySeconds and no JitterStrategy."""

    def wrapped(retriers: Sequence[Retrier], name: str, counts: Mapping[int, int]) -> Any:
        retrier, index = find(retriers, name, counts)
        if retrier is None:
            return retrier, index
        stepfunctions._scaled_sleep(_delay_seconds(retrier, counts.get(index, 0)))
        return {**retrier, "IntervalSeconds": 0}, index

    return wrapped


def _delay_seconds(retrier: Retrier, retries_before: int) -> float:
    interval = retrier.get("IntervalSeconds", _DEFAULT_INTERVAL_SECONDS)
    delay: float = interval * retrier.get("BackoffRate", _DEFAULT_BACKOFF_RATE) ** retries_before
    delay = min(delay, retrier.get("MaxDelaySeconds", delay))
    if retrier.get("JitterStrategy") == "FULL":
        return random.uniform(0, delay)  # noqa: S311 -- spreads retries, guards nothing
    return delay
