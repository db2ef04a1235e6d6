"""Who may send to a queue."""

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sqs as sqs


def allow_sending(queue: sqs.IQueue, service: str, *, source_arn: str) -> None:
    """Let an AWS service send to `queue`, for one resource of this account only.

    Both conditions: a bucket's ARN names no account, and its name is free for anyone to take
    after it was deleted (R19).
    """
    queue.add_to_resource_policy(
        iam.PolicyStatement(
            principals=[iam.ServicePrincipal(service)],
            actions=["sqs:SendMessage"],
            resources=[queue.queue_arn],
            conditions={
                "StringEquals": {"aws:SourceAccount": cdk.Aws.ACCOUNT_ID},
                "ArnLike": {"aws:SourceArn": source_arn},
            },
        )
    )
