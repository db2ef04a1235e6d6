"""The steps of a look at the model that serves, which the state machine calls one by one."""

from collections.abc import Callable
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from lambdas.monitor.baseline import Baselines
from lambdas.monitor.claims import Claims, Execution
from lambdas.monitor.failure import fail
from lambdas.monitor.lake import DataLake
from lambdas.monitor.planning import Defaults, Planning
from lambdas.monitor.publication import Publication
from lambdas.monitor.settings import Settings
from lambdas.shared.aws_errors import named_aws_errors
from lambdas.shared.clients import (
    cloudwatch_client,
    dynamodb_resource,
    s3_client,
    sagemaker_client,
    stepfunctions_client,
)
from lambdas.shared.clock import utc_now
from lambdas.shared.executions import execution_tester
from lambdas.shared.monitoring import MonitoringTable
from lambdas.shared.objects import Objects
from lambdas.shared.registry import Registry
from lambdas.shared.releases import ReleaseTable
from lambdas.shared.telemetry import logger
from schemas.catalog import MODEL_DATASETS


@logger.inject_lambda_context
@named_aws_errors()
def lambda_handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """Take the step `step` of the execution `execution_arn`; return what it adds to the state.

    Raises:
        InvalidInputError: the input asks for what is not possible.
        PermanentError: something is wrong that no retry mends.
        TransientError: it is to be tried again.
    """
    steps = _Steps(Execution(arn=event["execution_arn"], name=event["execution_name"]))
    step: Callable[[dict[str, Any]], dict[str, Any]] = {
        "plan": steps.plan,
        "publish": steps.publish,
        "fail": steps.fail,
    }[event["step"]]
    result = step(event)
    logger.info("step taken", step=event["step"], result=result)
    return result


class _Steps:
    """The steps, each with what it needs.

    Args:
        execution: Who takes them.
    """

    def __init__(self, execution: Execution) -> None:
        settings = Settings.from_environ()
        self._settings = settings
        self._execution = execution
        self._artifacts = Objects(s3_client(), settings.artifacts_bucket_name)
        self._table = MonitoringTable(dynamodb_resource().Table(settings.monitoring_table_name))
        self._claims = Claims(self._table, execution_tester(stepfunctions_client()), utc_now)

    def plan(self, event: dict[str, Any]) -> dict[str, Any]:
        """Return `$.run`."""
        settings = self._settings
        planning = Planning(
            table=self._table,
            claims=self._claims,
            releases=ReleaseTable(dynamodb_resource().Table(settings.releases_table_name)),
            lake=DataLake(s3_client(), settings.curated_bucket_name, MODEL_DATASETS[0]),
            baselines=Baselines(
                Registry(sagemaker_client()),
                self._artifacts,
                deployment=settings.constraints,
                max_auc_loss=settings.max_auc_loss,
            ),
            artifacts=self._artifacts,
            defaults=Defaults(
                code_asset_uri=settings.code_asset_uri,
                code_sha256=settings.code_sha256,
                image_uri=settings.image_uri,
                job_name_prefix=settings.job_name_prefix,
                window_days=settings.window_days,
                min_labels=settings.min_labels,
            ),
            clock=utc_now,
        )
        return planning.plan(event["input"], self._execution)

    def publish(self, _event: dict[str, Any]) -> dict[str, Any]:
        """Return what was found, in short."""
        publication = Publication(
            table=self._table,
            claims=self._claims,
            artifacts=self._artifacts,
            cloudwatch=cloudwatch_client(),
            group_name=self._settings.model_package_group_name,
            clock=utc_now,
        )
        return publication.publish(self._execution)

    def fail(self, event: dict[str, Any]) -> dict[str, Any]:
        """Return `$.settled`."""
        return dict(
            fail(
                event["state"],
                self._execution,
                table=self._table,
                claims=self._claims,
                clock=utc_now,
            )
        )
