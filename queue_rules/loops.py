"""`Fn::ForEach`: resources, and parts of them, that a template makes from a list."""

from collections.abc import Callable, Mapping
from typing import Any

LOOP = "Fn::ForEach::"


def unrolled(
    body: Mapping[str, Any], resolve: Callable[[Any], Any]
) -> tuple[Mapping[str, Any], dict[str, str]]:
    """Return a template in which the loops in its resources have been run, and what they made.

    Args:
        body: A template.
        resolve: Returns a value without intrinsic functions.

    Returns:
        The template, and the loop that made it for each such resource. Loops over lists that the
        template does not tell stay as they are.
    """
    resources = body.get("Resources")
    if not isinstance(resources, Mapping):
        return body, {}
    made: dict[str, Any] = {}
    loops: dict[str, str] = {}
    for name, definition in resources.items():
        found = _unrolled({name: definition}, resolve)
        made |= found
        loops |= {str(each): str(name) for each in found if each != name}
    return {**body, "Resources": made}, loops


def _unrolled(value: Any, resolve: Callable[[Any], Any]) -> Any:
    if isinstance(value, list):
        return [_unrolled(each, resolve) for each in value]
    if not isinstance(value, Mapping):
        return value
    made: dict[str, Any] = {}
    for name, definition in value.items():
        match definition:
            case [str(variable), collection, {**template}] if str(name).startswith(LOOP):
                values = resolve(collection)
                if isinstance(values, list) and all(isinstance(each, str) for each in values):
                    for each in values:
                        made |= _unrolled(_put(template, variable, each), resolve)
                    continue
        made[name] = _unrolled(definition, resolve)
    return made


def _put(template: Any, variable: str, value: str) -> Any:
    """Return `template` with a loop's variable replaced in names, texts and references."""
    if isinstance(template, str):
        for form in (f"${{{variable}}}", f"&{{{variable}}}"):
            template = template.replace(form, value)
        return template
    if isinstance(template, Mapping):
        if template == {"Ref": variable}:
            return value
        return {
            _put(key, variable, value): _put(each, variable, value)
            for key, each in template.items()
        }
    if isinstance(template, list):
        return [_put(each, variable, value) for each in template]
    return template
