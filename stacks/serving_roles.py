"""Roles of serving: the one that models run as, and the one that releases deploy with."""

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from constructs import Construct

from config import EnvironmentConfig
from config.serving import InstanceEndpoint
from mlops_constructs.acknowledgements import acknowledge
from mlops_constructs.container_image import RegionalImage
from mlops_constructs.grants import grant_key, grant_objects
from mlops_constructs.pipeline_grants import grant_passing
from schemas.names import CAPTURE_PREFIX, RUNS_PREFIX, SCORING_PREFIX
from stacks.data_lake import DataLakeStack
from stacks.grants import allow, describe_models
from stacks.model_registry import ModelRegistryStack
from stacks.sagemaker_role import allow_disks, sagemaker_role
from stacks.scaling_grants import grant_scaling
from stacks.serving_names import endpoint_name, inference_alarms, inference_stack_name

# CloudFormation draws the names of models and configurations, so grants end at their tags.
NAMED_BY_CLOUDFORMATION = ("model", "endpoint-config")


def model_role(
    scope: Construct,
    construct_id: str,
    *,
    environment: EnvironmentConfig,
    data_lake: DataLakeStack,
    image: RegionalImage,
) -> iam.Role:
    """Create the role of all models: it fetches archives, and writes captures and scores."""
    endpoint = environment.serving.endpoint
    role = sagemaker_role(
        scope,
        construct_id,
        description="Fetches models, writes what they capture; the containers have no network",
        data_lake=data_lake,
        image=image,
        log_groups=(
            f"/aws/sagemaker/Endpoints/{endpoint_name(environment)}",
            "/aws/sagemaker/TransformJobs",
        ),
        vpc=endpoint.vpc if isinstance(endpoint, InstanceEndpoint) else None,
    )
    for prefix, actions in (
        (RUNS_PREFIX, ("s3:GetObject",)),
        (CAPTURE_PREFIX, ("s3:PutObject",)),
        (SCORING_PREFIX, ("s3:GetObject", "s3:PutObject")),
    ):
        grant_objects(data_lake.artifacts_bucket, role, prefix=prefix, actions=actions)
    # SageMaker looks at the alarms that undo a release in the name of this role.
    allow(
        role,
        ("cloudwatch:DescribeAlarms",),
        inference_alarms(role, environment),
        wildcard="CloudFormation draws the end of alarms' names.",
    )
    return role


def deployment_role(
    scope: Construct,
    construct_id: str,
    *,
    environment: EnvironmentConfig,
    data_lake: DataLakeStack,
    registry: ModelRegistryStack,
    passed: iam.Role,
) -> iam.Role:
    """Create the role that releases give to CloudFormation: models, configurations, endpoint.

    Args:
        scope: Parent.
        construct_id: Id in `scope`.
        environment: Whose endpoint it may change.
        data_lake: Its key encrypts disks and captures.
        registry: Whose models may be released.
        passed: Role of the models.
    """
    role = iam.Role(
        scope,
        construct_id,
        # No condition: nothing says that CloudFormation tells on whose behalf it assumes a stack's
        # role. Roles are passed within their own account only, so no other stack can have it.
        assumed_by=iam.ServicePrincipal("cloudformation.amazonaws.com"),
        description=f"Updates {inference_stack_name(environment)} when a model is released",
    )
    for kind, noun in (("model", "Model"), ("endpoint-config", "EndpointConfig")):
        pattern = _arn(role, kind, "*")
        _allow_tagged(role, (f"Create{noun}",), pattern, "aws:RequestTag", environment)
        _allow_tagged(role, (f"Delete{noun}",), pattern, "aws:ResourceTag", environment)
        # What is gone has no tags, and must be said to be gone.
        allow(role, (f"sagemaker:Describe{noun}",), pattern)
        acknowledge(
            role,
            "AwsSolutions-IAM5",
            finding=f"Resource::{pattern}",
            reason="CloudFormation draws the names; the grant ends at this environment's tags.",
        )
    endpoint = _arn(role, "endpoint", endpoint_name(environment))
    verbs = ("Create", "Update", "Describe", "Delete")
    allow(role, tuple(f"sagemaker:{verb}Endpoint" for verb in verbs), endpoint)
    # An endpoint's creation and updates need the right on the configuration, too.
    both, configs = ("CreateEndpoint", "UpdateEndpoint"), _arn(role, "endpoint-config", "*")
    _allow_tagged(role, both, configs, "aws:ResourceTag", environment)
    _allow_tagging(role, [endpoint, *(_arn(role, kind, "*") for kind in NAMED_BY_CLOUDFORMATION)])
    describe_models(role, registry)
    # AWS's own policies for models of a registry allow it on the package, too.
    # https://docs.aws.amazon.com/sagemaker/latest/dg/model-registry-deploy.html
    _allow_tagged(role, ("CreateModel",), registry.packages_arn, "aws:RequestTag", environment)
    grant_passing(role, passed, service="sagemaker.amazonaws.com")
    grant_key(data_lake.key, role, actions=("kms:DescribeKey",))
    allow_disks(role, data_lake)
    if environment.serving.is_guarded:
        grant_scaling(role, endpoint_name(environment), tags=_tags(environment))
    return role


def _allow_tagged(
    role: iam.Role,
    actions: tuple[str, ...],
    resource: str,
    key: str,
    environment: EnvironmentConfig,
) -> None:
    """Allow actions of SageMaker on what carries the tags of this environment.

    Args:
        role: Who may act.
        actions: Such as `DeleteModel`.
        resource: Pattern of ARNs.
        key: `aws:RequestTag` for what is created, `aws:ResourceTag` for what exists.
        environment: Whose resources.
    """
    role.add_to_principal_policy(
        iam.PolicyStatement(
            actions=[f"sagemaker:{action}" for action in actions],
            resources=[resource],
            conditions={
                "StringEquals": {
                    f"{key}/{name}": value for name, value in _tags(environment).items()
                }
            },
        )
    )


def _tags(environment: EnvironmentConfig) -> dict[str, str]:
    return {"application": "mlops", "environment": environment.name}


def _allow_tagging(role: iam.Role, resources: list[str]) -> None:
    """Allow tags of what is being created only, or any resource could be made ours by its tags."""
    creations = [f"Create{noun}" for noun in ("Endpoint", "EndpointConfig", "Model")]
    role.add_to_principal_policy(
        iam.PolicyStatement(
            actions=["sagemaker:AddTags"],
            resources=resources,
            conditions={"StringEquals": {"sagemaker:TaggingAction": creations}},
        )
    )
    role.add_to_principal_policy(
        iam.PolicyStatement(actions=["sagemaker:ListTags"], resources=resources)
    )


def _arn(role: iam.Role, kind: str, name: str) -> str:
    return cdk.Stack.of(role).format_arn(service="sagemaker", resource=kind, resource_name=name)
