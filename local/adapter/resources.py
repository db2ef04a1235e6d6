"""Seam: CloudFormation's resource handlers. Acts on properties that the emulator drops."""

from collections.abc import Callable
from typing import Any

from ministack.services.cloudformation import provisioners

from local.adapter.pinned import SeamMovedError


def after_change(resource_type: str, act: Callable[[str, dict[str, Any]], None]) -> None:
    """Call `act(physical id, properties)` after each create and update of a resource type."""
    try:
        handler = provisioners._RESOURCE_HANDLERS[resource_type]
    except KeyError:
        raise SeamMovedError(f"no CloudFormation handler for {resource_type}") from None
    create, update = handler["create"], handler["update"]

    def created(logical_id: str, properties: dict[str, Any], stack: str) -> Any:
        physical_id, attributes = create(logical_id, properties, stack)
        act(physical_id, properties)
        return physical_id, attributes

    def updated(physical_id: str, old: Any, new: dict[str, Any], *rest: Any, **named: Any) -> Any:
        physical_id, attributes = update(physical_id, old, new, *rest, **named)
        act(physical_id, new)
        return physical_id, attributes

    handler.update(create=created, update=updated)
