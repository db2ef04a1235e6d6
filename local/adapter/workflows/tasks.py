"""Seam: tasks. They end with their execution, and their calls are recorded under its role."""

import contextvars
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from ministack import app
from ministack.core.responses import get_account_id, get_region
from ministack.services import eventbridge, stepfunctions

from local.adapter import calls, pinned
from local.adapter.workflows import errors, executions, history

_LAMBDA = ":lambda:invoke"
_SNS = ":sns:publish"
# What a rule or a schedule does with its target's role.
_DELIVERIES = {
    "states": "states:StartExecution",
    "lambda": "lambda:InvokeFunction",
    "sns": "sns:Publish",
    "sqs": "sqs:SendMessage",
}

# Set when nobody waits for this thread's task any more.
_given_up: contextvars.ContextVar[threading.Event | None] = contextvars.ContextVar("given_up")


def install() -> None:
    """Put the seam in place."""
    pinned.wrap(stepfunctions, "_invoke_resource", _as_role)
    pinned.wrap(stepfunctions, "_invoke_resource_with_timeout", _giving_up)
    pinned.wrap(app, "call_service_handler_sync", _call_as_role)
    pinned.wrap(eventbridge, "_invoke_target", _record_delivery)


def is_awaited() -> bool:
    """Return whether somebody still waits for this thread's task."""
    given_up = _given_up.get(None)
    return executions.is_running() and not (given_up and given_up.is_set())


def record(permissions: Iterable[tuple[str, str]]) -> None:
    """Record permissions that the execution's role needs."""
    if execution := executions.current():
        calls.record(executions.role_of(execution), permissions)


def _as_role(invoke: Callable[[str, Any], Any]) -> Callable[[str, Any], Any]:
    def wrapped(resource: str, parameters: Any) -> Any:
        if not executions.is_running():
            # No catcher may go on with an execution that has ended.
            raise errors.error(errors.RUNTIME, "The execution has ended.")
        history.tell_parameters(parameters)
        record(_permissions(resource, parameters))
        return invoke(resource, parameters)

    return wrapped


def _permissions(resource: str, parameters: Any) -> Iterator[tuple[str, str]]:
    if ":function:" in resource:
        yield "lambda:InvokeFunction", resource
    elif resource.partition(".")[0].endswith(_LAMBDA):
        yield "lambda:InvokeFunction", _function_arn(parameters["FunctionName"])
    elif resource.partition(".")[0].endswith(_SNS):
        yield "sns:Publish", parameters.get("TopicArn") or parameters.get("TargetArn") or "*"


def _function_arn(name: str) -> str:
    if name.startswith("arn:"):
        return name
    return f"arn:aws:lambda:{get_region()}:{get_account_id()}:function:{name}"


def _giving_up(invoke: Callable[[str, Any, float], Any]) -> Callable[[str, Any, float], Any]:
    """Tell a task that ran out of time; the emulator only stops waiting for it."""

    def wrapped(resource: str, parameters: Any, timeout: float) -> Any:
        given_up = threading.Event()
        token = _given_up.set(given_up)
        try:
            return invoke(resource, parameters, timeout)
        except stepfunctions._ExecutionError as failure:
            if failure.error == errors.TIMEOUT:
                given_up.set()
            raise
        finally:
            _given_up.reset(token)

    return wrapped


def _call_as_role(call: Callable[..., Any]) -> Callable[..., Any]:
    def wrapped(handler: Any, *request: Any, **options: Any) -> Any:
        if execution := executions.current():
            record(calls.permissions(*request))
            method, path, headers, *rest = request
            headers = calls.in_the_name_of(executions.role_of(execution), headers)
            request = (method, path, headers, *rest)
        return call(handler, *request, **options)

    return wrapped


def _record_delivery(invoke: Callable[..., None]) -> Callable[..., None]:
    def wrapped(target: dict[str, Any], *rest: Any) -> None:
        arn, role = target.get("Arn", ""), target.get("RoleArn")
        service = arn.split(":")[2] if arn.count(":") > 1 else ""
        if role and service in _DELIVERIES:
            calls.record(role, [(_DELIVERIES[service], arn)])
        invoke(target, *rest)

    return wrapped
