"""AWS clients, created once per execution environment, on first use."""

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol, cast

import boto3
from botocore.config import Config

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_dynamodb import DynamoDBServiceResource
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sagemaker import SageMakerClient
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_stepfunctions import SFNClient

# A stuck connection should end as an error that is recorded, not as a timeout that records nothing.
# Three attempts and their pauses take 24 s at most. That is less than the queues' functions have on
# AWS, 30 s or more, but not less than the 10 s of `local`. botocore's defaults are a minute each.
_CONFIG = Config(
    connect_timeout=2,
    read_timeout=5,
    retries={"mode": "standard", "total_max_attempts": 3},
)

# Copies of large objects take S3 many seconds; one connection for each of those under way.
COPIES_AT_A_TIME = 16
_COPYING = _CONFIG.merge(Config(read_timeout=60, max_pool_connections=COPIES_AT_A_TIME))

# Somebody waits for the answer to a request: two attempts and their pause take 10 s at most.
_IN_REQUEST = Config(
    connect_timeout=1,
    read_timeout=3,
    retries={"mode": "standard", "total_max_attempts": 2},
)


class SageMakerRuntimeClient(Protocol):
    """What the functions use of the client that invokes endpoints; its types are no dependency."""

    def invoke_endpoint(self, **request: Any) -> Mapping[str, Any]:
        """See boto3's `sagemaker-runtime`."""


@cache
def s3_client() -> "S3Client":
    """Return the S3 client."""
    return boto3.client("s3", config=_CONFIG)


@cache
def s3_copying_client() -> "S3Client":
    """Return the S3 client for copies, of which many may be under way."""
    return boto3.client("s3", config=_COPYING)


@cache
def s3_request_client() -> "S3Client":
    """Return the S3 client for use in a request that somebody waits for."""
    return boto3.client("s3", config=_IN_REQUEST)


@cache
def sqs_client() -> "SQSClient":
    """Return the SQS client."""
    return boto3.client("sqs", config=_CONFIG)


@cache
def sqs_request_client() -> "SQSClient":
    """Return the SQS client for use in a request that somebody waits for."""
    return boto3.client("sqs", config=_IN_REQUEST)


@cache
def dynamodb_resource() -> "DynamoDBServiceResource":
    """Return the DynamoDB resource, which takes and gives Python values."""
    return boto3.resource("dynamodb", config=_CONFIG)


@cache
def sagemaker_client() -> "SageMakerClient":
    """Return the SageMaker client."""
    return boto3.client("sagemaker", config=_CONFIG)


@cache
def sagemaker_runtime_client(read_timeout_seconds: int) -> SageMakerRuntimeClient:
    """Return a client that invokes endpoints, and waits for an answer for so long.

    It tries once: its user knows the time that is left, and which refusals will pass. A client's
    timeout cannot be changed, so there is one for each; they share what is slow to load.
    """
    config = Config(
        connect_timeout=1,
        read_timeout=read_timeout_seconds,
        retries={"mode": "standard", "total_max_attempts": 1},
    )
    return cast(SageMakerRuntimeClient, boto3.client("sagemaker-runtime", config=config))


@cache
def stepfunctions_client() -> "SFNClient":
    """Return the Step Functions client."""
    return boto3.client("stepfunctions", config=_CONFIG)


@cache
def cloudformation_client() -> "CloudFormationClient":
    """Return the CloudFormation client."""
    return boto3.client("cloudformation", config=_CONFIG)


@cache
def cloudwatch_client() -> "CloudWatchClient":
    """Return the CloudWatch client."""
    return boto3.client("cloudwatch", config=_CONFIG)


@cache
def sns_client() -> "SNSClient":
    """Return the SNS client."""
    return boto3.client("sns", config=_CONFIG)


@cache
def logs_client() -> "CloudWatchLogsClient":
    """Return the client of CloudWatch Logs."""
    return boto3.client("logs", config=_CONFIG)
