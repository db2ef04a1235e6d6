"""Decides whether a trained model is good enough to be registered."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from lambdas.gate.logic import judge
from lambdas.gate.settings import Settings
from lambdas.shared.aws_errors import named_aws_errors
from lambdas.shared.clients import s3_client
from lambdas.shared.evaluations import read_evaluation
from lambdas.shared.objects import Objects
from lambdas.shared.telemetry import logger
from schemas.training import PlannedRun


@logger.inject_lambda_context
@named_aws_errors()
def lambda_handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """Return `$.gate` for the run `run`.

    Raises:
        PermanentError: the evaluation is missing or unusable, or the champion was changed.
        TransientError: it is to be tried again.
    """
    settings = Settings.from_environ()
    run = PlannedRun.from_json(event["run"])
    found = read_evaluation(run, Objects(s3_client(), settings.artifacts_bucket_name))
    result = judge(run, found.evaluation, settings.thresholds, evaluation_uri=found.uri)
    logger.info("model judged", run_id=run.run_id, **result.to_json())
    return result.to_json()
