"""Buckets, tables, keys, topics, logs: what the security checklist asks of each."""

import json

from schemas.names import StackName
from tests.infrastructure.assembly import Assembly, Resource, as_list, target

STATEFUL = (
    "AWS::S3::Bucket",
    "AWS::DynamoDB::Table",
    "AWS::KMS::Key",
    "AWS::SQS::Queue",
    "AWS::Logs::LogGroup",
)
# Whose loss would be one of data, of models, or of what clients ask.
KEEPING = (
    StackName.DATA_LAKE,
    StackName.INGESTION,
    StackName.MODEL_REGISTRY,
    StackName.INFERENCE,
    StackName.PREDICTION,
)


def is_access_log_bucket(bucket: Resource) -> bool:
    return "LoggingConfiguration" not in bucket.properties


def test_stateful_resources_state_what_becomes_of_them(assembly: Assembly) -> None:
    expected = "Delete" if assembly.environment.is_ephemeral else "Retain"
    for resource in assembly.resources(*STATEFUL):
        assert resource.body.get("DeletionPolicy") == expected, resource
        assert resource.body.get("UpdateReplacePolicy") == expected, resource


def test_stacks_that_keep_data_are_protected(assembly: Assembly) -> None:
    manifest = json.loads((assembly.folder / "manifest.json").read_text())
    for stack in KEEPING:
        artifact = manifest["artifacts"][stack.in_environment(assembly.environment.name)]
        protected = artifact["properties"].get("terminationProtection", False)
        assert protected is not assembly.environment.is_ephemeral


def test_buckets_are_private_versioned_and_tidy(assembly: Assembly) -> None:
    for bucket in assembly.resources("AWS::S3::Bucket"):
        assert bucket.properties["PublicAccessBlockConfiguration"] == {
            "BlockPublicAcls": True,
            "BlockPublicPolicy": True,
            "IgnorePublicAcls": True,
            "RestrictPublicBuckets": True,
        }, bucket
        assert bucket.properties["VersioningConfiguration"] == {"Status": "Enabled"}, bucket
        ownership = bucket.properties["OwnershipControls"]["Rules"]
        assert ownership == [{"ObjectOwnership": "BucketOwnerEnforced"}], bucket
        rules = bucket.properties["LifecycleConfiguration"]["Rules"]
        assert any("AbortIncompleteMultipartUpload" in rule for rule in rules), bucket
        assert any("NoncurrentVersionExpiration" in rule for rule in rules), bucket
        assert all(rule["Status"] == "Enabled" for rule in rules), bucket


def test_only_the_access_log_bucket_has_no_access_log_and_no_own_key(assembly: Assembly) -> None:
    buckets = assembly.resources("AWS::S3::Bucket")
    (log_bucket,) = filter(is_access_log_bucket, buckets)
    for bucket in buckets:
        (rule,) = bucket.properties["BucketEncryption"]["ServerSideEncryptionConfiguration"]
        encryption = rule["ServerSideEncryptionByDefault"]
        if bucket == log_bucket:
            assert encryption == {"SSEAlgorithm": "AES256"}
            continue
        logging = bucket.properties["LoggingConfiguration"]
        assert target(logging["DestinationBucketName"]) == log_bucket.logical_id
        assert encryption["SSEAlgorithm"] == "aws:kms", bucket
        assert target(encryption["KMSMasterKeyID"]), bucket


def test_replaced_raw_files_are_kept_as_long_as_the_environment_says(assembly: Assembly) -> None:
    for bucket in assembly.resources("AWS::S3::Bucket"):
        if is_access_log_bucket(bucket):
            continue
        rules = bucket.properties["LifecycleConfiguration"]["Rules"]
        days = [
            rule["NoncurrentVersionExpiration"]["NoncurrentDays"]
            for rule in rules
            if "NoncurrentVersionExpiration" in rule
        ]
        assert days == [assembly.environment.raw_noncurrent_days], bucket


def test_nothing_expires_raw_or_curated_files(assembly: Assembly) -> None:
    outputs = assembly.templates[f"mlops-{assembly.environment.name}-data-lake"]["Outputs"]
    for name in ("RawBucketName", "CuratedBucketName"):
        bucket = assembly.find(
            f"mlops-{assembly.environment.name}-data-lake", outputs[name]["Value"]["Ref"]
        )
        rules = bucket.properties["LifecycleConfiguration"]["Rules"]
        assert not any("ExpirationInDays" in rule for rule in rules), bucket


def test_quarantined_and_spilled_rows_expire_and_dead_letters_do_not(assembly: Assembly) -> None:
    stack = f"mlops-{assembly.environment.name}-data-lake"
    output = assembly.templates[stack]["Outputs"]["QuarantineBucketName"]
    bucket = assembly.find(stack, output["Value"]["Ref"])
    expiring = {
        rule.get("Prefix"): rule["ExpirationInDays"]
        for rule in bucket.properties["LifecycleConfiguration"]["Rules"]
        if "ExpirationInDays" in rule
    }
    days = assembly.environment.quarantine_days
    assert expiring == {"quarantine/": days, "spilled-predictions/": days}


def test_everything_with_a_policy_refuses_plain_http(assembly: Assembly) -> None:
    secured = {
        (resource.stack, target(name))
        for resource, statement in assembly.resource_policies()
        if statement["Effect"] == "Deny"
        and statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
        for names in (
            resource.properties.get("Bucket"),
            resource.properties.get("Queues", []),
            resource.properties.get("Topics", []),
        )
        for name in as_list(names)
    }
    for resource in assembly.resources("AWS::S3::Bucket", "AWS::SQS::Queue", "AWS::SNS::Topic"):
        assert (resource.stack, resource.logical_id) in secured, resource


def test_tables_are_encrypted_recoverable_and_on_demand(assembly: Assembly) -> None:
    for table in assembly.resources("AWS::DynamoDB::Table"):
        assert table.properties["BillingMode"] == "PAY_PER_REQUEST", table
        assert table.properties["SSESpecification"]["SSEType"] == "KMS", table
        assert target(table.properties["SSESpecification"]["KMSMasterKeyId"]), table
        recovery = table.properties["PointInTimeRecoverySpecification"]
        assert recovery == {"PointInTimeRecoveryEnabled": True}, table
        protected = table.properties["DeletionProtectionEnabled"]
        assert protected is not assembly.environment.is_ephemeral, table


def test_keys_rotate(assembly: Assembly) -> None:
    for key in assembly.resources("AWS::KMS::Key"):
        assert key.properties["EnableKeyRotation"] is True, key


def test_topics_are_encrypted(assembly: Assembly) -> None:
    for topic in assembly.resources("AWS::SNS::Topic"):
        assert target(topic.properties["KmsMasterKeyId"]), topic


def test_alarms_reach_the_address_of_the_environment(assembly: Assembly) -> None:
    addresses = [
        subscription.properties["Endpoint"]
        for subscription in assembly.resources("AWS::SNS::Subscription")
        if subscription.properties["Protocol"] == "email"
    ]
    address = assembly.environment.alarm_email
    assert addresses == ([address] if address else [])


def test_logs_are_encrypted_and_kept_as_long_as_the_environment_says(assembly: Assembly) -> None:
    for log_group in assembly.resources("AWS::Logs::LogGroup"):
        days = assembly.environment.log_retention_days
        assert log_group.properties["RetentionInDays"] == days, log_group
        assert assembly.key_of(log_group, "KmsKeyId"), log_group
