"""Asks the endpoint what it must answer: golden records, with the scores of the evaluation."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from lambdas.shared.aws_errors import named_aws_errors
from lambdas.shared.clients import s3_client, sagemaker_client, sagemaker_runtime_client
from lambdas.shared.deadline import Deadline
from lambdas.shared.objects import Objects
from lambdas.shared.registry import Registry
from lambdas.shared.telemetry import logger
from lambdas.smoke_test.golden import read_golden
from lambdas.smoke_test.invocation import Invocation
from lambdas.smoke_test.logic import check
from lambdas.smoke_test.settings import Settings
from schemas.releases import Serving


@logger.inject_lambda_context
@named_aws_errors()
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, int]:
    """Return how many answers for `serving` were checked.

    Raises:
        PermanentError: the endpoint answers something else, or nobody knows what to expect.
        TransientError: it did not answer yet; it is to be tried again.
    """
    settings = Settings.from_environ()
    serving = Serving.from_json(event["serving"])
    registry = Registry(sagemaker_client())
    artifacts = Objects(s3_client(), settings.artifacts_bucket_name)
    invocation = Invocation(
        sagemaker_runtime_client,
        settings.endpoint_name,
        Deadline(context.get_remaining_time_in_millis),
    )
    checked = 0
    variants = serving.variants
    for variant, arn in variants.items():
        golden = read_golden(arn, registry, artifacts)
        # Endpoints with one variant that are serverless refuse its name.
        target = variant if len(variants) > 1 else ""
        checked += check(golden, arn, invocation.ask(golden.requests, target))
    logger.info("smoke test passed", endpoint=settings.endpoint_name, checked=checked)
    return {"checked": checked}
