"""Whether executions of a state machine still run: a claim of one that does not is void."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from lambdas.shared.aws_errors import error_code

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

IsRunning = Callable[[str], bool]


def execution_tester(stepfunctions: "SFNClient") -> IsRunning:
    """Return what tells whether an execution is still running."""

    def is_running(execution_arn: str) -> bool:
        try:
            found = stepfunctions.describe_execution(executionArn=execution_arn)
        except ClientError as error:
            # Step Functions forgets executions 90 days after their end.
            if error_code(error) == "ExecutionDoesNotExist":
                return False
            raise
        return found["status"] == "RUNNING"

    return is_running
