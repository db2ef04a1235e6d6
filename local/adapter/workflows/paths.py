"""Seam: paths and intrinsic functions. What does not exist fails the execution, as on AWS.

The emulator resolves a path that leads nowhere to null, which hides a typing error until the
state machine runs on AWS.
"""

import contextvars
import json
from collections.abc import Callable
from typing import Any

from ministack.services import stepfunctions

from local.adapter import pinned
from local.adapter.workflows import errors

_COMPARED_BY_PRESENCE = "IsPresent"
# Whether a path must lead to something: everywhere but in the variables of choices.
_strict: contextvars.ContextVar[bool] = contextvars.ContextVar("strict", default=False)


def install() -> None:
    """Put the seam in place."""
    pinned.wrap(stepfunctions, "_resolve_path", _or_fail)
    for name in ("_resolve_params_obj", "_apply_input_path", "_apply_output_path"):
        pinned.wrap(stepfunctions, name, _strictly)
    pinned.wrap(stepfunctions, "_evaluate_rule", _on_what_exists)
    pinned.wrap(stepfunctions, "_exec_intrinsic", _formatting_as_json)


def _strictly(resolve: Callable[..., Any]) -> Callable[..., Any]:
    def wrapped(*args: Any) -> Any:
        token = _strict.set(True)
        try:
            return resolve(*args)
        finally:
            _strict.reset(token)

    return wrapped


def _or_fail(resolve: Callable[[str, Any], Any]) -> Callable[[str, Any], Any]:
    def wrapped(path: str, data: Any) -> Any:
        value = resolve(path, data)
        if value is None and _strict.get() and not _exists(path, data):
            raise errors.error(
                errors.RUNTIME,
                f"The JSONPath '{path}' could not be found in the input '{json.dumps(data)}'",
            )
        return value

    return wrapped


def _exists(path: str, data: Any) -> bool:
    """Return whether a path leads to something, be it null or an empty projection."""
    tokens: list[tuple[str, Any]] | None = stepfunctions._parse_jsonpath_tokens(path)
    if tokens is None:
        return False
    for kind, key in tokens:
        match kind, data:
            case "wildcard", _:
                return True
            case "field", dict() if key in data:
                data = data[key]
            case "index", list() if key < len(data):
                data = data[key]
            case _:
                return False
    return True


def _on_what_exists(evaluate: Callable[..., bool]) -> Callable[..., bool]:
    def wrapped(rule: dict[str, Any], data: Any, context: Any = None) -> bool:
        path = rule.get("Variable")
        if not path:
            return evaluate(rule, data, context)
        of_context = path.startswith("$$.")
        exists = _exists(path[1:], context) if of_context else _exists(path, data)
        if _COMPARED_BY_PRESENCE in rule:
            return exists is rule[_COMPARED_BY_PRESENCE]
        if not exists:
            raise errors.error(
                errors.RUNTIME,
                f"Invalid path '{path}': The choice state's condition path references an "
                "invalid value.",
            )
        return evaluate(rule, data, context)

    return wrapped


def _formatting_as_json(execute: Callable[..., Any]) -> Callable[..., Any]:
    """Format truth values and null as JSON has them, not as Python has."""

    def wrapped(node: tuple[str, str, list[Any]], data: Any, context: Any) -> Any:
        kind, name, arguments = node
        if name == "States.Format":
            values = [stepfunctions._eval_intrinsic_arg(each, data, context) for each in arguments]
            arguments = [
                ("str", value if isinstance(value, str) else json.dumps(value)) for value in values
            ]
        return execute((kind, name, arguments), data, context)

    return wrapped
