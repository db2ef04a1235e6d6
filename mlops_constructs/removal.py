"""What becomes of data when its stack is deleted."""

import aws_cdk as cdk


def removal_policy(*, is_ephemeral: bool) -> cdk.RemovalPolicy:
    """Return what becomes of an environment's data: kept, unless it was made to be deleted."""
    return cdk.RemovalPolicy.DESTROY if is_ephemeral else cdk.RemovalPolicy.RETAIN
