"""Connections: which cloud an environment lives in, and its clients."""

import os
import threading
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from botocore.session import Session as CoreSession

from config import EnvironmentConfig
from config.layers import LayerPlatform

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_dynamodb.service_resource import DynamoDBServiceResource, Table
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sagemaker import SageMakerClient
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_stepfunctions import SFNClient
    from mypy_boto3_sts import STSClient

MAX_CONNECTIONS = 32
"""Most calls at a time; uploads and audits use threads that share one client."""

LOCAL_PORT = "4566"
LOCAL_REGION = "us-east-1"
LOCAL_KEY = "test"


class Connection:
    """A session with one cloud; clients are made on first use and shared.

    Args:
        session: Credentials and region.
        endpoint_url: Address that answers every service; empty for AWS itself.
    """

    def __init__(self, session: boto3.Session, endpoint_url: str = "") -> None:
        self.session = session
        self.endpoint_url = endpoint_url
        self._endpoint = endpoint_url or None
        # Resources, unlike clients, are not safe to be shared, and making one takes a while.
        self._of_thread = threading.local()
        # A retry of a local server that is not there only delays the message that says so.
        retries = 1 if endpoint_url else 5
        self._config = Config(
            retries={"mode": "standard", "max_attempts": retries + 1},
            connect_timeout=5,
            max_pool_connections=MAX_CONNECTIONS,
            s3={"addressing_style": "path"} if endpoint_url else {},
        )

    @property
    def region(self) -> str:
        """Region of the session; empty when none is set."""
        return self.session.region_name or ""

    @cached_property
    def s3(self) -> "S3Client":
        """Client of S3."""
        return self.session.client("s3", endpoint_url=self._endpoint, config=self._config)

    @cached_property
    def sqs(self) -> "SQSClient":
        """Client of SQS."""
        return self.session.client("sqs", endpoint_url=self._endpoint, config=self._config)

    @cached_property
    def sns(self) -> "SNSClient":
        """Client of SNS."""
        return self.session.client("sns", endpoint_url=self._endpoint, config=self._config)

    @cached_property
    def cloudformation(self) -> "CloudFormationClient":
        """Client of CloudFormation."""
        return self.session.client(
            "cloudformation", endpoint_url=self._endpoint, config=self._config
        )

    @cached_property
    def cloudwatch(self) -> "CloudWatchClient":
        """Client of CloudWatch."""
        return self.session.client("cloudwatch", endpoint_url=self._endpoint, config=self._config)

    @cached_property
    def functions(self) -> "LambdaClient":
        """Client of Lambda."""
        return self.session.client("lambda", endpoint_url=self._endpoint, config=self._config)

    @cached_property
    def sagemaker(self) -> "SageMakerClient":
        """Client of SageMaker."""
        return self.session.client("sagemaker", endpoint_url=self._endpoint, config=self._config)

    @cached_property
    def stepfunctions(self) -> "SFNClient":
        """Client of Step Functions."""
        return self.session.client(
            "stepfunctions", endpoint_url=self._endpoint, config=self._config
        )

    @cached_property
    def logs(self) -> "CloudWatchLogsClient":
        """Client of CloudWatch Logs."""
        return self.session.client("logs", endpoint_url=self._endpoint, config=self._config)

    @cached_property
    def sts(self) -> "STSClient":
        """Client of STS."""
        return self.session.client("sts", endpoint_url=self._endpoint, config=self._config)

    def table(self, name: str) -> "Table":
        """Return the DynamoDB table `name`; not to be shared between threads."""
        tables: DynamoDBServiceResource | None = getattr(self._of_thread, "tables", None)
        if tables is None:
            tables = self.session.resource(
                "dynamodb", endpoint_url=self._endpoint, config=self._config
            )
            self._of_thread.tables = tables
        return tables.Table(name)


def connect(environment: EnvironmentConfig, environ: Mapping[str, str] = os.environ) -> Connection:
    """Connect to the cloud that `environment` lives in.

    An environment of this machine never uses somebody's real credentials or region: without
    `AWS_ENDPOINT_URL` everything is fixed to what the local cloud is deployed with. For any other
    the region is `AWS_REGION`, then `AWS_DEFAULT_REGION`, then the profile's.

    Args:
        environment: The environment to work on.
        environ: Environment variables: `AWS_ENDPOINT_URL`, `PORT`, both names of the region.
            Credentials and profile are boto3's own affair.

    Raises:
        botocore.exceptions.ProfileNotFound: `AWS_PROFILE` names a profile that does not exist.
    """
    endpoint_url = environ.get("AWS_ENDPOINT_URL", "")
    if environment.layer_platform is not LayerPlatform.HOST:
        return Connection(boto3.Session(region_name=_region(environ)), endpoint_url)
    given = environ if endpoint_url else {}
    session = boto3.Session(
        botocore_session=_session_without_files(),
        aws_access_key_id=given.get("AWS_ACCESS_KEY_ID", LOCAL_KEY),
        aws_secret_access_key=given.get("AWS_SECRET_ACCESS_KEY", LOCAL_KEY),
        aws_session_token=given.get("AWS_SESSION_TOKEN"),
        region_name=_region(given) or LOCAL_REGION,
    )
    port = environ.get("PORT") or LOCAL_PORT
    return Connection(session, endpoint_url or f"http://127.0.0.1:{port}")


def _region(environ: Mapping[str, str]) -> str | None:
    """Return the region that the CDK CLI would take: boto3 alone does not read `AWS_REGION`.

    Were the two to differ, `make destroy` would empty one region and delete in another.
    """
    return environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION") or None


def _session_without_files() -> CoreSession:
    """Return a session that reads neither a profile nor the files in `~/.aws`."""
    nowhere = dict.fromkeys(("config_file", "credentials_file"), (None, None, os.devnull, None))
    return CoreSession(session_vars={"profile": (None, None, None, None), **nowhere})
