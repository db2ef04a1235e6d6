"""What CloudFormation does with the stack that a release updates."""

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from ops.deployment import Deployment
from schemas.names import StackName

if TYPE_CHECKING:
    from mypy_boto3_cloudformation.type_defs import StackEventTypeDef


class StackNews:
    """Tells each event of the inference stack once.

    Args:
        deployment: Whose stack.
    """

    def __init__(self, deployment: Deployment) -> None:
        self._connection = deployment.connection
        self._stack = StackName.INFERENCE.in_environment(deployment.environment.name)
        self._told: set[str] = set()

    def since(self, moment: datetime) -> Iterator[str]:
        """Yield what has happened since `moment` and was not told before, the latest last."""
        found: list[StackEventTypeDef] = []
        pages = self._connection.cloudformation.get_paginator("describe_stack_events")
        for page in pages.paginate(StackName=self._stack):
            fresh = [each for each in page["StackEvents"] if self._is_news(each, moment)]
            found += fresh
            # The latest come first: whatever follows an old one is older still.
            if len(fresh) < len(page["StackEvents"]):
                break
        for event in reversed(found):
            self._told.add(event["EventId"])
            yield _line(event)

    def _is_news(self, event: "StackEventTypeDef", moment: datetime) -> bool:
        return event["Timestamp"] >= moment and event["EventId"] not in self._told


def _line(event: "StackEventTypeDef") -> str:
    reason = event.get("ResourceStatusReason", "")
    what = f"{event.get('LogicalResourceId', '')} {event.get('ResourceStatus', '')}"
    return f"  stack: {what}{f' ({reason})' if reason else ''}"
