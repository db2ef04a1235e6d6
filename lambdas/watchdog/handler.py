"""Watches training jobs while they run, and stops those that are not worth their time."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from lambdas.shared.aws_errors import named_aws_errors
from lambdas.shared.clients import (
    dynamodb_resource,
    logs_client,
    sagemaker_client,
    stepfunctions_client,
)
from lambdas.shared.clock import utc_now
from lambdas.shared.telemetry import logger
from lambdas.watchdog.jobs import Jobs
from lambdas.watchdog.logic import look, watch
from lambdas.watchdog.notes import RunNotes
from lambdas.watchdog.settings import Settings


@logger.inject_lambda_context
@named_aws_errors()
def lambda_handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, str]:
    """Begin to watch the job of a `SageMaker Training Job State Change`, or look at one.

    Args:
        event: That event; or, from the state machine that watches, an object with `job_name`.

    Returns:
        `decision`, "wait" or "over", and `reason` of a look; of an event, whether it was the first.

    Raises:
        TransientError: it is to be tried again.
    """
    settings = Settings.from_environ()
    if "detail" in event:
        job_name = event["detail"]["TrainingJobName"]
        is_first = watch(job_name, stepfunctions_client(), settings.state_machine_arn)
        return {"job_name": job_name, "watch": "begun" if is_first else "begun before"}
    found = look(
        event["job_name"],
        jobs=Jobs(sagemaker_client(), logs_client()),
        notes=RunNotes(
            dynamodb_resource().Table(settings.runs_table_name), settings.job_name_prefix
        ),
        limits=settings.limits,
        clock=utc_now,
    )
    logger.info("look", job_name=event["job_name"], decision=found.decision, reason=found.reason)
    return {"decision": found.decision, "reason": found.reason}
