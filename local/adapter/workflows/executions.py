"""Seam: executions. They end when they are stopped or out of time, and say so."""

import contextvars
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from ministack.core.responses import now_iso
from ministack.services import stepfunctions

from local.adapter import metrics, pinned

Execution = dict[str, Any]

NAMESPACE = "AWS/States"
_METRICS = {
    "RUNNING": "ExecutionsStarted",
    "SUCCEEDED": "ExecutionsSucceeded",
    "FAILED": "ExecutionsFailed",
    "TIMED_OUT": "ExecutionsTimedOut",
    "ABORTED": "ExecutionsAborted",
}
# How soon a sleeping execution notices that it was stopped.
_GLANCE_SECONDS = 0.05

# The execution that this thread works for; the emulator copies it to the threads of branches.
_current: contextvars.ContextVar[Execution | None] = contextvars.ContextVar("execution")
_ending = threading.Lock()


def install(time_scale: float) -> None:
    """Put the seam in place; waits take `1 / time_scale` of what the states language says."""
    pinned.wrap(stepfunctions, "_emit_execution_status_event", _count)
    pinned.wrap(stepfunctions, "_run_execution", _within_its_time)
    pinned.wrap(stepfunctions, "_fail_execution", _unless_it_has_ended)
    pinned.wrap(
        stepfunctions,
        "_scaled_sleep",
        lambda _: lambda seconds: _sleep(seconds / time_scale),
    )


def current() -> Execution | None:
    """Return the execution that this thread works for."""
    return _current.get(None)


def is_running() -> bool:
    """Return whether the execution that this thread works for, if any, has not ended."""
    execution = current()
    return execution is None or execution["status"] == "RUNNING"


def role_of(execution: Execution) -> str:
    """Return the ARN of the role that an execution acts under."""
    machine = stepfunctions._state_machines.get(execution["stateMachineArn"]) or {}
    return str(machine.get("roleArn", ""))


def _count(emit: Callable[[Any], None]) -> Callable[[Any], None]:
    def wrapped(execution: Execution) -> None:
        dimensions = {"StateMachineArn": execution["stateMachineArn"]}
        metrics.put(NAMESPACE, _METRICS[execution["status"]], 1, "Count", dimensions)
        emit(execution)

    return wrapped


def _within_its_time(run: Callable[[str], None]) -> Callable[[str], None]:
    """Tell the thread whose work it does, and end it after the state machine's TimeoutSeconds."""

    def wrapped(arn: str) -> None:
        execution = stepfunctions._executions.get(arn)
        if execution is None:
            return
        token = _current.set(execution)
        try:
            with _time_limit(execution):
                run(arn)
        finally:
            _current.reset(token)

    return wrapped


@contextmanager
def _time_limit(execution: Execution) -> Iterator[None]:
    machine = stepfunctions._state_machines.get(execution["stateMachineArn"]) or {}
    seconds = json.loads(machine.get("definition", "{}")).get("TimeoutSeconds")
    if seconds is None:
        yield
        return
    expire = contextvars.copy_context().run
    timer = threading.Timer(seconds, expire, (_expire, execution))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _expire(execution: Execution) -> None:
    with _ending:
        if execution["status"] != "RUNNING":
            return
        execution.update(status="TIMED_OUT", stopDate=now_iso(), error="States.Timeout")
    stepfunctions._add_event(execution, "ExecutionTimedOut", {"executionTimedOutEventDetails": {}})
    stepfunctions._emit_execution_status_event(execution)


def _unless_it_has_ended(fail: Callable[..., None]) -> Callable[..., None]:
    """Leave an execution as it ended: its last task fails because of it, not the other way."""

    def wrapped(execution: Execution, error: str, cause: str) -> None:
        with _ending:
            if execution["status"] == "RUNNING":
                fail(execution, error, cause)

    return wrapped


def _sleep(seconds: float) -> None:
    """Sleep, but no longer than the execution runs."""
    end = time.monotonic() + seconds
    while is_running() and (rest := end - time.monotonic()) > 0:
        time.sleep(min(rest, _GLANCE_SECONDS))
