"""What an update of a deployed stack would do to the resources that hold data."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from cfnlint.schema import PROVIDER_SCHEMA_MANAGER  # type: ignore[import-untyped]

from tests.infrastructure.assembly import Templates, read_templates

RELEASED = Path(__file__).with_name("released")
# Any: whether a change replaces a resource does not depend on it.
_REGION = "us-east-1"


def last_release(environment_name: str) -> Templates:
    """Return the templates of one environment that were released last."""
    folder = max(RELEASED.iterdir(), key=lambda each: tuple(map(int, each.name.split("."))))
    prefix = f"mlops-{environment_name}-"
    return {
        stack: template
        for stack, template in read_templates(folder).items()
        if stack.startswith(prefix)
    }


def losses(released: Templates, head: Templates) -> list[str]:
    """Return what CloudFormation would delete or replace of what holds data, and why.

    CloudFormation knows a resource by its stack, its logical id and its type, and replaces it
    when a property changes that its schema calls create-only.
    """
    found = []
    for stack, template in released.items():
        now = head.get(stack, {"Resources": {}})["Resources"]
        for logical_id, body in template["Resources"].items():
            if not holds_data(body):
                continue
            name, kind = f"{stack}/{logical_id}", body["Type"]
            if logical_id not in now:
                found.append(f"{name} is renamed or gone: its data stays behind")
            elif now[logical_id]["Type"] != kind:
                found.append(f"{name} was {kind} and is {now[logical_id]['Type']}")
            else:
                found += [
                    f"{name}: a change of {'.'.join(path)} replaces it"
                    for path in create_only(kind)
                    if _at(body, path) != _at(now[logical_id], path)
                ]
    return found


def holds_data(body: dict[str, Any]) -> bool:
    """Return whether a resource states what becomes of it: only those with data do."""
    return "DeletionPolicy" in body


@cache
def create_only(kind: str) -> tuple[tuple[str, ...], ...]:
    """Return the properties of a type whose change replaces a resource, always or sometimes."""
    schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema(_REGION, kind).schema
    return tuple(
        tuple(pointer.split("/")[2:])
        for name in ("createOnlyProperties", "conditionalCreateOnlyProperties")
        for pointer in schema.get(name, ())
    )


def data_holders(templates: Templates) -> Iterator[tuple[str, str, str]]:
    """Yield stack, logical id and type of each resource that holds data."""
    for stack, template in templates.items():
        for logical_id, body in template["Resources"].items():
            if holds_data(body):
                yield stack, logical_id, body["Type"]


def _at(body: dict[str, Any], path: tuple[str, ...]) -> Any:
    value: Any = body.get("Properties", {})
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value
