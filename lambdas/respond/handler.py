"""Reacts to the alarms on what the model monitor finds."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from lambdas.respond.deciding import Deciding
from lambdas.respond.logic import Response
from lambdas.respond.machines import StateMachine
from lambdas.respond.settings import Settings
from lambdas.shared.aws_errors import named_aws_errors
from lambdas.shared.clients import (
    dynamodb_resource,
    s3_client,
    sns_client,
    stepfunctions_client,
)
from lambdas.shared.clock import utc_now
from lambdas.shared.errors import PermanentError
from lambdas.shared.monitoring import MonitoringTable
from lambdas.shared.objects import Objects
from lambdas.shared.releases import ReleaseTable
from lambdas.shared.telemetry import logger


@logger.inject_lambda_context
@named_aws_errors()
def lambda_handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, str]:
    """Return what was decided after a `CloudWatch Alarm State Change`; empty when nothing was.

    Raises:
        PermanentError: `unknown-alarm`, or something else that no retry mends.
        TransientError: it is to be tried again.
    """
    settings = Settings.from_environ()
    name = event["detail"]["alarmName"]
    if name not in settings.alarms:
        raise PermanentError(
            "unknown-alarm",
            f"nobody has said what the alarm {name!r} is about; known are "
            f"{', '.join(sorted(settings.alarms))}. Deploy the model monitor again, or mend the "
            "rule that sends its events here",
            str(name),
        )
    decision = _response(settings).respond(settings.alarms[name])
    if decision is None:
        return {}
    told = {
        "monitoring_id": decision.monitoring_id,
        "concern": decision.concern.value,
        "reaction": decision.reaction.value,
        "reason": decision.reason,
    }
    logger.info("decided", alarm=name, decision=told)
    return told


def _response(settings: Settings) -> Response:
    tables = dynamodb_resource()
    table = MonitoringTable(tables.Table(settings.monitoring_table_name))
    training, release = (
        StateMachine(stepfunctions_client(), arn)
        for arn in (settings.training_state_machine_arn, settings.release_state_machine_arn)
    )
    return Response(
        table=table,
        artifacts=Objects(s3_client(), settings.artifacts_bucket_name),
        deciding=Deciding(
            table=table,
            releases=ReleaseTable(tables.Table(settings.releases_table_name)),
            training=training,
            release=release,
            cooldown=settings.cooldown,
            min_labels=settings.min_labels,
            clock=utc_now,
        ),
        training=training,
        release=release,
        sns=sns_client(),
        topic_arn=settings.alarm_topic_arn,
        environment=settings.environment,
        clock=utc_now,
    )
