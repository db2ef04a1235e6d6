"""Logs predictions: each message of the queue is a request that was answered."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import cache
from typing import Any
from uuid import uuid4

from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.typing import LambdaContext

from lambdas.prediction_log.files import PredictionFiles
from lambdas.prediction_log.index import PredictionIndex
from lambdas.prediction_log.logic import PredictionLog
from lambdas.prediction_log.provenance import Provenances
from lambdas.prediction_log.reading import read_record
from lambdas.prediction_log.rows import Entry
from lambdas.prediction_log.settings import Settings
from lambdas.shared.batch import FailureRecorder, Message, process_together
from lambdas.shared.clients import dynamodb_resource, s3_client, sagemaker_client, sqs_client
from lambdas.shared.clock import utc_now
from lambdas.shared.dead_letters import DeadLetterTable
from lambdas.shared.deadline import Deadline
from lambdas.shared.failures import FailureTable
from lambdas.shared.objects import Objects
from lambdas.shared.registry import Registry
from lambdas.shared.telemetry import count, logger
from schemas.dead_letters import DeadLetterStatus


@logger.inject_lambda_context
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    """Log a batch of answered requests; return the identifiers of messages to deliver again."""
    settings = Settings.from_environ()
    tables = dynamodb_resource()
    log = PredictionLog(
        index=PredictionIndex(tables.Table(settings.index_table_name), utc_now),
        files=PredictionFiles(s3_client(), settings.curated_bucket_name),
        read=_read,
        new_stem=lambda: uuid4().hex,
        # Nearly the function's timeout, for any worker of it has as much.
        claim_lifetime=timedelta(milliseconds=context.get_remaining_time_in_millis()),
        count=count,
    )
    dead_letters = DeadLetterTable(tables.Table(settings.dead_letter_table_name), utc_now)

    def handle(messages: Sequence[Message], deadline: Deadline) -> Mapping[str, Exception]:
        errors = dict(log.log(messages, deadline))
        for message in messages:
            if message.message_id not in errors:
                try:
                    dead_letters.settle_existing([message.key], DeadLetterStatus.RESOLVED)
                except Exception as error:
                    errors[message.message_id] = error
        return errors

    recorder = FailureRecorder(
        FailureTable(tables.Table(settings.failure_table_name), utc_now),
        sqs_client(),
        settings.queue_url,
    )
    return process_together(event, context, handle, recorder)


def _read(message: Message) -> Entry:
    spill = Objects(s3_client(), Settings.from_environ().spill_bucket_name)
    record = read_record(message.body, spill)
    return Entry(record=record, provenance=provenances().of(record.model_package_arn))


@cache
def provenances() -> Provenances:
    """Return what is known of models, once per execution environment."""
    return Provenances(Registry(sagemaker_client()))
