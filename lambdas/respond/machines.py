"""Executions that a decision begins: each at most once, however often it is tried."""

from hashlib import sha256
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from lambdas.shared.aws_errors import error_code

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

# A name has at most 80 characters, and those that EventBridge gives to executions have 73.
_DIGITS = 16
_BEGUN_BEFORE = "ExecutionAlreadyExists"


class StateMachine:
    """Begins executions of one state machine.

    Args:
        stepfunctions: Client.
        arn: The state machine.
    """

    def __init__(self, stepfunctions: "SFNClient", arn: str) -> None:
        self._stepfunctions = stepfunctions
        self._arn = arn

    def execution_arn(self, purpose: str, monitoring_id: str) -> str:
        """Return the ARN of the one execution that a run may begin for a purpose."""
        executions = self._arn.replace(":stateMachine:", ":execution:", 1)
        return f"{executions}:{purpose}-{sha256(monitoring_id.encode()).hexdigest()[:_DIGITS]}"

    def running(self) -> str:
        """Return the ARN of an execution that is under way, as of a moment ago; empty if none."""
        found = self._stepfunctions.list_executions(
            stateMachineArn=self._arn, statusFilter="RUNNING", maxResults=1
        )["executions"]
        return found[0]["executionArn"] if found else ""

    def begin(self, execution_arn: str, text: str) -> None:
        """Begin the execution with this ARN, unless it was begun before.

        Args:
            execution_arn: Of `execution_arn`.
            text: Its input, the same whenever it is tried.
        """
        request: dict[str, Any] = {
            "stateMachineArn": self._arn,
            "name": execution_arn.rpartition(":")[2],
            "input": text,
        }
        try:
            self._stepfunctions.start_execution(**request)
        except ClientError as error:
            if error_code(error) != _BEGUN_BEFORE:
                raise
