"""Grants that several stacks need: narrow ones, and a reason for every pattern."""

import aws_cdk as cdk
from aws_cdk import aws_iam as iam

from mlops_constructs.acknowledgements import acknowledge
from stacks.model_registry import ModelRegistryStack


def allow_on_executions(role: iam.Role, action: str, name: str) -> None:
    """Allow an action on the executions of the state machine called `name`."""
    executions = cdk.Stack.of(role).format_arn(
        service="states",
        resource="execution",
        resource_name=f"{name}:*",
        arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME,
    )
    allow(
        role,
        (action,),
        executions,
        wildcard="Executions are named at run time; the grant ends at the state machine.",
    )


def read_models(role: iam.Role, registry: ModelRegistryStack) -> None:
    """Allow listing and describing the registered models."""
    describe_models(role, registry)
    # Of which of the two listing asks is not documented alike everywhere.
    for resource in (registry.group_arn, registry.packages_arn):
        allow(role, ("sagemaker:ListModelPackages",), resource)


def describe_models(role: iam.Role, registry: ModelRegistryStack) -> None:
    """Allow describing the registered models, one by one."""
    allow(
        role,
        ("sagemaker:DescribeModelPackage",),
        registry.packages_arn,
        wildcard="Versions are created at run time; the grant ends at the group.",
    )


def allow(
    role: iam.Role, actions: tuple[str, ...], resource: str, *, wildcard: str | None = None
) -> None:
    """Allow actions on one resource; `wildcard` says why its ARN must be a pattern."""
    iam.Grant.add_to_principal(
        grantee=role, actions=list(actions), resource_arns=[resource]
    ).assert_success()
    if wildcard is not None:
        acknowledge(role, "AwsSolutions-IAM5", finding=f"Resource::{resource}", reason=wildcard)
