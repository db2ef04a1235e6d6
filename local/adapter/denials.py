"""Seam: permissions that are taken away. What a role's own policy denies outright is refused.

The emulator allows everything. So that a missing permission can be provoked, a statement that
denies without conditions counts, for requests that are known to be made in a role's name.
"""

from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from ministack import app
from ministack.core import iam_actions, iam_evaluator
from ministack.core.responses import get_account_id
from ministack.core.router import detect_service

from local.adapter import calls, pinned


def install() -> None:
    """Put the seam in place."""
    for name in ("_gather_role_policies", "_action_matches", "_resource_matches"):
        pinned.require(iam_evaluator, name)
    pinned.require(iam_actions, "access_denied_response")
    pinned.wrap(app, "_dispatch_service_request", _refusing)


def principal(role: str) -> str:
    """Return the ARN that whoever acts in a role's name goes by."""
    return f"arn:aws:sts::{get_account_id()}:assumed-role/{role}/local"


def first_denied(role: str, permissions: Iterable[tuple[str, str]]) -> tuple[str, str] | None:
    """Return the first of some permissions that a role's policies deny outright."""
    denials = [
        statement
        for policy in iam_evaluator._gather_role_policies(role, get_account_id())
        for statement in policy
        if statement.effect == "Deny" and not statement.conditions
    ]
    if not denials:
        return None
    return next((each for each in permissions if any(_covers(d, *each) for d in denials)), None)


def _covers(statement: Any, action: str, resource: str) -> bool:
    return bool(
        iam_evaluator._action_matches(action, statement.actions, statement.not_actions)
        and iam_evaluator._resource_matches(resource, statement.resources, statement.not_resources)
    )


def _refusing(dispatch: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    async def wrapped(*request: Any) -> Any:
        method, path, headers, body, query, request_id = request
        role = calls.role_of(headers)
        if role and (denied := first_denied(role, calls.permissions(*request[:5]))):
            parameters = app._routing_params(method, path, headers, body, query)
            return iam_actions.access_denied_response(
                detect_service(method, path, headers, parameters),
                denied[0],
                principal(role),
                request_id,
                headers=headers,
                resource_arn=denied[1],
                explicit_deny=True,
            )
        return await dispatch(*request)

    return wrapped
