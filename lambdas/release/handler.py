"""The steps of a release, which the state machine calls one by one."""

from collections.abc import Callable
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from lambdas.release.claims import Claims, Execution
from lambdas.release.endpoint import Endpoints
from lambdas.release.inspection import Inspection
from lambdas.release.packages import Packages
from lambdas.release.plan import Plan
from lambdas.release.planning import Planning
from lambdas.release.restoration import Restoration
from lambdas.release.settings import Settings
from lambdas.release.settlement import Settlement
from lambdas.release.stack import InferenceStack
from lambdas.release.sweeping import Sweeping
from lambdas.shared.aws_errors import named_aws_errors
from lambdas.shared.clients import (
    cloudformation_client,
    cloudwatch_client,
    dynamodb_resource,
    s3_client,
    sagemaker_client,
    stepfunctions_client,
)
from lambdas.shared.clock import utc_now
from lambdas.shared.deadline import Deadline
from lambdas.shared.executions import execution_tester
from lambdas.shared.registry import Registry
from lambdas.shared.releases import ReleaseTable
from lambdas.shared.telemetry import logger

_PREVIOUS = "previous"


@logger.inject_lambda_context
@named_aws_errors()
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Take the step `step` of the execution `execution_arn`; return what it adds to the state.

    Raises:
        InvalidInputError: the input asks for what is not possible.
        PermanentError: something is wrong that no retry mends.
        TransientError: it is to be tried again.
    """
    execution = Execution(arn=event["execution_arn"], name=event["execution_name"])
    steps = _Steps(execution, Deadline(context.get_remaining_time_in_millis))
    step: Callable[[dict[str, Any]], dict[str, Any]] = {
        "plan": steps.plan,
        "inspect": steps.inspect,
        "restore": steps.restore,
        "settle": steps.settle,
        "sweep": steps.sweep,
    }[event["step"]]
    result = step(event)
    logger.info("step taken", step=event["step"], execution_arn=execution.arn, result=result)
    return result


class _Steps:
    """The steps, each with what it needs.

    Args:
        execution: Who takes them.
        deadline: When to stop.
    """

    def __init__(self, execution: Execution, deadline: Deadline) -> None:
        settings = Settings.from_environ()
        self._settings = settings
        self._execution = execution
        self._deadline = deadline
        self._table = ReleaseTable(dynamodb_resource().Table(settings.releases_table_name))
        self._stack = InferenceStack(cloudformation_client(), settings.stack_name)
        self._endpoints = Endpoints(sagemaker_client(), cloudwatch_client(), settings.endpoint_name)

    def plan(self, event: dict[str, Any]) -> dict[str, Any]:
        """Return `$.release`."""
        is_running = execution_tester(stepfunctions_client())
        planning = Planning(
            stack=self._stack,
            endpoints=self._endpoints,
            table=self._table,
            claims=Claims(self._table, is_running, utc_now),
            packages=Packages(
                Registry(sagemaker_client()),
                s3_client(),
                group_name=self._settings.model_package_group_name,
                bucket=self._settings.artifacts_bucket_name,
                deadline=self._deadline,
            ),
        )
        return planning.plan(event["input"], self._execution).to_json()

    def inspect(self, event: dict[str, Any]) -> dict[str, Any]:
        """Return `$.inspected`."""
        plan = Plan.from_json(event["release"])
        expected = plan.previous if event["expected"] == _PREVIOUS else plan.target
        return Inspection(self._stack, self._endpoints).inspect(expected, plan.token)

    def restore(self, event: dict[str, Any]) -> dict[str, Any]:
        """Return `$.restore`."""
        restoration = Restoration(
            stack=self._stack, endpoints=self._endpoints, table=self._table, clock=utc_now
        )
        return restoration.restore(event["state"], self._execution).to_json()

    def settle(self, event: dict[str, Any]) -> dict[str, Any]:
        """Return `$.settled`."""
        settlement = Settlement(stack=self._stack, table=self._table, clock=utc_now)
        return settlement.settle(event["outcome"], event["state"], self._execution).to_json()

    def sweep(self, _event: dict[str, Any]) -> dict[str, Any]:
        """Return what was removed."""
        sweeping = Sweeping(
            sagemaker=sagemaker_client(),
            stack=self._stack,
            endpoints=self._endpoints,
            table=self._table,
            environment=self._settings.environment,
            clock=utc_now,
            deadline=self._deadline,
        )
        return {"removed": sweeping.sweep(self._execution)}
