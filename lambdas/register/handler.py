"""Registers a model that has passed the gate, for somebody else to approve."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from lambdas.register.logic import Registration
from lambdas.register.package import Delivery
from lambdas.register.settings import Settings
from lambdas.shared.aws_errors import named_aws_errors
from lambdas.shared.clients import s3_client, sagemaker_client
from lambdas.shared.objects import Objects
from lambdas.shared.registry import Registry
from lambdas.shared.telemetry import logger
from schemas.training import GateResult, PlannedRun


@logger.inject_lambda_context
@named_aws_errors()
def lambda_handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, str]:
    """Return `$.registration`: the `model_package_arn` of the run `run`.

    Raises:
        PermanentError: the model is not to be registered, or cannot be described in full.
        TransientError: it is to be tried again.
    """
    settings = Settings.from_environ()
    registration = Registration(
        registry=Registry(sagemaker_client()),
        group_name=settings.model_package_group_name,
        artifacts=Objects(s3_client(), settings.artifacts_bucket_name),
        delivery=Delivery(lock_sha256=settings.lock_sha256, git_commit=settings.git_commit),
    )
    run, gate = PlannedRun.from_json(event["run"]), GateResult.from_json(event["gate"])
    arn = registration.register(run, gate, event["training_job"])
    logger.info("model registered", run_id=run.run_id, arn=arn)
    return {"model_package_arn": arn}
