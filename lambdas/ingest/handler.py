"""Takes files into the lake: each message of the queue announces one that arrived."""

from typing import Any

from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.typing import LambdaContext

from lambdas.ingest.lake import Lake
from lambdas.ingest.ledger import Ledger
from lambdas.ingest.logic import Delivery, Ingestion
from lambdas.ingest.settings import Settings
from lambdas.ingest.workspace import remove_leftovers
from lambdas.shared.batch import FailureRecorder, Message, process_batch
from lambdas.shared.clients import dynamodb_resource, s3_client, sqs_client
from lambdas.shared.clock import utc_now
from lambdas.shared.dead_letters import DeadLetterTable
from lambdas.shared.deadline import Deadline
from lambdas.shared.errors import PermanentError, as_processing_error
from lambdas.shared.failures import FailureTable
from lambdas.shared.telemetry import count, logger
from schemas.catalog import DATASETS
from schemas.dead_letters import DeadLetterStatus
from schemas.ledger import LedgerStatus
from schemas.messages import MalformedMessageError, ObjectVersion, parse_s3_event


@logger.inject_lambda_context
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    """Process a batch of S3 notifications; return the identifiers of those to deliver again."""
    remove_leftovers()
    settings = Settings.from_environ()
    tables = dynamodb_resource()
    recorder = FailureRecorder(
        FailureTable(tables.Table(settings.failure_table_name), utc_now),
        sqs_client(),
        settings.queue_url,
    )
    return process_batch(event, context, process_message, recorder)


def process_message(message: Message, deadline: Deadline) -> None:
    """Process every object version that `message` announces; it fails if any of them fails.

    Raises:
        PermanentError: `malformed-message`, or the code of a rejected file.
        TransientError: it is to be tried again.
    """
    settings = Settings.from_environ()
    versions = _parse(message.body, settings.raw_bucket_name)
    dead_letters = DeadLetterTable(
        dynamodb_resource().Table(settings.dead_letter_table_name), utc_now
    )
    ingestion = Ingestion(
        ledger=Ledger(dynamodb_resource().Table(settings.ledger_table_name), utc_now),
        lake=Lake(s3_client()),
        dead_letters=dead_letters,
        datasets=DATASETS,
        curated_bucket_name=settings.curated_bucket_name,
        quarantine_bucket_name=settings.quarantine_bucket_name,
        max_file_bytes=settings.max_file_bytes,
        count=count,
    )
    delivery = Delivery(
        message_key=message.key,
        is_repeated=message.receive_count > 1,
        is_shared=len(versions) > 1,
    )
    statuses, errors = [], []
    for version in versions:
        try:
            statuses.append(ingestion.process(version, delivery, deadline))
        except Exception as error:
            errors.append(as_processing_error(error, subject=version.uri))
    if errors:
        # One that a retry may cure decides: the retry brings the others to the same end.
        raise min(errors, key=lambda error: isinstance(error, PermanentError))
    if statuses:
        dead_letters.settle_existing([message.key], _settlement(statuses))


def _settlement(statuses: list[LedgerStatus]) -> DeadLetterStatus:
    """Return what a dead letter becomes whose message succeeds after all."""
    if all(status is LedgerStatus.SUPERSEDED for status in statuses):
        return DeadLetterStatus.SUPERSEDED
    return DeadLetterStatus.RESOLVED


def _parse(body: str, raw_bucket_name: str) -> list[ObjectVersion]:
    try:
        versions = parse_s3_event(body)
    except MalformedMessageError as error:
        raise PermanentError(
            "malformed-message",
            f"{error}. Only S3 notifications of created objects belong on this queue",
        ) from error
    for version in versions:
        if version.bucket != raw_bucket_name:
            raise PermanentError(
                "malformed-message",
                f"the message is about the bucket {version.bucket!r}; files are taken from "
                f"{raw_bucket_name!r} only",
                version.uri,
            )
    return versions
