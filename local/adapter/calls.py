"""Seam: requests. Records what is asked of AWS in the name of roles.

The emulator gives every function the same keys. A session token, which it does not look at while
it enforces nothing, tells whose request it is: the role's name. What services ask of each other
inside the emulator passes no request; its seams record it themselves.
"""

import json
import re
import threading
from collections.abc import Awaitable, Callable, Iterable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from ministack import app
from ministack.core import iam_actions, lambda_runtime
from ministack.core.responses import get_account_id
from ministack.core.router import detect_service, extract_region

from local.adapter import pinned
from local.calls import FILE_NAME, Call
from local.sagemaker.permissions import invoke_permission
from local.sagemaker.permissions import permissions as permissions_of_sagemaker

_TOKEN_HEADER = "x-amz-security-token"  # noqa: S105 -- a header's name
_TOKEN_PREFIX = "role/"  # noqa: S105 -- no secret either

_INVOCATION = re.compile(r"/endpoints/([^/]+)/")
_DESCRIBE_ALARMS = ".DescribeAlarms"


def install(state_dir: Path) -> None:
    """Put the seam in place; the recording goes below `state_dir`."""
    for name in ("extract_iam_action", "extract_resource_arn", "dynamodb_transaction_checks",
                 "s3_additional_checks"):  # fmt: skip
        pinned.require(iam_actions, name)
    pinned.wrap(lambda_runtime, "execution_credentials", _with_role)
    pinned.wrap(app, "_dispatch_service_request", _record_before)
    _recording.begin(state_dir / FILE_NAME)


def record(role: str, permissions: Iterable[tuple[str, str]]) -> None:
    """Record that a role needs permissions: pairs of an action and a resource.

    Args:
        role: Its name or ARN.
        permissions: As IAM names them.
    """
    name = role.rpartition("/")[2]
    _recording.add({Call(name, action, resource) for action, resource in permissions})


def in_the_name_of(role: str, headers: dict[str, str]) -> dict[str, str]:
    """Return a request's headers with the role (its name or ARN) in whose name it is made."""
    return {**headers, _TOKEN_HEADER: f"{_TOKEN_PREFIX}{role.rpartition('/')[2]}"}


def role_of(headers: dict[str, str]) -> str:
    """Return the name of the role in whose name a request is made; "" when nobody says."""
    token = headers.get(_TOKEN_HEADER, "")
    return token.removeprefix(_TOKEN_PREFIX) if token.startswith(_TOKEN_PREFIX) else ""


class _Recording:
    """Writes each distinct call once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seen: set[Call] = set()
        self._file: Path | None = None

    def begin(self, file: Path) -> None:
        """Write to this file from now on."""
        self._file = file

    def add(self, calls: set[Call]) -> None:
        """Write those of the calls that are new."""
        with self._lock:
            new = calls - self._seen
            self._seen |= new
            if new and self._file:
                with self._file.open("a") as file:
                    file.writelines(f"{call.line()}\n" for call in new)


_recording = _Recording()


def _with_role(credentials: Callable[[Any], dict[str, str]]) -> Callable[[Any], dict[str, str]]:
    def wrapped(config: Any) -> dict[str, str]:
        role = config.get("Role", "").rpartition("/")[2]
        return credentials(config) | {"AWS_SESSION_TOKEN": f"{_TOKEN_PREFIX}{role}"}

    return wrapped


def _record_before(dispatch: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    async def wrapped(*request: Any) -> Any:
        method, path, headers, body, query, _ = request
        if role := role_of(headers):
            record(role, permissions(method, path, headers, body, query))
        return await dispatch(*request)

    return wrapped


def permissions(
    method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, Any]
) -> Iterator[tuple[str, str]]:
    """Yield each action, with its resource, that AWS would check for a request."""
    parameters = app._routing_params(method, path, headers, body, query)
    service = detect_service(method, path, headers, parameters)
    region, account = extract_region(headers), get_account_id()
    if service == "sagemaker":
        yield from _of_sagemaker(path, headers, body, region=region, account=account)
        return
    if service == "monitoring" and headers.get("x-amz-target", "").endswith(_DESCRIBE_ALARMS):
        yield from _of_alarms(body, region=region, account=account)
        return
    action = iam_actions.extract_iam_action(service, method, path, headers, body, parameters)
    if action is None:
        raise pinned.SeamMovedError(f"no action for {service}: {method} {path}")
    # A transaction is no action: each of its items asks for one.
    if parts := iam_actions.dynamodb_transaction_checks(action, body, region, account):
        yield from parts
        return
    if alarms := _named_alarms(action, body):
        prefix = f"arn:aws:cloudwatch:{region}:{account}:alarm:"
        yield from ((action, f"{prefix}{name}") for name in alarms)
        return
    resource = iam_actions.extract_resource_arn(
        service, method, path, headers, body, parameters, region, account
    )
    # Of a group as a whole, AWS checks what is written with `:*` in policies.
    yield action, f"{resource}:log-stream:" if action == "logs:FilterLogEvents" else resource
    if service == "cloudformation" and "RoleARN" in parameters:
        yield "iam:PassRole", parameters["RoleARN"][0]
    if service == "s3":
        yield from iam_actions.s3_additional_checks(method, path, headers, body, parameters)


def _named_alarms(action: str, body: bytes) -> list[str]:
    """Return the alarms that a request asks for by name; AWS checks each of them."""
    if action != "cloudwatch:DescribeAlarms":
        return []
    try:
        document = json.loads(body)
    except ValueError:
        return []  # another of the service's protocols; `*` is recorded, which no role is granted
    return list(document.get("AlarmNames") or ())


def _of_sagemaker(
    path: str, headers: dict[str, str], body: bytes, *, region: str, account: str
) -> Iterator[tuple[str, str]]:
    if invocation := _INVOCATION.match(path):
        endpoint = unquote(invocation[1])
        yield invoke_permission(endpoint, region=region, account=account)
        return
    operation = headers.get("x-amz-target", "").rpartition(".")[2]
    yield from permissions_of_sagemaker(
        operation, json.loads(body or b"{}"), region=region, account=account
    )


def _of_alarms(body: bytes, *, region: str, account: str) -> Iterator[tuple[str, str]]:
    """Yield what it takes to describe alarms: each one that is named, or all."""
    names = json.loads(body or b"{}").get("AlarmNames")
    alarms = [f"arn:aws:cloudwatch:{region}:{account}:alarm:{name}" for name in names or ()]
    for alarm in alarms or ["*"]:
        yield "cloudwatch:DescribeAlarms", alarm
