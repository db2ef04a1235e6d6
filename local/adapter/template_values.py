"""Values of templates, whose numbers and truths may be texts, as an API's model has them."""

import json
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StructureShape


def typed(value: Any, shape: Shape | None) -> Any:
    """Return a value of a template with the types of a shape; as it is without one."""
    if isinstance(shape, StructureShape) and isinstance(value, dict):
        return {name: typed(member, shape.members.get(name)) for name, member in value.items()}
    if isinstance(shape, ListShape) and isinstance(value, list):
        return [typed(member, shape.member) for member in value]
    if isinstance(shape, MapShape) and isinstance(value, dict):
        return {key: typed(member, shape.value) for key, member in value.items()}
    return _scalar(value, shape.type_name) if shape else value


def _scalar(value: Any, type_name: str) -> Any:
    if isinstance(value, str) and type_name in ("integer", "long"):
        return int(value)
    if isinstance(value, str) and type_name in ("float", "double"):
        return float(value)
    if isinstance(value, str) and type_name == "boolean":
        return value.lower() == "true"
    if isinstance(value, bool | int | float) and type_name == "string":
        return json.dumps(value)
    return value
