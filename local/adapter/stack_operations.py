"""Seam: operations on stacks. The role that they act under, and the refusal while another runs.

The emulator drops the role, and words the refusal in its own way.
"""

import contextvars
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from ministack.services import cloudformation
from ministack.services.cloudformation import changesets, handlers

from local.adapter import calls, pinned

Parameters = dict[str, Any]
Response = tuple[int, dict[str, str], bytes]
Handler = Callable[[Parameters], Response]

_OK = 200
_ROLE = "RoleARN"
_ACTING = ("CreateStack", "UpdateStack", "DeleteStack", "ExecuteChangeSet")
_UPDATABLE = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE",
              "IMPORT_COMPLETE", "IMPORT_ROLLBACK_COMPLETE")  # fmt: skip
# The CDK's bootstrap makes an administrator; no template of ours says what its roles may do.
_BOOTSTRAPPED = "cdk-"

# Role that the current operation acts under; the task that the emulator starts for it copies it.
_role: contextvars.ContextVar[str] = contextvars.ContextVar("role_of_the_operation", default="")


def install() -> None:
    """Put the seam in place."""
    pinned.require(cloudformation, "_stacks")
    actions = pinned.require(handlers, "_ACTION_HANDLERS")
    for action in _ACTING:
        actions[action] = _under_role(actions[action])
    actions["CreateChangeSet"] = _noting_role(actions["CreateChangeSet"])
    actions["UpdateStack"] = _unless_it_changes(actions["UpdateStack"])
    actions["DescribeStacks"] = _showing_role(actions["DescribeStacks"])


def record(permissions: Iterable[tuple[str, str]]) -> None:
    """Record permissions that the role needs under which the current operation acts, if any."""
    role = _role.get().rpartition("/")[2]
    if role and not role.startswith(_BOOTSTRAPPED):
        calls.record(role, permissions)


@contextmanager
def under_role(role: str) -> Iterator[None]:
    """Let operations that begin in the block act under a role; "" for none."""
    token = _role.set(role)
    try:
        yield
    finally:
        _role.reset(token)


def _under_role(operate: Handler) -> Handler:
    """Act under the role of the request, or else under the one that the stack had last."""

    def wrapped(parameters: Parameters) -> Response:
        passed = _passed_role(parameters)
        with under_role(passed or _stack(parameters).get(_ROLE, "")):
            answer = operate(parameters)
        stack = _stack(parameters)
        if passed and stack and answer[0] == _OK:
            stack[_ROLE] = passed
        return answer

    return wrapped


def _passed_role(parameters: Parameters) -> str:
    if change_set := handlers._p(parameters, "ChangeSetName"):
        _, found = changesets._find_change_set(change_set, handlers._p(parameters, "StackName"))
        return str((found or {}).get(_ROLE, ""))
    return str(handlers._p(parameters, _ROLE))


def _stack(parameters: Parameters) -> dict[str, Any]:
    found: dict[str, Any] | None = handlers._resolve_stack(handlers._p(parameters, "StackName"))
    return found if found is not None else {}


def _noting_role(create: Handler) -> Handler:
    def wrapped(parameters: Parameters) -> Response:
        answer = create(parameters)
        role = handlers._p(parameters, _ROLE)
        if role and answer[0] == _OK:
            names = (handlers._p(parameters, name) for name in ("ChangeSetName", "StackName"))
            _, change_set = changesets._find_change_set(*names)
            change_set[_ROLE] = role
        return answer

    return wrapped


def _unless_it_changes(update: Handler) -> Handler:
    def wrapped(parameters: Parameters) -> Response:
        stack = _stack(parameters)
        status = stack.get("StackStatus", "DELETE_COMPLETE")
        if status in (*_UPDATABLE, "DELETE_COMPLETE"):
            return update(parameters)
        message = f"Stack:{stack['StackId']} is in {status} state and can not be updated."
        refusal: Response = handlers._error("ValidationError", message)
        return refusal

    return wrapped


def _showing_role(describe: Handler) -> Handler:
    def wrapped(parameters: Parameters) -> Response:
        status, headers, body = describe(parameters)
        text = body.decode()
        for stack in cloudformation._stacks.values():
            if role := stack.get(_ROLE):
                member = f"<StackId>{handlers._esc(stack['StackId'])}</StackId>"
                text = text.replace(member, f"{member}<RoleARN>{handlers._esc(role)}</RoleARN>")
        return status, headers, text.encode()

    return wrapped
