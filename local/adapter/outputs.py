"""Seam: CloudFormation's outputs. A change of them alone is a change, as on AWS.

The emulator compares resources only, so an export that another stack needs would never appear.
"""

from collections.abc import Callable
from typing import Any

from ministack.services import cloudformation
from ministack.services.cloudformation import handlers

from local.adapter import pinned

_CREATE = "CreateChangeSet"
_NO_CHANGES = "The submitted information didn't contain changes."


def install() -> None:
    """Put the seam in place."""
    pinned.require(cloudformation, "_change_sets")
    create = handlers._ACTION_HANDLERS[_CREATE]
    handlers._ACTION_HANDLERS[_CREATE] = _notice_outputs(create)


def _notice_outputs(create: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def wrapped(parameters: Any) -> Any:
        known = set(cloudformation._change_sets)
        answer = create(parameters)
        for name in set(cloudformation._change_sets) - known:
            change_set = cloudformation._change_sets[name]
            if _is_about_outputs(change_set):
                change_set.update(
                    Status="CREATE_COMPLETE", ExecutionStatus="AVAILABLE", StatusReason=""
                )
        return answer

    return wrapped


def _is_about_outputs(change_set: Any) -> bool:
    if not change_set["StatusReason"].startswith(_NO_CHANGES):
        return False
    stack = cloudformation._stacks[change_set["StackName"]]
    deployed = stack.get("_template", {}).get("Outputs")
    wanted: Any = change_set["_template"].get("Outputs")
    return bool(deployed != wanted)
