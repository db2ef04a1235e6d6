"""Archives dead letters: each message of the dead-letter queue is one that could not be processed.

It knows nothing of what messages mean. What it cannot archive goes to the parking queue.
"""

from typing import Any

from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.typing import LambdaContext

from lambdas.archive.settings import Settings
from lambdas.archive.store import DeadLetterArchive
from lambdas.shared.batch import Message, process_batch
from lambdas.shared.clients import dynamodb_resource, s3_client
from lambdas.shared.clock import utc_now
from lambdas.shared.deadline import Deadline
from lambdas.shared.telemetry import logger


@logger.inject_lambda_context
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    """Archive a batch of messages; return the identifiers of those to deliver again."""
    return process_batch(event, context, archive_message)


def archive_message(message: Message, _deadline: Deadline) -> None:
    """Archive one message."""
    settings = Settings.from_environ()
    tables = dynamodb_resource()
    DeadLetterArchive(
        failures=tables.Table(settings.failure_table_name),
        letters=tables.Table(settings.dead_letter_table_name),
        s3=s3_client(),
        spill_bucket=settings.spill_bucket_name,
        spill_prefix=settings.spill_prefix,
        clock=utc_now,
    ).archive(message)
    logger.info("message archived", message_key=message.key, message_id=message.message_id)
