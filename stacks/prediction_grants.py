"""What the functions of predictions may do: each action, and where."""

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb

from config import EnvironmentConfig
from mlops_constructs.encryption import READ, WRITE
from mlops_constructs.grants import grant_items, grant_key, grant_listing, grant_objects
from mlops_constructs.python_function import PythonFunction
from mlops_constructs.queue_processing_function import QueueProcessingFunction
from schemas.names import PREDICTIONS_PREFIX, SPILLED_PREDICTIONS_PREFIX
from stacks.data_lake import DataLakeStack
from stacks.grants import allow, describe_models
from stacks.model_registry import ModelRegistryStack
from stacks.serving_names import endpoint_name


def grant_prediction(
    predict: PythonFunction,
    log: QueueProcessingFunction,
    index: dynamodb.ITable,
    *,
    environment: EnvironmentConfig,
    data_lake: DataLakeStack,
    registry: ModelRegistryStack,
) -> None:
    """Grant each function what it needs, and no more."""
    endpoint = cdk.Stack.of(predict).format_arn(
        service="sagemaker", resource="endpoint", resource_name=endpoint_name(environment)
    )
    allow(predict.role, ("sagemaker:InvokeEndpoint",), endpoint)
    allow(predict.role, ("sqs:SendMessage",), log.source_queue.queue_arn)
    grant_key(log.key, predict.role, actions=READ + WRITE)
    spilled = data_lake.quarantine_bucket
    grant_objects(
        spilled, predict.role, prefix=SPILLED_PREDICTIONS_PREFIX, actions=("s3:PutObject",)
    )
    grant_key(data_lake.key, predict.role, actions=WRITE)

    writer = log.processor.role
    grant_objects(spilled, writer, prefix=SPILLED_PREDICTIONS_PREFIX, actions=("s3:GetObject",))
    grant_objects(
        data_lake.curated_bucket,
        writer,
        prefix=PREDICTIONS_PREFIX,
        actions=("s3:GetObject", "s3:PutObject"),
    )
    # Without it S3 answers "forbidden" for an object that was never written.
    for bucket in (spilled, data_lake.curated_bucket):
        grant_listing(bucket, writer)
    grant_key(data_lake.key, writer, actions=READ + WRITE)
    grant_items(
        index, writer, actions=("dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem")
    )
    # It settles the dead letters of predictions that got logged after all.
    grant_items(log.dead_letter_table, writer, actions=("dynamodb:UpdateItem",))
    describe_models(writer, registry)
