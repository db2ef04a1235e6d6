"""Grants that are narrower than those of the L2 constructs.

`grant_put`, `grant_read_write_data` and their like add wildcard actions (`s3:Abort*`,
`kms:GenerateDataKey*`) and, for tables, every index; these name each action and resource.
"""

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3

from mlops_constructs.acknowledgements import acknowledge


def grant_objects(
    bucket: s3.IBucket, role: iam.Role, *, prefix: str, actions: tuple[str, ...]
) -> None:
    """Allow `actions` on the objects of `bucket` whose keys begin with `prefix`.

    Args:
        bucket: The bucket, of this or another stack.
        role: Who may act.
        prefix: Beginning of the keys, ending in `/`.
        actions: Such as `s3:GetObject`; none with a wildcard.
    """
    # An explicit export, because a reference to another stack becomes an import too late for the
    # acknowledgement, which must name the resource as the template does.
    in_same_stack = cdk.Stack.of(bucket) is cdk.Stack.of(role)
    bucket_arn = (
        bucket.bucket_arn if in_same_stack else bucket.stack.export_value(bucket.bucket_arn)
    )
    objects = f"{bucket_arn}/{prefix}*"
    _allow(role, actions, objects)
    acknowledge(
        role,
        "AwsSolutions-IAM5",
        finding=f"Resource::{objects}",
        reason=f"Objects are created at run time; the grant ends at the prefix {prefix}.",
    )


def grant_listing(bucket: s3.IBucket, role: iam.Role) -> None:
    """Allow listing `bucket`, without which S3 does not say that an object does not exist."""
    _allow(role, ("s3:ListBucket",), bucket.bucket_arn)


def grant_items(
    table: dynamodb.ITable, role: iam.Role, *, actions: tuple[str, ...], index: str | None = None
) -> None:
    """Allow `actions`, such as `dynamodb:GetItem`, on the items of `table` or of one `index`."""
    _allow(role, actions, table.table_arn if index is None else f"{table.table_arn}/index/{index}")


def grant_key(key: kms.IKey, role: iam.Role, *, actions: tuple[str, ...]) -> None:
    """Allow `actions`, such as `kms:Decrypt`, with `key`, whose policy delegates to IAM."""
    _allow(role, actions, key.key_arn)


def _allow(role: iam.Role, actions: tuple[str, ...], resource: str) -> None:
    iam.Grant.add_to_principal(
        grantee=role, actions=list(actions), resource_arns=[resource]
    ).assert_success()
