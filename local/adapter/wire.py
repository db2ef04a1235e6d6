"""Seam: services that the emulator lacks. How it finds one, and how JSON requests come in."""

import json
import sys
from collections.abc import Awaitable, Callable, Sequence
from types import ModuleType
from typing import Any

from ministack import app
from ministack.core import router

from local.adapter import pinned
from local.sagemaker import ApiError

Response = tuple[int, dict[str, str], bytes]
Handler = Callable[[str, str, dict[str, str], bytes, dict[str, Any]], Awaitable[Response]]

_JSON = {"Content-Type": "application/x-amz-json-1.1"}


def add_service(name: str, handle: Handler, *, target: str, hosts: Sequence[str]) -> None:
    """Let a handler answer the requests of a service.

    Args:
        name: Of the service, as the emulator is to call it.
        handle: Gets method, path, headers, body and query.
        target: Prefix of the header that names the operation.
        hosts: Patterns of its hosts' names.
    """
    pinned.require(router, "SERVICE_PATTERNS")[name] = {
        "target_prefixes": [f"{target}."],
        "host_patterns": list(hosts),
    }
    pinned.require(app, "SERVICE_REGISTRY")[name] = {"module": name}
    pinned.require(app, "SERVICE_HANDLERS")[name] = pinned.require(app, "_lazy_handler")(name)
    module = ModuleType(f"ministack.services.{name}")
    vars(module)["handle_request"] = handle
    sys.modules[module.__name__] = module
    pinned.require(app, "_loaded_modules")[name] = module


def operation_of(headers: dict[str, str]) -> str:
    """Return the operation that a JSON request asks for."""
    return headers.get("x-amz-target", "").rpartition(".")[2]


def answer_json(body: bytes, operate: Callable[[dict[str, Any]], dict[str, Any]]) -> Response:
    """Return the response to a JSON request: what `operate` returns or raises for its members."""
    try:
        answer = operate(_parsed(body))
    except ApiError as error:
        headers = {**_JSON, "x-amzn-ErrorType": error.code}
        members = {"__type": error.code, "message": error.message, **error.details}
        return error.status, headers, json.dumps(members).encode()
    return 200, dict(_JSON), json.dumps(answer).encode()


def _parsed(body: bytes) -> dict[str, Any]:
    try:
        parameters = json.loads(body or b"{}")
    except ValueError:
        parameters = None
    if not isinstance(parameters, dict):
        raise ApiError("SerializationException", "the request is no JSON object")
    return parameters
