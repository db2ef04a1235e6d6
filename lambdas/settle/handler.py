"""Records what a training has come to, and words its announcement."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from lambdas.settle.history import Place, read_failure_place
from lambdas.settle.logic import settle
from lambdas.settle.outcome import Outcome
from lambdas.settle.settings import Settings
from lambdas.settle.skipping import announcement_of, is_skipped
from lambdas.shared.aws_errors import named_aws_errors
from lambdas.shared.clients import dynamodb_resource, stepfunctions_client
from lambdas.shared.clock import utc_now
from lambdas.shared.runs import RunTable
from lambdas.shared.telemetry import logger


@logger.inject_lambda_context
@named_aws_errors()
def lambda_handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, str]:
    """Return `$.outcome` of an execution: `subject` and `message` to announce, and `status`.

    Raises:
        TransientError: it is to be tried again.
    """
    if is_skipped(event):
        return announcement_of(event)
    place = Place()
    if "error" in event:
        place = read_failure_place(stepfunctions_client(), event["execution_arn"])
    runs = RunTable(dynamodb_resource().Table(Settings.from_environ().runs_table_name))
    outcome = settle(Outcome.from_event(event, place), runs, utc_now)
    logger.info("training settled", status=outcome.status, reason=outcome.reason)
    return {"subject": outcome.subject, "message": outcome.message, "status": outcome.status}
