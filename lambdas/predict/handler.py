"""Answers prediction requests over HTTP; each answer was logged before it is given."""

from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from lambdas.predict.budget import Budget
from lambdas.predict.endpoint import Endpoint
from lambdas.predict.http import RefusedError, Request, response
from lambdas.predict.log import PredictionLog
from lambdas.predict.logic import Prediction
from lambdas.predict.question import read_question
from lambdas.predict.settings import Settings
from lambdas.shared.clients import (
    s3_request_client,
    sagemaker_runtime_client,
    sqs_request_client,
)
from lambdas.shared.clock import utc_now
from lambdas.shared.objects import Objects
from lambdas.shared.telemetry import logger


@logger.inject_lambda_context
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer one request (event of format 2.0): with predictions, or with what is wrong."""
    settings = Settings.from_environ()
    budget = Budget(settings.latency_budget_seconds, context.get_remaining_time_in_millis)
    try:
        question = read_question(Request.from_event(event))
        return response(HTTPStatus.OK, _prediction(settings).answer(question, budget))
    except RefusedError as refusal:
        logger.info("request refused", code=refusal.code, reason=refusal.message)
        return refusal.response()
    except Exception:
        logger.exception("request failed")
        return RefusedError(
            HTTPStatus.INTERNAL_SERVER_ERROR,
            "internal",
            "the request could not be processed; the function's log says why, under the request "
            f"{context.aws_request_id}",
        ).response()


def _prediction(settings: Settings) -> Prediction:
    return Prediction(
        endpoint=Endpoint(settings.endpoint_name, sagemaker_runtime_client),
        log=PredictionLog(
            sqs=sqs_request_client(),
            queue_url=settings.log_queue_url,
            spill=lambda: Objects(s3_request_client(), settings.spill_bucket_name),
            max_message_bytes=settings.max_message_bytes,
        ),
        clock=utc_now,
    )
