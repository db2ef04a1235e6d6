"""What the model monitor may do: each action, and where."""

from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3_assets as s3_assets
from constructs import Construct

from config import EnvironmentConfig
from mlops_constructs.acknowledgements import acknowledge
from mlops_constructs.container_image import RegionalImage
from mlops_constructs.encryption import READ, WRITE
from mlops_constructs.grants import grant_items, grant_key, grant_listing, grant_objects
from mlops_constructs.model_monitor import ModelMonitor
from schemas.names import (
    CODE_PREFIX,
    CURATED_PREFIX,
    MONITORING_METRICS_NAMESPACE,
    MONITORING_PREFIX,
    PREDICTIONS_PREFIX,
    RUNS_PREFIX,
)
from stacks.data_lake import DataLakeStack
from stacks.grants import allow, allow_on_executions, describe_models
from stacks.model_registry import ModelRegistryStack
from stacks.sagemaker_role import sagemaker_role
from stacks.serving_names import release_machine_arn, training_machine_arn

ITEMS = ("dynamodb:GetItem", "dynamodb:PutItem")


def monitor_job_role(
    scope: Construct,
    *,
    environment: EnvironmentConfig,
    data_lake: DataLakeStack,
    image: RegionalImage,
) -> iam.Role:
    """Create the role of the jobs: it reads predictions and labels, and writes findings."""
    role = sagemaker_role(
        scope,
        "MonitorJobRole",
        description="Moves the data of monitoring jobs; the containers have no network",
        data_lake=data_lake,
        image=image,
        log_groups=("/aws/sagemaker/ProcessingJobs",),
        vpc=environment.training.vpc,
    )
    for bucket, prefix, actions in (
        (data_lake.curated_bucket, CURATED_PREFIX, ("s3:GetObject",)),
        (data_lake.curated_bucket, PREDICTIONS_PREFIX, ("s3:GetObject",)),
        (data_lake.artifacts_bucket, CODE_PREFIX, ("s3:GetObject",)),
        (data_lake.artifacts_bucket, MONITORING_PREFIX, ("s3:GetObject", "s3:PutObject")),
    ):
        grant_objects(bucket, role, prefix=prefix, actions=actions)
    # A file of the lake may be replaced meanwhile: without listing, S3 answers "forbidden" for it.
    grant_listing(data_lake.curated_bucket, role)
    return role


def grant_monitor(
    monitor: ModelMonitor,
    *,
    environment: EnvironmentConfig,
    data_lake: DataLakeStack,
    registry: ModelRegistryStack,
    code: s3_assets.Asset,
) -> None:
    """Grant both functions what they need, and no more."""
    for role in (monitor.monitor.role, monitor.respond.role):
        grant_key(registry.key, role, actions=READ)
        grant_key(data_lake.key, role, actions=READ)
        grant_items(registry.monitoring_table, role, actions=ITEMS)
        # Without it S3 answers "forbidden" for an object that is not there.
        grant_listing(data_lake.artifacts_bucket, role)
    _grant_planning(monitor.monitor.role, environment, data_lake, registry, code)
    _grant_reacting(monitor.respond.role, environment, data_lake, registry)


def _grant_planning(
    role: iam.Role,
    environment: EnvironmentConfig,
    data_lake: DataLakeStack,
    registry: ModelRegistryStack,
    code: s3_assets.Asset,
) -> None:
    grant_listing(data_lake.curated_bucket, role)
    for prefix, actions in (
        (RUNS_PREFIX, ("s3:GetObject",)),
        (MONITORING_PREFIX, ("s3:GetObject", "s3:PutObject")),
        (CODE_PREFIX, ("s3:PutObject",)),
    ):
        grant_objects(data_lake.artifacts_bucket, role, prefix=prefix, actions=actions)
    grant_key(data_lake.key, role, actions=WRITE)
    allow(role, ("s3:GetObject",), code.bucket.arn_for_objects(code.s3_object_key))
    grant_items(registry.releases_table, role, actions=("dynamodb:GetItem",))
    describe_models(role, registry)
    # Whoever holds the claim and runs no more has lost it.
    allow_on_executions(role, "states:DescribeExecution", f"mlops-{environment.name}-monitor")
    role.add_to_principal_policy(
        iam.PolicyStatement(
            actions=["cloudwatch:PutMetricData"],
            resources=["*"],
            conditions={"StringEquals": {"cloudwatch:namespace": MONITORING_METRICS_NAMESPACE}},
        )
    )
    acknowledge(
        role,
        "AwsSolutions-IAM5",
        finding="Resource::*",
        reason="PutMetricData supports no resources; it is bound to one namespace.",
    )


def _grant_reacting(
    role: iam.Role,
    environment: EnvironmentConfig,
    data_lake: DataLakeStack,
    registry: ModelRegistryStack,
) -> None:
    grant_objects(
        data_lake.artifacts_bucket, role, prefix=MONITORING_PREFIX, actions=("s3:GetObject",)
    )
    grant_items(registry.releases_table, role, actions=("dynamodb:GetItem", "dynamodb:Scan"))
    grant_items(registry.monitoring_table, role, actions=("dynamodb:UpdateItem",))
    training = training_machine_arn(role, environment)
    allow(role, ("states:ListExecutions", "states:StartExecution"), training)
    allow(role, ("states:StartExecution",), release_machine_arn(role, environment))
    allow(role, ("sns:Publish",), data_lake.alarm_topic.topic_arn)
    grant_key(data_lake.alarm_key, role, actions=READ + WRITE)
    # For the queue that its failures go to.
    grant_key(registry.key, role, actions=WRITE)
