"""Customer-managed keys and who may use them."""

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

# The two actions that reading and writing encrypted data need. CDK's grants add
# `kms:GenerateDataKey*` and `kms:ReEncrypt*`: wildcards that nothing here uses.
READ = ("kms:Decrypt",)
WRITE = ("kms:GenerateDataKey",)


def create_key(
    scope: Construct, construct_id: str, *, description: str, removal_policy: cdk.RemovalPolicy
) -> kms.Key:
    """Create a key that rotates every year."""
    return kms.Key(
        scope,
        construct_id,
        description=description,
        enable_key_rotation=True,
        removal_policy=removal_policy,
    )


def allow_service(
    key: kms.IKey, service: str, *, actions: tuple[str, ...], source_arn: str | None = None
) -> None:
    """Let an AWS service use `key`, for resources of this account that match `source_arn` only.

    Args:
        key: The key.
        service: Principal of the service.
        actions: What it may do.
        source_arn: Pattern of the resources' ARNs; None where the service does not tell them.
    """
    by_arn = {} if source_arn is None else {"ArnLike": {"aws:SourceArn": source_arn}}
    key.add_to_resource_policy(
        iam.PolicyStatement(
            principals=[iam.ServicePrincipal(service)],
            actions=list(actions),
            resources=["*"],  # in a key's policy: this key
            conditions={"StringEquals": {"aws:SourceAccount": cdk.Aws.ACCOUNT_ID}, **by_arn},
        ),
        allow_no_op=False,
    )


def allow_logs(key: kms.Key) -> None:
    """Let CloudWatch Logs encrypt the account's log groups with `key`.

    Logs sends no source ARN but the log group's as encryption context.
    https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
    """
    stack = cdk.Stack.of(key)
    log_groups = stack.format_arn(
        service="logs",
        resource="log-group",
        resource_name="*",
        arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME,
    )
    key.add_to_resource_policy(
        iam.PolicyStatement(
            principals=[iam.ServicePrincipal(f"logs.{cdk.Aws.REGION}.amazonaws.com")],
            actions=["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey"],
            resources=["*"],  # in a key's policy: this key
            conditions={"ArnLike": {"kms:EncryptionContext:aws:logs:arn": log_groups}},
        )
    )
