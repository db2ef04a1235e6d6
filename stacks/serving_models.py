"""Which models the endpoint serves, as parameters of its stack, and on which machines."""

import aws_cdk as cdk

from config import EnvironmentConfig
from config.serving import ServerlessEndpoint
from mlops_constructs.model_endpoint import InstanceHosting, ServedModel, ServerlessHosting
from schemas.names import CAPTURE_PREFIX
from schemas.releases import CHALLENGER, CHAMPION, NO_MODEL, WHOLE, Guards, Parameter
from stacks.data_lake import DataLakeStack


def served_models(stack: cdk.Stack, environment: EnvironmentConfig) -> list[ServedModel]:
    """Add the parameters that a release sets; return the variants that they describe.

    A serverless endpoint has one variant, so its stack has no parameters for a challenger.
    """
    package = _package(
        stack, Parameter.CHAMPION_PACKAGE_ARN, "Model package that answers; none before the first"
    )
    weight = _weight(stack, Parameter.CHAMPION_WEIGHT, WHOLE)
    exists = cdk.CfnCondition(stack, "HasChampion", expression=_is_model(package))
    models = [_served(CHAMPION, package, weight, exists)]
    if environment.serving.is_guarded:
        models.append(_challenger(stack, champion=package))
    return models


def guarded(stack: cdk.Stack, environment: EnvironmentConfig) -> cdk.CfnCondition | None:
    """Add the parameter by which a release goes without guards; None where there are none."""
    if not environment.serving.is_guarded:
        return None
    guards = cdk.CfnParameter(
        stack,
        Parameter.GUARDS.value,
        default=Guards.ON.value,
        allowed_values=[each.value for each in Guards],
        description="Whether an update goes by way of a canary that alarms undo. Releases set it.",
    )
    return cdk.CfnCondition(
        stack,
        "IsGuarded",
        expression=cdk.Fn.condition_equals(guards.value_as_string, Guards.ON.value),
    )


def _challenger(stack: cdk.Stack, *, champion: cdk.CfnParameter) -> ServedModel:
    package = _package(
        stack, Parameter.CHALLENGER_PACKAGE_ARN, "Model package that is tried beside it, or none"
    )
    exists = cdk.CfnCondition(
        stack,
        "HasChallenger",
        expression=cdk.Fn.condition_and(_is_model(champion), _is_model(package)),
    )
    return _served(CHALLENGER, package, _weight(stack, Parameter.CHALLENGER_WEIGHT, 0), exists)


def _served(
    variant: str, package: cdk.CfnParameter, weight: cdk.CfnParameter, exists: cdk.CfnCondition
) -> ServedModel:
    return ServedModel(
        variant=variant,
        logical_id=f"{variant.capitalize()}Model",
        package_arn=package.value_as_string,
        weight=weight.value_as_number,
        exists=exists,
    )


def hosting(
    environment: EnvironmentConfig, data_lake: DataLakeStack
) -> ServerlessHosting | InstanceHosting:
    """Return the machines of an environment."""
    endpoint = environment.serving.endpoint
    if isinstance(endpoint, ServerlessEndpoint):
        return ServerlessHosting(
            memory_mb=endpoint.memory_mb, max_concurrency=endpoint.max_concurrency
        )
    vpc = endpoint.vpc
    return InstanceHosting(
        instance_type=endpoint.instance_type,
        instances=endpoint.instances,
        canary_percent=endpoint.canary_percent,
        canary_seconds=endpoint.canary_seconds,
        bake_seconds=endpoint.bake_seconds,
        capture_uri=f"s3://{data_lake.artifacts_bucket.bucket_name}/{CAPTURE_PREFIX.rstrip('/')}",
        capture_percent=endpoint.capture_percent,
        key_arn=data_lake.key.key_arn,
        subnet_ids=vpc.subnet_ids if vpc else (),
        security_group_ids=vpc.security_group_ids if vpc else (),
    )


def _package(stack: cdk.Stack, parameter: Parameter, description: str) -> cdk.CfnParameter:
    return cdk.CfnParameter(
        stack,
        parameter.value,
        default=NO_MODEL,
        description=f"{description}. Releases set it: `ops release`.",
    )


def _weight(stack: cdk.Stack, parameter: Parameter, default: int) -> cdk.CfnParameter:
    return cdk.CfnParameter(
        stack,
        parameter.value,
        type="Number",
        default=default,
        min_value=0,
        max_value=WHOLE,
        description="Percent of the requests. Releases set it: `ops ab`.",
    )


def _is_model(parameter: cdk.CfnParameter) -> cdk.ICfnRuleConditionExpression:
    return cdk.Fn.condition_not(cdk.Fn.condition_equals(parameter.value_as_string, NO_MODEL))
