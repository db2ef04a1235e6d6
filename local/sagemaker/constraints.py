"""Checks a request against its shape and says what is wrong in AWS's words."""

from collections.abc import Iterator, Mapping
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StringShape, StructureShape

from local.sagemaker import patterns
from local.sagemaker.errors import ApiError, invalid

_TYPE_NAMES = {
    "string": "String",
    "integer": "Integer",
    "long": "Long",
    "float": "Float",
    "double": "Double",
    "boolean": "Boolean",
    "timestamp": "Timestamp",
    "blob": "Blob",
}


def check(shape: StructureShape, params: Mapping[str, Any]) -> None:
    """Refuse a request that AWS would refuse for its form alone.

    Raises:
        ApiError: SerializationException for a wrong type, ValidationException for all else.
    """
    _check_types(shape, params, "")
    if found := list(_violations(shape, params, "")):
        errors = "error" if len(found) == 1 else "errors"
        raise invalid(f"{len(found)} validation {errors} detected: {'; '.join(found)}")


def violation(value: object, path: str, constraint: str) -> str:
    """Return one sentence of AWS's message about `value`."""
    text = "null" if value is None else f"'{_java(value)}'"
    return f"Value {text} at '{path}' failed to satisfy constraint: {constraint}"


def missing(path: str) -> ApiError:
    """Return the error of a member that is absent though AWS needs it."""
    text = violation(None, path, "Member must not be null")
    return invalid(f"1 validation error detected: {text}")


def _check_types(shape: Shape, value: Any, path: str) -> None:
    if value is None:
        return
    if isinstance(shape, StructureShape):
        _require(value, dict, "structure", path)
        for name, member in value.items():
            if name not in shape.members:
                known = ", ".join(shape.members)
                raise invalid(f"Unknown parameter '{name}' in '{path}', must be one of: {known}")
            _check_types(shape.members[name], member, _join(path, name))
    elif isinstance(shape, ListShape):
        _require(value, list, "list", path)
        for number, item in enumerate(value, 1):
            _check_types(shape.member, item, f"{path}.{number}.member")
    elif isinstance(shape, MapShape):
        _require(value, dict, "structure", path)
        for key, item in value.items():
            _check_types(shape.value, item, f"{path}.{key}")
    elif not _is_scalar(shape.type_name, value):
        wanted = _TYPE_NAMES[shape.type_name]
        raise _unreadable(f"{_token(value)} can not be converted to a {wanted}", path)


def _require(value: object, kind: type, name: str, path: str) -> None:
    if not isinstance(value, kind):
        raise _unreadable(f"{_token(value)} found where a {name} was expected", path)


def _unreadable(message: str, path: str) -> ApiError:
    return ApiError("SerializationException", f"{message}, at '{path}'")


def _is_scalar(type_name: str, value: object) -> bool:
    if type_name in ("string", "blob"):
        return isinstance(value, str)
    if type_name == "boolean":
        return isinstance(value, bool)
    if isinstance(value, bool):
        return False
    return isinstance(value, int if type_name in ("integer", "long") else int | float)


def _token(value: object) -> str:
    if isinstance(value, bool):
        return "TRUE_VALUE" if value else "FALSE_VALUE"
    if isinstance(value, str):
        return "STRING_VALUE"
    if isinstance(value, list | dict):
        return "Start of list" if isinstance(value, list) else "Start of structure or map"
    return "NUMBER_VALUE"


def _violations(shape: Shape, value: Any, path: str) -> Iterator[str]:
    if isinstance(shape, StructureShape):
        for name in shape.required_members:
            if value.get(name) is None:
                yield violation(None, _join(path, name), "Member must not be null")
        for name, member in value.items():
            if member is not None:
                yield from _violations(shape.members[name], member, _join(path, name))
        return
    for constraint in _broken(shape, value):
        yield violation(value, path, constraint)
    if isinstance(shape, ListShape):
        for number, item in enumerate(value, 1):
            yield from _violations(shape.member, item, f"{path}.{number}.member")
    elif isinstance(shape, MapShape):
        yield from _map_violations(shape, value, path)


def _map_violations(shape: MapShape, value: Mapping[str, Any], path: str) -> Iterator[str]:
    for what, inner, items in (
        ("keys", shape.key, value.keys()),
        ("value", shape.value, value.values()),
    ):
        if isinstance(inner, StringShape) and any(list(_broken(inner, each)) for each in items):
            rules = ", ".join(_rules(inner))
            yield violation(value, path, f"Map {what} must satisfy constraint: [{rules}]")
        elif not isinstance(inner, StringShape):
            for key, item in value.items():
                yield from _violations(inner, item, f"{path}.{key}.member")


def _broken(shape: Shape, value: Any) -> Iterator[str]:
    """Yield the constraints of a list, map or scalar that `value` itself does not satisfy."""
    if isinstance(shape, StringShape) and shape.enum and value not in shape.enum:
        yield f"Member must satisfy enum value set: [{', '.join(shape.enum)}]"
    pattern = shape.metadata.get("pattern")
    if pattern and not patterns.matches(pattern, value):
        yield f"Member must satisfy regular expression pattern: {pattern}"
    most, least = shape.metadata.get("max"), shape.metadata.get("min")
    is_number = isinstance(value, int | float)
    size, word = (value, "value") if is_number else (len(value), "length")
    if most is not None and size > most:
        yield f"Member must have {word} less than or equal to {most}"
    if least is not None and size < least:
        yield f"Member must have {word} greater than or equal to {least}"


def _rules(shape: StringShape) -> Iterator[str]:
    if "max" in shape.metadata:
        yield f"Member must have length less than or equal to {shape.metadata['max']}"
    if "min" in shape.metadata:
        yield f"Member must have length greater than or equal to {shape.metadata['min']}"
    if "pattern" in shape.metadata:
        yield f"Member must satisfy regular expression pattern: {shape.metadata['pattern']}"


def _join(path: str, name: str) -> str:
    """Return the path of a member as AWS writes it: `resourceConfig.instanceType`."""
    member = name[0].lower() + name[1:]
    return f"{path}.{member}" if path else member


def _java(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}={_java(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_java, value)) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)
