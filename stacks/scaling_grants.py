"""What letting an endpoint scale needs: Application Auto Scaling uses the caller's own rights.

Source: https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-auto-scaling-prerequisites.html
"""

from collections.abc import Mapping

import aws_cdk as cdk
from aws_cdk import aws_iam as iam

from mlops_constructs.acknowledgements import acknowledge
from stacks.grants import allow

_SERVICE = "sagemaker.application-autoscaling.amazonaws.com"
_SERVICE_ROLE = (
    f"aws-service-role/{_SERVICE}/AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint"
)


def grant_scaling(role: iam.Role, endpoint_name: str, *, tags: Mapping[str, str]) -> None:
    """Allow registering an endpoint's variants for scaling, and nothing of other services'.

    Args:
        role: Who registers them.
        endpoint_name: Name of the endpoint.
        tags: Those that what it registers must be created with.
    """
    _allow_targets(role, tags)
    _allow_alarms(role, endpoint_name)
    endpoint = _arn(role, "sagemaker", "endpoint", endpoint_name)
    allow(role, ("sagemaker:UpdateEndpointWeightsAndCapacities",), endpoint)
    # Scaling has SageMaker keep configurations of its own, which carry none of our tags.
    allow(
        role,
        ("sagemaker:DescribeEndpointConfig",),
        _arn(role, "sagemaker", "endpoint-config", "*"),
        wildcard="SageMaker draws the names of the configurations that scaling leads to.",
    )
    # The first endpoint that scales in an account has it created.
    role.add_to_principal_policy(
        iam.PolicyStatement(
            actions=["iam:CreateServiceLinkedRole"],
            resources=[
                cdk.Stack.of(role).format_arn(
                    service="iam", region="", resource="role", resource_name=_SERVICE_ROLE
                )
            ],
            conditions={"StringEquals": {"iam:AWSServiceName": _SERVICE}},
        )
    )


def _allow_targets(role: iam.Role, tags: Mapping[str, str]) -> None:
    targets = _arn(role, "application-autoscaling", "scalable-target", "*")
    verbs = (
        "DeleteScalingPolicy",
        "DeregisterScalableTarget",
        "PutScalingPolicy",
        "RegisterScalableTarget",
    )
    role.add_to_principal_policy(
        iam.PolicyStatement(
            actions=[f"application-autoscaling:{verb}" for verb in verbs],
            resources=[targets],
            conditions={"StringEquals": {"application-autoscaling:service-namespace": "sagemaker"}},
        )
    )
    # The namespace is no condition that tagging knows.
    role.add_to_principal_policy(
        iam.PolicyStatement(
            actions=["application-autoscaling:TagResource"],
            resources=[targets],
            conditions={
                "StringEquals": {f"aws:RequestTag/{name}": value for name, value in tags.items()}
            },
        )
    )
    allow(role, ("application-autoscaling:ListTagsForResource",), targets)
    acknowledge(
        role,
        "AwsSolutions-IAM5",
        finding=f"Resource::{targets}",
        reason="AWS draws the ids; the grant ends at SageMaker's variants.",
    )
    allow(
        role,
        (
            "application-autoscaling:DescribeScalableTargets",
            "application-autoscaling:DescribeScalingPolicies",
            # CloudFormation's handlers of the two types call these as well.
            "application-autoscaling:DescribeScheduledActions",
            "cloudwatch:GetMetricData",
        ),
        "*",
        wildcard="Describing targets, policies and metrics supports no resources.",
    )


def _allow_alarms(role: iam.Role, endpoint_name: str) -> None:
    """Allow the alarms that scaling goes by; it makes them itself, and names them like this."""
    prefix = f"TargetTracking-endpoint/{endpoint_name}/variant/"
    for actions, name, reason in (
        (("PutMetricAlarm", "DeleteAlarms"), f"{prefix}*", "Scaling draws the end of the names."),
        (("DescribeAlarms",), "*", "Scaling looks for alarms before it knows their names."),
    ):
        alarms = _arn(role, "cloudwatch", "alarm", name, cdk.ArnFormat.COLON_RESOURCE_NAME)
        allow(
            role,
            tuple(f"cloudwatch:{action}" for action in actions),
            alarms,
            wildcard=reason,
        )


def _arn(
    role: iam.Role,
    service: str,
    resource: str,
    name: str,
    arn_format: cdk.ArnFormat = cdk.ArnFormat.SLASH_RESOURCE_NAME,
) -> str:
    return cdk.Stack.of(role).format_arn(
        service=service, resource=resource, resource_name=name, arn_format=arn_format
    )
