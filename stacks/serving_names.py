"""Names that several stacks spell, so that none of them must import the others."""

import aws_cdk as cdk
from constructs import Construct

from config import MODEL, EnvironmentConfig
from schemas.names import StackName
from schemas.releases import CHALLENGER, CHAMPION


def endpoint_name(environment: EnvironmentConfig) -> str:
    """Return what clients address; it outlives every model."""
    return f"mlops-{environment.name}-{MODEL.name}"


def variants(environment: EnvironmentConfig) -> tuple[str, ...]:
    """Return the production variants that there may be; a serverless endpoint has one."""
    return (CHAMPION, CHALLENGER) if environment.serving.is_guarded else (CHAMPION,)


def inference_stack_name(environment: EnvironmentConfig) -> str:
    """Return the name of the stack that a release updates."""
    return StackName.INFERENCE.in_environment(environment.name)


def inference_stack_arn(scope: Construct, environment: EnvironmentConfig) -> str:
    """Return the pattern of that stack's ARN, which ends with an id of CloudFormation's."""
    return cdk.Stack.of(scope).format_arn(
        service="cloudformation",
        resource="stack",
        resource_name=f"{inference_stack_name(environment)}/*",
    )


def training_machine_arn(scope: Construct, environment: EnvironmentConfig) -> str:
    """Return the ARN of the state machine that trains."""
    return _machine_arn(scope, f"mlops-{environment.name}-training")


def release_machine_arn(scope: Construct, environment: EnvironmentConfig) -> str:
    """Return the ARN of the state machine that releases."""
    return _machine_arn(scope, f"mlops-{environment.name}-release")


def _machine_arn(scope: Construct, name: str) -> str:
    return cdk.Stack.of(scope).format_arn(
        service="states",
        resource="stateMachine",
        resource_name=name,
        arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME,
    )


def inference_alarms(scope: Construct, environment: EnvironmentConfig) -> str:
    """Return the pattern of the ARNs of that stack's alarms."""
    return cdk.Stack.of(scope).format_arn(
        service="cloudwatch",
        resource="alarm",
        resource_name=f"{inference_stack_name(environment)}-*",
        arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME,
    )
