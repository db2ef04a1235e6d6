"""Roles that SageMaker assumes: to fetch what containers need, and to keep what they make."""

from collections.abc import Sequence

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from constructs import Construct

from config import VpcConfig
from mlops_constructs.container_image import RegionalImage
from mlops_constructs.encryption import READ, WRITE
from mlops_constructs.grants import grant_key, grant_listing
from mlops_constructs.job_logs import allow_job_logs
from stacks.data_lake import DataLakeStack


def sagemaker_role(
    scope: Construct,
    construct_id: str,
    *,
    description: str,
    data_lake: DataLakeStack,
    image: RegionalImage,
    log_groups: Sequence[str],
    vpc: VpcConfig | None,
) -> iam.Role:
    """Create a role for jobs or models, with what all of them need; objects are granted apart.

    Args:
        scope: Parent.
        construct_id: Id in `scope`.
        description: What it is for.
        data_lake: Whose key encrypts disks and files.
        image: Image that they run.
        log_groups: Where they log.
        vpc: Network that they run in; None for SageMaker's own.
    """
    role = iam.Role(
        scope,
        construct_id,
        assumed_by=iam.ServicePrincipal(
            "sagemaker.amazonaws.com",
            conditions={"StringEquals": {"aws:SourceAccount": cdk.Aws.ACCOUNT_ID}},
        ),
        description=description,
    )
    grant_listing(data_lake.artifacts_bucket, role)
    grant_key(data_lake.key, role, actions=(*READ, *WRITE, "kms:DescribeKey"))
    allow_disks(role, data_lake)
    allow_job_logs(role, log_groups)
    image.grant_pull(role)
    if vpc is not None:
        _allow_interfaces(role)
    return role


def _allow_interfaces(role: iam.Role) -> None:
    """Allow what SageMaker does in the role's name to put a machine into a network.

    https://docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-roles.html
    """
    verbs = (
        *("CreateNetworkInterface", "CreateNetworkInterfacePermission"),
        *("DeleteNetworkInterface", "DeleteNetworkInterfacePermission"),
        *("DescribeDhcpOptions", "DescribeNetworkInterfaces", "DescribeSecurityGroups"),
        *("DescribeSubnets", "DescribeVpcs"),
    )
    role.add_to_principal_policy(
        iam.PolicyStatement(actions=[f"ec2:{verb}" for verb in verbs], resources=["*"])
    )


def allow_disks(role: iam.Role, data_lake: DataLakeStack) -> None:
    """Allow grants for the encrypted disks of the machines, and for nothing else."""
    role.add_to_principal_policy(
        iam.PolicyStatement(
            actions=["kms:CreateGrant"],
            resources=[data_lake.key.key_arn],
            conditions={"Bool": {"kms:GrantIsForAWSResource": "true"}},
        )
    )
