"""Batch scoring: what is scored, where scores go, and who may read what."""

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from constructs import Construct

from config import EnvironmentConfig
from config.images import IMAGE, IMAGE_ACCOUNTS
from mlops_constructs.batch_scoring import BatchScoring, BatchScoringProps
from mlops_constructs.container_image import RegionalImage
from mlops_constructs.grants import grant_listing, grant_objects
from mlops_constructs.scoring_states import ScoringStates
from schemas.catalog import DATASETS, MODEL_DATASETS
from schemas.names import CODE_PREFIX, CURATED_PREFIX, SCORING_PREFIX
from stacks.data_lake import DataLakeStack
from stacks.grants import allow, describe_models
from stacks.model_registry import ModelRegistryStack
from stacks.sagemaker_role import sagemaker_role
from stacks.serving_names import endpoint_name
from stacks.training_jobs import job_settings
from stacks.workflows import workflow_settings

BY_MONTH = ("year", "month")


def add_batch_scoring(
    scope: Construct,
    *,
    environment: EnvironmentConfig,
    data_lake: DataLakeStack,
    registry: ModelRegistryStack,
) -> BatchScoring:
    """Add the state machine that scores a month with the model that serves."""
    role = _job_role(scope, environment, data_lake)
    artifacts = f"s3://{data_lake.artifacts_bucket.bucket_name}/"
    scoring = BatchScoring(
        scope,
        "Scoring",
        props=BatchScoringProps(
            workflow=workflow_settings(
                "scoring", environment=environment, data_lake=data_lake, registry=registry
            ),
            states=ScoringStates(
                endpoint_name=endpoint_name(environment),
                jobs=job_settings(environment, role=role, key=data_lake.key),
                datasets=tuple(_folder(name) for name in MODEL_DATASETS),
                curated_uri=f"s3://{data_lake.curated_bucket.bucket_name}/{CURATED_PREFIX}",
                code_uri=f"{artifacts}{CODE_PREFIX}",
                scoring_uri=f"{artifacts}{SCORING_PREFIX}",
                job_name_prefix=f"{environment.name}-score-",
                timeout_seconds=int(cdk.Duration.hours(12).to_seconds()),
            ),
            job_role=role,
        ),
    )
    _grant_finding(scoring.role, environment, registry)
    return scoring


def _folder(dataset: str) -> str:
    """Return where a month of a dataset lies, or all of a dataset that is not kept by month."""
    by_month = DATASETS[dataset].partition_by[: len(BY_MONTH)] == BY_MONTH
    return f"{dataset}/year={{year}}/month={{month}}/" if by_month else f"{dataset}/"


def _job_role(
    scope: Construct, environment: EnvironmentConfig, data_lake: DataLakeStack
) -> iam.Role:
    image = RegionalImage(scope, "Image", image=IMAGE, accounts=IMAGE_ACCOUNTS)
    role = sagemaker_role(
        scope,
        "ScoringJobRole",
        description="Moves the data of scoring jobs; the containers have no network",
        data_lake=data_lake,
        image=image,
        log_groups=("/aws/sagemaker/ProcessingJobs",),
        vpc=environment.training.vpc,
    )
    grant_listing(data_lake.curated_bucket, role)
    for bucket, prefix, actions in (
        (data_lake.curated_bucket, CURATED_PREFIX, ("s3:GetObject",)),
        (data_lake.artifacts_bucket, CODE_PREFIX, ("s3:GetObject",)),
        (data_lake.artifacts_bucket, SCORING_PREFIX, ("s3:PutObject",)),
    ):
        grant_objects(bucket, role, prefix=prefix, actions=actions)
    return role


def _grant_finding(
    role: iam.Role, environment: EnvironmentConfig, registry: ModelRegistryStack
) -> None:
    stack = cdk.Stack.of(role)
    endpoint = stack.format_arn(
        service="sagemaker", resource="endpoint", resource_name=endpoint_name(environment)
    )
    allow(role, ("sagemaker:DescribeEndpoint",), endpoint)
    drawn = "CloudFormation draws the names of what serves; the state machine asks the endpoint."
    for kind, noun in (("endpoint-config", "EndpointConfig"), ("model", "Model")):
        every = stack.format_arn(service="sagemaker", resource=kind, resource_name="*")
        allow(role, (f"sagemaker:Describe{noun}",), every, wildcard=drawn)
    describe_models(role, registry)
