"""DynamoDB tables as every stack wants them: on demand, encrypted, recoverable, protected."""

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kms as kms
from constructs import Construct


def create_table(
    scope: Construct,
    construct_id: str,
    *,
    partition_key: str,
    sort_key: str | None = None,
    time_to_live_attribute: str | None = None,
    encryption_key: kms.IKey,
    removal_policy: cdk.RemovalPolicy,
) -> dynamodb.Table:
    """Create a table whose keys are strings.

    A table that is retained is protected from deletion by hand, too.
    """
    return dynamodb.Table(
        scope,
        construct_id,
        partition_key=_string(partition_key),
        sort_key=None if sort_key is None else _string(sort_key),
        time_to_live_attribute=time_to_live_attribute,
        billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
        encryption=dynamodb.TableEncryption.CUSTOMER_MANAGED,
        encryption_key=encryption_key,
        point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
            point_in_time_recovery_enabled=True
        ),
        deletion_protection=removal_policy is not cdk.RemovalPolicy.DESTROY,
        removal_policy=removal_policy,
    )


def add_index(table: dynamodb.Table, name: str, *, partition_key: str, sort_key: str) -> None:
    """Add a global secondary index that holds whole items; its keys are strings."""
    table.add_global_secondary_index(
        index_name=name, partition_key=_string(partition_key), sort_key=_string(sort_key)
    )


def _string(name: str) -> dynamodb.Attribute:
    return dynamodb.Attribute(name=name, type=dynamodb.AttributeType.STRING)
