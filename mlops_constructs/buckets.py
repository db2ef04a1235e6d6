"""Buckets as every stack wants them: private, versioned, encrypted, logged, tidy."""

from collections.abc import Sequence

import aws_cdk as cdk
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from mlops_constructs.acknowledgements import acknowledge

# Parts of an upload that nobody finished are invisible and cost money.
ABORT_UPLOADS_AFTER = cdk.Duration.days(7)


def create_bucket(
    scope: Construct,
    construct_id: str,
    *,
    encryption_key: kms.IKey,
    access_logs: s3.IBucket,
    noncurrent_days: int,
    removal_policy: cdk.RemovalPolicy,
    lifecycle_rules: Sequence[s3.LifecycleRule] = (),
) -> s3.Bucket:
    """Create a bucket for data.

    Args:
        scope: Parent.
        construct_id: Id in `scope`; also the prefix of its access logs.
        encryption_key: Key of its objects.
        access_logs: Bucket that takes its access logs.
        noncurrent_days: Days that replaced and deleted objects can be brought back.
        removal_policy: What becomes of it when the stack is deleted.
        lifecycle_rules: Rules beside those for replaced objects and unfinished uploads.
    """
    return s3.Bucket(
        scope,
        construct_id,
        block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
        object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
        encryption=s3.BucketEncryption.KMS,
        encryption_key=encryption_key,
        bucket_key_enabled=True,
        enforce_ssl=True,
        versioned=True,
        server_access_logs_bucket=access_logs,
        server_access_logs_prefix=f"{construct_id}/",
        lifecycle_rules=[_tidy_up(noncurrent_days), *lifecycle_rules],
        removal_policy=removal_policy,
    )


def create_access_log_bucket(
    scope: Construct, construct_id: str, *, keep_days: int, removal_policy: cdk.RemovalPolicy
) -> s3.Bucket:
    """Create a bucket for access logs, which are deleted after `keep_days`."""
    bucket = s3.Bucket(
        scope,
        construct_id,
        block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
        object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
        # Log delivery supports no other encryption.
        # https://docs.aws.amazon.com/AmazonS3/latest/userguide/enable-server-access-logging.html
        encryption=s3.BucketEncryption.S3_MANAGED,
        enforce_ssl=True,
        versioned=True,
        lifecycle_rules=[
            _tidy_up(noncurrent_days=1),
            s3.LifecycleRule(id="Expire", expiration=cdk.Duration.days(keep_days)),
        ],
        removal_policy=removal_policy,
    )
    acknowledge(
        bucket,
        "AwsSolutions-S1",
        reason="It holds access logs; logging its own access into itself would never end.",
    )
    return bucket


def expire(days: int, *prefixes: str) -> list[s3.LifecycleRule]:
    """Return the rules that delete objects under each of `prefixes` after `days`."""
    return [
        s3.LifecycleRule(
            id=f"Expire-{prefix.rstrip('/')}", prefix=prefix, expiration=cdk.Duration.days(days)
        )
        for prefix in prefixes
    ]


def _tidy_up(noncurrent_days: int) -> s3.LifecycleRule:
    return s3.LifecycleRule(
        id="TidyUp",
        abort_incomplete_multipart_upload_after=ABORT_UPLOADS_AFTER,
        noncurrent_version_expiration=cdk.Duration.days(noncurrent_days),
    )
