"""Where an execution failed: a caught error does not say in which state."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from lambdas.shared.telemetry import logger

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

# The failure is a few events back, behind those of the state that settles it.
_EVENTS = 200


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Where an execution failed.

    Attributes:
        state: Name of the state; empty when unknown.
        function: Name of the function that it called; empty when it called none.
    """

    state: str = ""
    function: str = ""


def failed_at(events: Iterable[Mapping[str, Any]]) -> Place:
    """Return where an execution failed last.

    Args:
        events: Its history, newest first.
    """
    has_failed, function = False, ""
    for event in events:
        kind = str(event["type"])
        if not has_failed:
            has_failed = kind.endswith(("Failed", "TimedOut"))
        elif kind == "LambdaFunctionScheduled":
            arn = event.get("lambdaFunctionScheduledEventDetails", {}).get("resource", "")
            function = function or str(arn).rpartition(":")[2]
        elif kind.endswith("StateEntered"):
            name = event.get("stateEnteredEventDetails", {}).get("name", "")
            return Place(state=str(name), function=function)
    return Place()


def read_failure_place(stepfunctions: "SFNClient", execution_arn: str) -> Place:
    """Return where an execution failed; unknown when its history cannot be read.

    It only makes the announcement better, so it must not stand in the announcement's way.
    """
    try:
        history = stepfunctions.get_execution_history(
            executionArn=execution_arn,
            reverseOrder=True,
            includeExecutionData=False,
            maxResults=_EVENTS,
        )
    except (BotoCoreError, ClientError) as error:
        logger.warning("history not read", execution_arn=execution_arn, error=str(error))
        return Place()
    return failed_at(history["events"])
