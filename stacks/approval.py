"""Approval without a person, where the environment's policy allows it: by a role of its own."""

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sqs as sqs

from config import EnvironmentConfig
from mlops_constructs.acknowledgements import acknowledge
from mlops_constructs.encryption import READ, WRITE
from mlops_constructs.events import on_event
from mlops_constructs.grants import grant_key
from mlops_constructs.log_retention import log_retention
from mlops_constructs.python_function import FunctionSource, PythonFunction, PythonFunctionProps
from stacks.model_registry import ModelRegistryStack


def add_automatic_approval(
    stack: cdk.Stack,
    *,
    environment: EnvironmentConfig,
    source: FunctionSource,
    registry: ModelRegistryStack,
    undelivered: sqs.Queue,
) -> None:
    """Approve every model that is registered with complete metadata.

    Args:
        stack: Where the function is created.
        environment: Whose policy it is.
        source: What the function runs.
        registry: Whose models are approved.
        undelivered: Takes events that were not acted upon.
    """
    approver = PythonFunction(
        stack,
        "Approver",
        props=PythonFunctionProps(
            source=source,
            timeout=cdk.Duration.minutes(1),
            service_name="approval",
            key=registry.key,
            log_retention=log_retention(environment.log_retention_days),
            removal_policy=cdk.RemovalPolicy.DESTROY,
        ),
    )
    packages = registry.packages_arn
    iam.Grant.add_to_principal(
        grantee=approver.role,
        actions=["sagemaker:DescribeModelPackage", "sagemaker:UpdateModelPackage"],
        resource_arns=[packages],
    ).assert_success()
    acknowledge(
        approver.role,
        "AwsSolutions-IAM5",
        finding=f"Resource::{packages}",
        reason="Versions are created at run time; the grant ends at the group.",
    )
    grant_key(registry.key, approver.role, actions=READ + WRITE)
    on_event(
        stack,
        "Registered",
        pattern={
            "source": ["aws.sagemaker"],
            "detail-type": ["SageMaker Model Package State Change"],
            "detail": {
                "ModelPackageGroupName": [registry.group_name],
                "ModelApprovalStatus": ["PendingManualApproval"],
            },
        },
        function=approver,
        undelivered=undelivered,
        description="A model was registered and waits for approval",
    )
