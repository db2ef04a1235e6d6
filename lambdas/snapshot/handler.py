"""Begins a training: takes a snapshot of the data, and claims the run."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from lambdas.shared.aws_errors import named_aws_errors
from lambdas.shared.clients import (
    dynamodb_resource,
    s3_copying_client,
    sagemaker_client,
    stepfunctions_client,
)
from lambdas.shared.clock import utc_now
from lambdas.shared.deadline import Deadline
from lambdas.shared.executions import execution_tester
from lambdas.shared.objects import Objects
from lambdas.shared.registry import Registry
from lambdas.shared.releases import ReleaseTable
from lambdas.shared.runs import RunTable
from lambdas.shared.telemetry import logger
from lambdas.snapshot.claims import Claims
from lambdas.snapshot.curated import CuratedLake
from lambdas.snapshot.logic import Defaults, NothingToDoError, Preparation
from lambdas.snapshot.recipe import Code
from lambdas.snapshot.request import parse_request
from lambdas.snapshot.settings import Settings
from schemas.catalog import DATASETS, MODEL_DATASETS
from schemas.training import skipped


@logger.inject_lambda_context
@named_aws_errors()
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Return `$.run` for the execution `execution_arn` with the input `input`.

    Raises:
        InvalidInputError: the input asks for what is not possible.
        PermanentError: something is missing that no retry brings.
        TransientError: it is to be tried again, and goes on where it was stopped.
    """
    settings = Settings.from_environ()
    deadline = Deadline(context.get_remaining_time_in_millis)
    request = parse_request(event["input"], defaults=settings.hyperparameters, tuned=settings.tuned)
    try:
        run = _preparation(settings).prepare(request, event["execution_arn"], deadline)
    except NothingToDoError as error:
        logger.info("nothing to do", reason=str(error))
        return skipped(str(error), request.trigger)
    logger.info("run prepared", run_id=run.run_id, attempt=run.attempt)
    return run.to_json()


def _preparation(settings: Settings) -> Preparation:
    tables, s3 = dynamodb_resource(), s3_copying_client()
    runs = RunTable(tables.Table(settings.runs_table_name))
    return Preparation(
        lake=CuratedLake(
            tables.Table(settings.ledger_table_name), s3, settings.curated_bucket_name
        ),
        artifacts=Objects(s3, settings.artifacts_bucket_name),
        runs=runs,
        claims=Claims(runs, execution_tester(stepfunctions_client())),
        registry=Registry(sagemaker_client()),
        releases=ReleaseTable(tables.Table(settings.releases_table_name)),
        contracts=[DATASETS[name] for name in MODEL_DATASETS],
        defaults=Defaults(
            group_name=settings.model_package_group_name,
            code=Code(uri=settings.code_asset_uri, sha256=settings.code_sha256),
            image_uri=settings.image_uri,
            job_name_prefix=settings.job_name_prefix,
            tuning=settings.tuning,
            min_new_rows=settings.min_new_rows,
        ),
        clock=utc_now,
    )
