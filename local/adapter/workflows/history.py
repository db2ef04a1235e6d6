"""Seam: an execution's history. Events of tasks name integration and parameters as on AWS."""

import contextvars
import json
import threading
from collections.abc import Callable
from typing import Any

from ministack.core.responses import get_region
from ministack.services import stepfunctions

from local.adapter import pinned
from local.adapter.workflows import errors, executions
from local.adapter.workflows.executions import Execution

Event = dict[str, Any]

_OF_TASKS = ("TaskScheduled", "TaskSubmitted", "TaskSucceeded", "TaskFailed")
_INTEGRATION = "arn:aws:states:::"

_lock = threading.Lock()
# The event by which this thread's task was scheduled.
_scheduled: contextvars.ContextVar[Event | None] = contextvars.ContextVar("scheduled")


def install() -> None:
    """Put the seam in place."""
    pinned.wrap(stepfunctions, "_add_event", _as_on_aws)


def tell_parameters(parameters: Any) -> None:
    """Add to the history what the task that this thread has scheduled is called with."""
    if event := _scheduled.get(None):
        event["taskScheduledEventDetails"]["parameters"] = json.dumps(parameters)


def tell_submitted(resource: str, output: Any) -> None:
    """Add to the history that a job was created, with what the service answered."""
    if execution := executions.current():
        told = {"resource": resource, "output": json.dumps(output)}
        stepfunctions._add_event(execution, "TaskSubmitted", {"taskSubmittedEventDetails": told})


def _as_on_aws(add: Callable[..., Event]) -> Callable[..., Event]:
    def wrapped(execution: Execution, kind: str, details: Event | None = None) -> Event:
        if execution["status"] != "RUNNING" and not kind.startswith("Execution"):
            return {}  # an execution's end is its last event
        if details and kind in _OF_TASKS:
            kind, details = _task_event(kind, details)
        with _lock:
            event = add(execution, kind, details)
            event["previousEventId"] = event["id"] - 1
        if kind == "TaskScheduled":
            _scheduled.set(event)
        return event

    return wrapped


def _task_event(kind: str, details: Event) -> tuple[str, Event]:
    (told,) = details.values()
    if kind == "TaskFailed" and told["error"] == errors.TIMEOUT:
        kind = "TaskTimedOut"
    told = {**told}
    if told["resource"].startswith(_INTEGRATION):
        service, _, action = told["resource"].removeprefix(_INTEGRATION).rpartition(":")
        told.update(resourceType=service, resource=action)
    if kind == "TaskScheduled":
        told["region"] = get_region()
    return kind, {f"{kind[0].lower()}{kind[1:]}EventDetails": told}
