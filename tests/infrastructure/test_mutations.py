"""Every guarantee notices when it is broken, at each resource that it is about."""

from collections.abc import Sequence
from typing import Any

import pytest

from tests.infrastructure import test_alarms as alarms
from tests.infrastructure import test_catalog as catalog
from tests.infrastructure import test_edges as edges
from tests.infrastructure import test_functions as functions
from tests.infrastructure import test_identity as identity
from tests.infrastructure import test_queues as queues
from tests.infrastructure import test_storage as storage
from tests.infrastructure.assembly import Assembly
from tests.infrastructure.mutations import (
    BROKEN,
    FULL,
    Guarantee,
    Mutation,
    adding,
    assert_noticed,
    cases,
    drop,
    put,
    put_attribute,
    put_in_statement,
)

BUCKET = "AWS::S3::Bucket"
BUCKET_POLICY = "AWS::S3::BucketPolicy"
TABLE = "AWS::DynamoDB::Table"
KEY = "AWS::KMS::Key"
QUEUE = "AWS::SQS::Queue"
QUEUE_POLICY = "AWS::SQS::QueuePolicy"
TOPIC_POLICY = "AWS::SNS::TopicPolicy"
LOG_GROUP = "AWS::Logs::LogGroup"
ALARM = "AWS::CloudWatch::Alarm"
FUNCTION = "AWS::Lambda::Function"
MAPPING = "AWS::Lambda::EventSourceMapping"
POLICY = "AWS::IAM::Policy"
OWN = "Ingestion"  # what is ours begins so, what CDK adds does not
CHAINS = (OWN, "Log")  # of queues

PUBLIC = "PublicAccessBlockConfiguration"
RULES = ("LifecycleConfiguration", "Rules")
ENCRYPTION = ("BucketEncryption", "ServerSideEncryptionConfiguration", 0)
BY_DEFAULT = (*ENCRYPTION, "ServerSideEncryptionByDefault")
STATEMENT = ("PolicyDocument", "Statement")
TRUST = ("AssumeRolePolicyDocument", "Statement")
KEY_STATEMENT = ("KeyPolicy", "Statement")
ANYBODY = ("*", {"AWS": "*"})
PASS_ROLE = {"Effect": "Allow", "Action": "iam:PassRole", "Resource": "*"}

STORAGE: dict[Guarantee, Sequence[Mutation]] = {
    storage.test_stateful_resources_state_what_becomes_of_them: [
        Mutation(kind, put_attribute(attribute, "Delete"))
        for kind in storage.STATEFUL
        for attribute in ("DeletionPolicy", "UpdateReplacePolicy")
    ],
    storage.test_buckets_are_private_versioned_and_tidy: [
        Mutation(BUCKET, drop(PUBLIC)),
        Mutation(BUCKET, put(PUBLIC, "BlockPublicAcls", False)),
        Mutation(BUCKET, put(PUBLIC, "BlockPublicPolicy", False)),
        Mutation(BUCKET, put(PUBLIC, "IgnorePublicAcls", False)),
        Mutation(BUCKET, put(PUBLIC, "RestrictPublicBuckets", False)),
        Mutation(BUCKET, drop("VersioningConfiguration")),
        Mutation(BUCKET, drop("OwnershipControls")),
        Mutation(BUCKET, drop(*RULES, 0)),
        Mutation(BUCKET, put(*RULES, 0, "Status", "Disabled")),
    ],
    storage.test_only_the_access_log_bucket_has_no_access_log_and_no_own_key: [
        Mutation(BUCKET, drop("BucketEncryption")),
        Mutation(BUCKET, drop(*BY_DEFAULT, "KMSMasterKeyID")),
        Mutation(BUCKET, put(*BY_DEFAULT, "SSEAlgorithm", "aws:kms:dsse")),
        Mutation(BUCKET, drop("LoggingConfiguration")),
    ],
    storage.test_nothing_expires_raw_or_curated_files: [
        Mutation(BUCKET, put(*RULES, 0, "ExpirationInDays", 30), "RawBucket"),
        Mutation(BUCKET, put(*RULES, 0, "ExpirationInDays", 30), "CuratedBucket"),
    ],
    storage.test_everything_with_a_policy_refuses_plain_http: [
        Mutation(BUCKET_POLICY, put_in_statement("SecureTransport", Effect="Allow")),
        Mutation(QUEUE_POLICY, put_in_statement("SecureTransport", Effect="Allow")),
        Mutation(TOPIC_POLICY, put_in_statement("SecureTransport", Effect="Allow")),
    ],
    storage.test_tables_are_encrypted_recoverable_and_on_demand: [
        Mutation(TABLE, drop("SSESpecification")),
        Mutation(TABLE, drop("PointInTimeRecoverySpecification")),
        Mutation(TABLE, put("DeletionProtectionEnabled", False)),
        Mutation(TABLE, put("BillingMode", "PROVISIONED")),
    ],
    storage.test_keys_rotate: [Mutation(KEY, put("EnableKeyRotation", False))],
    storage.test_topics_are_encrypted: [Mutation("AWS::SNS::Topic", drop("KmsMasterKeyId"))],
    storage.test_logs_are_encrypted_and_kept_as_long_as_the_environment_says: [
        Mutation(LOG_GROUP, drop("RetentionInDays")),
        Mutation(LOG_GROUP, drop("KmsKeyId")),
    ],
    catalog.test_query_results_are_encrypted_whatever_the_client_wants: [
        Mutation(
            "AWS::Athena::WorkGroup",
            put("WorkGroupConfiguration", "EnforceWorkGroupConfiguration", False),
        )
    ],
}

IDENTITY: dict[Guarantee, Sequence[Mutation]] = {
    identity.test_no_statement_has_a_wildcard_action: [
        Mutation(POLICY, put(*STATEMENT, 0, "Action", "logs:*")),
        Mutation(POLICY, put(*STATEMENT, 0, "Action", ["logs:Put*"])),
    ],
    identity.test_only_actions_that_support_no_resource_have_all: [
        Mutation(POLICY, put(*STATEMENT, 0, "Resource", "*")),
        Mutation(POLICY, put_in_statement("s3:PutObject", Resource=["*"])),
    ],
    identity.test_wildcards_in_resources_follow_a_prefix: [
        Mutation(POLICY, put_in_statement("s3:PutObject", Resource={"Fn::Join": ["", ["a", "/*"]]}))
    ],
    identity.test_there_are_no_users_keys_or_not_actions: [
        Mutation(POLICY, put(*STATEMENT, 0, "NotAction", "iam:*")),
        Mutation(POLICY, put(*STATEMENT, 0, "NotResource", "x")),
        Mutation(BUCKET_POLICY, put(*STATEMENT, 0, "NotPrincipal", "x")),
    ],
    identity.test_roles_have_no_managed_policy: [
        Mutation("AWS::IAM::Role", put("ManagedPolicyArns", ["policy/AmazonS3FullAccess"]))
    ],
    identity.test_roles_are_for_services_of_this_account: [
        Mutation("AWS::IAM::Role", drop("AssumeRolePolicyDocument")),
        Mutation("AWS::IAM::Role", put(*TRUST, 0, "Principal", {"AWS": "*"})),
    ],
    identity.test_raw_files_are_only_read_and_only_by_version: [
        Mutation(POLICY, put_in_statement("/landing/*", Action="s3:GetObject")),
        Mutation(POLICY, put_in_statement("/landing/*", Action="s3:PutObject")),
    ],
    identity.test_services_may_act_for_this_account_only: [
        Mutation(KEY, drop(*KEY_STATEMENT, -1, "Condition"), "IngestionKey"),
        Mutation(KEY, drop(*KEY_STATEMENT, -1, "Condition"), "AlarmsKey"),
        Mutation(QUEUE_POLICY, drop(*STATEMENT, -1, "Condition"), "IngestionSource"),
        Mutation(TOPIC_POLICY, put_in_statement("SourceAccount", Condition={})),
    ],
    identity.test_nobody_else_is_allowed_in: [
        Mutation(kind, put(*STATEMENT, 0, {"Effect": "Allow", "Principal": principal}))
        for kind in (BUCKET_POLICY, QUEUE_POLICY, TOPIC_POLICY)
        for principal in ANYBODY
    ],
    edges.test_roles_may_be_passed_to_a_named_service_only: [
        Mutation(POLICY, put(*STATEMENT, 0, PASS_ROLE)),
        Mutation(POLICY, put(*STATEMENT, 0, PASS_ROLE | {"Resource": "role", "Condition": {}})),
    ],
}

PROCESSING: dict[Guarantee, Sequence[Mutation]] = {
    functions.test_functions_run_a_supported_python_on_arm: [
        Mutation(FUNCTION, put("Runtime", "python3.10"), OWN),
    ],
    functions.test_functions_state_their_limits_and_are_traced: [
        Mutation(FUNCTION, drop("Timeout"), OWN),
        Mutation(FUNCTION, drop("MemorySize"), OWN),
        Mutation(FUNCTION, put("TracingConfig", "Mode", "PassThrough"), OWN),
    ],
    functions.test_functions_log_to_a_group_of_their_own: [
        Mutation(FUNCTION, drop("LoggingConfig"), OWN),
    ],
    functions.test_variables_and_logs_of_a_function_have_the_same_key: [
        Mutation(FUNCTION, drop("KmsKeyArn"), OWN),
    ],
    functions.test_only_an_environment_that_reserves_concurrency_does: [
        Mutation(FUNCTION, drop("ReservedConcurrentExecutions"), chain) for chain in CHAINS
    ],
    functions.test_functions_get_the_variables_that_their_handlers_read: [
        Mutation(FUNCTION, put("Environment", "Variables", "UNREAD", "x"), name)
        for name in (*CHAINS, "Predict", "Release", "Training")
    ],
    queues.test_functions_fed_by_a_queue_have_no_dead_letter_queue_of_their_own: [
        Mutation(FUNCTION, put("DeadLetterConfig", {"TargetArn": "x"}), chain) for chain in CHAINS
    ],
    queues.test_queues_are_encrypted_with_their_own_key_and_polled_long: [
        Mutation(QUEUE, drop("KmsMasterKeyId")),
        Mutation(QUEUE, put("ReceiveMessageWaitTimeSeconds", 0)),
    ],
    queues.test_visibility_timeouts_ride_out_retries_and_starvation: [
        *(
            Mutation(QUEUE, put("VisibilityTimeout", 30), f"{chain}{queue}")
            for chain in CHAINS
            for queue in ("Source", "DeadLetter")
        ),
        Mutation(QUEUE, put("RedrivePolicy", "maxReceiveCount", 4)),
    ],
    queues.test_dead_letters_pass_from_queue_to_queue_and_end_in_parking: [
        Mutation(QUEUE, drop("RedrivePolicy")),
        Mutation(QUEUE, drop("RedriveAllowPolicy")),
    ],
    queues.test_each_queue_keeps_messages_longer_than_the_one_before: [
        Mutation(QUEUE, drop("MessageRetentionPeriod"), chain) for chain in CHAINS
    ],
    queues.test_mappings_read_no_more_than_their_function_may_run: [
        Mutation(MAPPING, drop("ScalingConfig")),
        Mutation(MAPPING, put("ScalingConfig", "MaximumConcurrency", 999)),
        Mutation(MAPPING, drop("FunctionResponseTypes")),
    ],
    alarms.test_alarms_tell_somebody_and_say_what_missing_data_means: [
        Mutation(ALARM, drop("AlarmActions")),
        Mutation(ALARM, put("ActionsEnabled", False)),
        Mutation(ALARM, drop("TreatMissingData")),
    ],
    alarms.test_silence_is_bad_news_about_freshness_only: [
        Mutation(ALARM, put("TreatMissingData", "ignore")),
    ],
    alarms.test_alarms_go_off_at_the_first_bad_period_or_after_silence: [
        Mutation(ALARM, put("ComparisonOperator", "LessThanLowerThreshold")),
        Mutation(ALARM, put("Threshold", 0)),
    ],
    alarms.test_alarms_on_one_metric_state_it_completely: [
        Mutation(ALARM, drop("Statistic")),
        Mutation(ALARM, drop("Period")),
    ],
    queues.test_queues_that_nothing_consumes_keep_messages_longest: [
        Mutation(QUEUE, drop("MessageRetentionPeriod"), "IngestionParking"),
        Mutation(QUEUE, drop("MessageRetentionPeriod"), "AlarmsUndelivered"),
    ],
    edges.test_subscriptions_have_a_dead_letter_queue: [
        Mutation("AWS::SNS::Subscription", drop("RedrivePolicy")),
    ],
}

ADDITIONS: Sequence[tuple[Guarantee, str, dict[str, Any]]] = (
    (identity.test_there_are_no_users_keys_or_not_actions, "AWS::IAM::User", {}),
    (identity.test_there_are_no_users_keys_or_not_actions, "AWS::IAM::AccessKey", {}),
    (
        edges.test_targets_of_rules_and_schedules_have_a_dead_letter_queue,
        "AWS::Events::Rule",
        {"Targets": [{"Arn": "x"}]},
    ),
    (
        edges.test_targets_of_rules_and_schedules_have_a_dead_letter_queue,
        "AWS::Scheduler::Schedule",
        {"Target": {"Arn": "x"}},
    ),
    (
        edges.test_functions_that_no_queue_feeds_say_where_failures_go,
        FUNCTION,
        {"Handler": "x"},
    ),
    (
        edges.test_services_may_invoke_functions_for_one_resource_of_this_account,
        "AWS::Lambda::Permission",
        {"Principal": "events.amazonaws.com"},
    ),
    (
        edges.test_no_resource_is_of_a_service_that_new_accounts_cannot_use,
        "AWS::SageMaker::MonitoringSchedule",
        {},
    ),
    (
        edges.test_no_resource_is_of_a_service_that_new_accounts_cannot_use,
        "AWS::SageMaker::DataQualityJobDefinition",
        {},
    ),
)


@FULL
@pytest.mark.parametrize(("guarantee", "mutation"), cases(STORAGE | IDENTITY | PROCESSING))
def test_breaking_a_guarantee_fails_its_test(
    assembly: Assembly, guarantee: Guarantee, mutation: Mutation
) -> None:
    assert_noticed(assembly, guarantee, mutation)


@FULL
@pytest.mark.parametrize(("guarantee", "kind", "properties"), ADDITIONS)
def test_adding_what_must_not_be_fails_its_test(
    assembly: Assembly, guarantee: Guarantee, kind: str, properties: dict[str, Any]
) -> None:
    guarantee(assembly)
    with pytest.raises(BROKEN):
        guarantee(adding(kind, properties)(assembly))
