"""What the functions of a release may do: each action, and where."""

import aws_cdk as cdk
from aws_cdk import aws_iam as iam

from config import EnvironmentConfig
from mlops_constructs.encryption import READ
from mlops_constructs.grants import grant_items, grant_key, grant_listing, grant_objects
from mlops_constructs.release_pipeline import RELEASE, SMOKE_TEST, ReleasePipeline
from schemas.names import RUNS_PREFIX
from stacks.data_lake import DataLakeStack
from stacks.grants import allow, allow_on_executions, describe_models, read_models
from stacks.model_registry import ModelRegistryStack
from stacks.serving_names import endpoint_name, inference_alarms, inference_stack_arn

DRAWN = "CloudFormation draws the names; only their own configuration tells them apart."


def grant_release(
    pipeline: ReleasePipeline,
    *,
    environment: EnvironmentConfig,
    data_lake: DataLakeStack,
    registry: ModelRegistryStack,
) -> None:
    """Grant each function what it needs, and no more."""
    release, smoke_test = (pipeline.functions[name].role for name in (RELEASE, SMOKE_TEST))
    for role in (release, smoke_test):
        grant_key(registry.key, role, actions=READ)
        grant_key(data_lake.key, role, actions=READ)
        # Without it S3 answers "forbidden" for an archive that is gone.
        grant_listing(data_lake.artifacts_bucket, role)
        grant_objects(
            data_lake.artifacts_bucket, role, prefix=RUNS_PREFIX, actions=("s3:GetObject",)
        )
    read_models(release, registry)
    describe_models(smoke_test, registry)
    allow(
        smoke_test, ("sagemaker:InvokeEndpoint",), _sagemaker(smoke_test, "endpoint", environment)
    )
    _grant_records(release, registry, environment)
    _grant_looking(release, environment)
    _grant_sweeping(release, environment)


def _grant_records(
    role: iam.Role, registry: ModelRegistryStack, environment: EnvironmentConfig
) -> None:
    items = ("dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Scan")
    grant_items(registry.releases_table, role, actions=items)
    # Whoever holds the endpoint and runs no more has lost it.
    allow_on_executions(role, "states:DescribeExecution", f"mlops-{environment.name}-release")


def _grant_looking(role: iam.Role, environment: EnvironmentConfig) -> None:
    stack_arn = inference_stack_arn(role, environment)
    looks = ("DescribeStackEvents", "DescribeStackResources", "DescribeStacks")
    allow(
        role,
        tuple(f"cloudformation:{look}" for look in looks),
        stack_arn,
        wildcard="ARNs of stacks end with an id that CloudFormation draws.",
    )
    alarms = inference_alarms(role, environment)
    allow(
        role,
        ("cloudwatch:DescribeAlarms",),
        alarms,
        wildcard="CloudFormation draws the end of alarms' names.",
    )
    allow(role, ("sagemaker:DescribeEndpoint",), _sagemaker(role, "endpoint", environment))
    for kind, noun in (("model", "Model"), ("endpoint-config", "EndpointConfig")):
        allow(role, (f"sagemaker:Describe{noun}",), _sagemaker(role, kind), wildcard=DRAWN)


def _grant_sweeping(role: iam.Role, environment: EnvironmentConfig) -> None:
    """Allow deleting what former releases left behind, which carries the environment's tags."""
    ours = {"application": "mlops", "environment": environment.name}
    for kind, noun in (("model", "Model"), ("endpoint-config", "EndpointConfig")):
        role.add_to_principal_policy(
            iam.PolicyStatement(
                actions=[f"sagemaker:Delete{noun}"],
                resources=[_sagemaker(role, kind)],
                conditions={
                    "StringEquals": {
                        f"aws:ResourceTag/{name}": value for name, value in ours.items()
                    }
                },
            )
        )
        allow(role, ("sagemaker:ListTags",), _sagemaker(role, kind))
    allow(
        role,
        ("sagemaker:ListEndpointConfigs", "sagemaker:ListModels"),
        "*",
        wildcard="Listing models and configurations supports no resources.",
    )


def _sagemaker(role: iam.Role, kind: str, environment: EnvironmentConfig | None = None) -> str:
    """Return the ARN of the environment's endpoint, or a pattern of all of a kind."""
    name = "*" if environment is None else endpoint_name(environment)
    return cdk.Stack.of(role).format_arn(service="sagemaker", resource=kind, resource_name=name)
