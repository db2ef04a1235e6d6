"""Logs and metrics of what SageMaker runs."""

from collections.abc import Sequence

import aws_cdk as cdk
from aws_cdk import aws_iam as iam

from mlops_constructs.acknowledgements import acknowledge


def allow_job_logs(role: iam.Role, log_groups: Sequence[str]) -> None:
    """Allow logging to `log_groups`, and SageMaker's own metrics.

    SageMaker makes the groups itself: one per kind of job, and one per endpoint.
    """
    stack = cdk.Stack.of(role)
    for group in log_groups:
        arn = stack.format_arn(
            service="logs",
            resource="log-group",
            resource_name=f"{group}:*",
            arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME,
        )
        role.add_to_principal_policy(
            iam.PolicyStatement(
                actions=[
                    "logs:CreateLogGroup",
                    "logs:CreateLogStream",
                    "logs:DescribeLogStreams",
                    "logs:PutLogEvents",
                ],
                resources=[arn],
            )
        )
        acknowledge(
            role,
            "AwsSolutions-IAM5",
            finding=f"Resource::{arn}",
            reason=f"Each job or instance has log streams of its own in {group}.",
        )
    role.add_to_principal_policy(
        iam.PolicyStatement(
            actions=["cloudwatch:PutMetricData"],
            resources=["*"],
            conditions={"StringLike": {"cloudwatch:namespace": "/aws/sagemaker/*"}},
        )
    )
    acknowledge(
        role,
        "AwsSolutions-IAM5",
        finding="Resource::*",
        reason="PutMetricData and GetAuthorizationToken support no resources; the first is bound "
        "to SageMaker's namespaces.",
    )
