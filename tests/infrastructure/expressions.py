"""Paths, intrinsic functions and choices of Amazon States Language, evaluated for a given state.

Source: https://docs.aws.amazon.com/step-functions/latest/dg/intrinsic-functions.html
"""

import json
import re
from collections.abc import Callable, Mapping
from fnmatch import fnmatchcase
from typing import Any

_CALL = re.compile(r"States\.(\w+)\((.*)\)")
_ARGUMENT = re.compile(r"\s*('(?:[^'\\]|\\.)*'|States\.\w+\([^()]*\)|[^,]+)\s*(?:,|$)")
_STEP = re.compile(r"\.(\w+)|\[(\d+)\]")


def filled(template: Any, state: Any, context: Any) -> Any:
    """Return parameters as a task passes them on, with paths and intrinsic functions evaluated.

    Raises:
        LookupError: a path leads nowhere.
    """
    if isinstance(template, dict):
        return {
            key.removesuffix(".$"): (
                evaluate(value, state, context)
                if key.endswith(".$")
                else filled(value, state, context)
            )
            for key, value in template.items()
        }
    if isinstance(template, list):
        return [filled(each, state, context) for each in template]
    return template


def evaluate(expression: str, state: Any, context: Any) -> Any:
    """Return the value of a path or an intrinsic function.

    Raises:
        LookupError: a path leads nowhere.
    """
    if match := _CALL.fullmatch(expression):
        arguments = [_argument(each, state, context) for each in _ARGUMENT.findall(match[2])]
        return _FUNCTIONS[match[1]](*arguments)
    value: Any = context if expression.startswith("$$") else state
    path = expression.lstrip("$")
    steps = list(_STEP.finditer(path))
    assert "".join(step[0] for step in steps) == path, expression
    for name, position in (step.groups() for step in steps):
        if not isinstance(value, list if position else dict):
            raise LookupError(f"{expression}: {value!r} has no such part")
        part: Any = int(position) if position else name
        value = value[part]
    return value


def holds(rule: Mapping[str, Any], state: Any, context: Any) -> bool:
    """Return whether a rule of a choice applies.

    Raises:
        LookupError: its path leads nowhere, and it does not ask whether it does.
    """
    if "And" in rule:
        return all(holds(each, state, context) for each in rule["And"])
    path = rule["Variable"]
    if "IsPresent" in rule:
        return _is_present(path, state, context) is rule["IsPresent"]
    value = evaluate(path, state, context)
    (operator,) = rule.keys() - {"Variable", "Next"}
    return _COMPARISONS[operator](value, rule[operator])


def _is_present(path: str, state: Any, context: Any) -> bool:
    try:
        evaluate(path, state, context)
    except LookupError:
        return False
    return True


def _argument(text: str, state: Any, context: Any) -> Any:
    text = text.strip()
    if text.startswith("'"):
        return text[1:-1].replace("\\'", "'").replace("\\\\", "\\")
    return int(text) if text.isdigit() else evaluate(text, state, context)


def _format(template: str, *values: Any) -> str:
    assert template.count("{}") == len(values), template
    return template.replace("{}", "%s") % values


_FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "Array": lambda *items: list(items),
    "ArrayGetItem": lambda items, position: items[position],
    "Format": _format,
    "JsonToString": json.dumps,
    "StringSplit": lambda text, separator: text.split(separator),
}
_COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "IsString": lambda value, expected: isinstance(value, str) is expected,
    "StringEquals": lambda value, expected: value == expected,
    "StringMatches": lambda value, expected: (
        isinstance(value, str) and fnmatchcase(value, expected)
    ),
}
