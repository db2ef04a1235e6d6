"""Approves registered models by itself, in environments whose policy says so."""

from functools import partial
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from lambdas.approve.logic import approve
from lambdas.shared.aws_errors import named_aws_errors
from lambdas.shared.clients import sagemaker_client
from lambdas.shared.registry import Registry
from lambdas.shared.telemetry import count, logger
from schemas.names import MODEL_DIMENSION, TRAINING_METRICS_NAMESPACE


@logger.inject_lambda_context
@named_aws_errors()
def lambda_handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, str]:
    """Return what became of the package that a `SageMaker Model Package State Change` names.

    Raises:
        TransientError: it is to be tried again.
    """
    arn = event["detail"]["ModelPackageArn"]
    counted = partial(count, dimension=MODEL_DIMENSION, namespace=TRAINING_METRICS_NAMESPACE)
    decision = approve(arn, Registry(sagemaker_client()), counted)
    logger.info("approval", arn=arn, outcome=decision.outcome, reason=decision.reason)
    return {"model_package_arn": arn, "outcome": decision.outcome, "reason": decision.reason}
