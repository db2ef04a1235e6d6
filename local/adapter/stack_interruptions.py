"""Seam: operations on stacks that were going on when a former process ended: they are rolled back.

CloudFormation goes on whatever happens to its hosts. The emulator's operations end with its
process, and their stacks would be in progress for ever, closed to every other operation.
"""

from collections.abc import Callable, Coroutine
from typing import Any

from ministack.services import cloudformation
from ministack.services.cloudformation import changesets, handlers, stacks

from local.adapter import pinned, stack_operations

Stack = dict[str, Any]
Deployment = Callable[..., Coroutine[Any, Any, None]]

REASON = "The local cloud ended while the operation was going on."
_OPERATION = "_operation_under_way"
_UNDER_WAY = (
    "CREATE_IN_PROGRESS",
    "ROLLBACK_IN_PROGRESS",
    "UPDATE_IN_PROGRESS",
    "UPDATE_ROLLBACK_IN_PROGRESS",
    "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS",
)


def install() -> None:
    """Put the seam in place."""
    pinned.require(stacks, "_roll_back_operation")
    pinned.require(stacks, "_create_stack_task_in_region")
    for module in (handlers, changesets):
        pinned.wrap(module, "_deploy_stack_async", _noted)
    pinned.wrap(cloudformation, "load_persisted_state", _rolling_back)


def _noted(deploy: Deployment) -> Deployment:
    """Keep what a rollback needs with the stack, and so on disk, while the operation goes on."""

    async def wrapped(
        name: str, stack_id: str, template: Stack, values: Stack, *rest: Any, **options: Any
    ) -> None:
        stack, before = cloudformation._stacks[name], options.get("previous_stack")
        stack[_OPERATION] = {
            "is_update": before is not None,
            "previous_stack": before,
            "previous_tags": (before or {}).get("Tags"),
            "template": template,
            "param_values": values,
        }
        await deploy(name, stack_id, template, values, *rest, **options)
        stack.pop(_OPERATION, None)

    return wrapped


def _rolling_back(load: Callable[[Any], None]) -> Callable[[Any], None]:
    def wrapped(data: Any) -> None:
        load(data)
        for stack in list(cloudformation._stacks._data.values()):
            if stack["StackStatus"] in _UNDER_WAY and _OPERATION in stack:
                with stack_operations.under_role(stack.get("RoleARN", "")):
                    # It waits its turn until everything else is loaded, too.
                    stacks._create_stack_task_in_region(_roll_back(stack), stack, stack["StackId"])

    return wrapped


async def _roll_back(stack: Stack) -> None:
    operation = stack[_OPERATION]
    before = (operation["previous_stack"] or {}).get("_resources", {})
    touched = {
        "created": [
            logical_id
            for logical_id, record in stack.get("_resources", {}).items()
            if record != before.get(logical_id)
        ],
        "stack_tags": stack.get("Tags"),
    }
    await stacks._roll_back_operation(
        stack["StackName"], stack["StackId"], stack, operation | touched, REASON
    )
    stack.pop(_OPERATION, None)
