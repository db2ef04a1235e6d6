"""Who may do what."""

import json
from typing import Any

from config import MODEL
from tests.infrastructure.assembly import Assembly, as_list

# Actions that support no resource, by AWS's service authorization reference.
UNSCOPEABLE = {
    "cloudwatch:PutMetricData",
    "ecr:GetAuthorizationToken",
    "xray:PutTraceSegments",
    "xray:PutTelemetryRecords",
    # CDK grants the last three of a state machine's role in one statement with the others.
    "xray:GetSamplingRules",
    "xray:GetSamplingTargets",
    *(f"logs:{action}LogDelivery" for action in ("Create", "Get", "Update", "Delete")),
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:DescribeResourcePolicies",
    "logs:DescribeLogGroups",
    *(
        f"application-autoscaling:Describe{each}"
        for each in ("ScalableTargets", "ScalingPolicies", "ScheduledActions")
    ),
    "cloudwatch:GetMetricData",
    *(f"sagemaker:List{each}" for each in ("EndpointConfigs", "Models")),
}
JOBS = ("processing-job", "training-job", "hyper-parameter-tuning-job", "transform-job")
JOB_LOGS = ("ProcessingJobs", "TrainingJobs", "TransformJobs")
# CloudFormation and AWS draw the names of these; what changes one of them has a condition instead.
DRAWN = ("model", "endpoint-config", "scalable-target")
SERVICES = {
    f"{name}.amazonaws.com"
    for name in ("cloudformation", "events", "lambda", "sagemaker", "states")
}
LOOKING = ("Describe", "List")
# What may be done without a permission of its own, where a condition says where.
BOUND_BY_CONDITION = {"cloudwatch:PutMetricData": "cloudwatch:namespace"}


def test_no_statement_has_a_wildcard_action(assembly: Assembly) -> None:
    for resource, statement in assembly.policy_statements():
        assert not [a for a in as_list(statement["Action"]) if "*" in a], resource


def test_only_actions_that_support_no_resource_have_all(assembly: Assembly) -> None:
    for resource, statement in assembly.policy_statements():
        if "*" in as_list(statement["Resource"]) and statement["Effect"] == "Allow":
            actions = set(as_list(statement["Action"]))
            assert actions <= UNSCOPEABLE, resource
            for action in actions & BOUND_BY_CONDITION.keys():
                assert BOUND_BY_CONDITION[action] in json.dumps(statement["Condition"]), resource


def test_wildcards_in_resources_follow_a_prefix(assembly: Assembly) -> None:
    name = assembly.environment.name
    endpoint = f"mlops-{name}-{MODEL.name}"
    prefixes = {
        *("/landing/*", "/curated/*", "/quarantine/*", "/dead-letters/*"),
        *("/snapshots/*", "/code/*", "/runs/*", "/scoring/*", "/capture/*"),
        "/monitoring/*",
        *("/predictions/*", "/spilled-predictions/*"),
        *(f":{kind}/{name}-{each}*" for kind in JOBS for each in ("", "score-", "monitor-")),
        *(f":log-group:/aws/sagemaker/{kind}:*" for kind in JOB_LOGS),
        f":log-group:/aws/sagemaker/Endpoints/{endpoint}:*",
        f":model-package/mlops-{name}-{MODEL.name}/*",
        *(f":execution:mlops-{name}-{each}:*" for each in ("training", "release", "monitor")),
        f":stack/mlops-{name}-inference/*",
        f":alarm:mlops-{name}-inference-*",
        f":alarm:TargetTracking-endpoint/{endpoint}/variant/*",
    }
    for resource, statement in assembly.policy_statements():
        for each in as_list(statement["Resource"]):
            text = json.dumps(each)
            if "*" in text and each != "*":
                ending = each["Fn::Join"][1][-1]
                assert ending in prefixes or is_bound_otherwise(statement, ending), resource


def is_bound_otherwise(statement: dict[str, Any], ending: str) -> bool:
    """Return whether a statement about all of a kind only looks, or has a condition."""
    if ending not in {*(f":{kind}/*" for kind in DRAWN), ":alarm:*"}:
        return False
    verbs = {action.partition(":")[2] for action in as_list(statement["Action"])}
    return "Condition" in statement or all(each.startswith(LOOKING) for each in verbs)


def test_roles_have_no_managed_policy(assembly: Assembly) -> None:
    for role in assembly.resources("AWS::IAM::Role"):
        assert "ManagedPolicyArns" not in role.properties, role


def test_roles_are_for_services_of_this_account(assembly: Assembly) -> None:
    for role in assembly.resources("AWS::IAM::Role"):
        (statement,) = role.properties["AssumeRolePolicyDocument"]["Statement"]
        assert statement["Action"] == "sts:AssumeRole", role
        assert statement["Principal"]["Service"] in SERVICES, role


def test_there_are_no_users_keys_or_not_actions(assembly: Assembly) -> None:
    assert not assembly.resources("AWS::IAM::User", "AWS::IAM::AccessKey", "AWS::IAM::Group")
    statements = [*assembly.policy_statements(), *assembly.resource_policies()]
    for resource, statement in statements:
        assert not {"NotAction", "NotResource", "NotPrincipal"} & statement.keys(), resource


def test_services_may_act_for_this_account_only(assembly: Assembly) -> None:
    for resource, statement in assembly.resource_policies():
        principal = statement["Principal"]
        if statement["Effect"] == "Deny" or "Service" not in principal:
            continue
        conditions = json.dumps(statement["Condition"])
        by_source = "aws:SourceArn" in conditions and "aws:SourceAccount" in conditions
        # EventBridge may not tell its rules' ARNs to the keys of queues.
        is_key, service = resource.body["Type"] == "AWS::KMS::Key", principal["Service"]
        if is_key and service == "events.amazonaws.com":
            by_source = "aws:SourceAccount" in conditions
        by_context = "kms:EncryptionContext:aws:logs:arn" in conditions
        assert by_source or by_context, f"{resource}: {statement}"


def test_nobody_else_is_allowed_in(assembly: Assembly) -> None:
    for resource, statement in assembly.resource_policies():
        if statement["Effect"] == "Allow":
            assert statement["Principal"] not in ("*", {"AWS": "*"}), resource


def test_raw_files_are_only_read_and_only_by_version(assembly: Assembly) -> None:
    for resource, statement in assembly.policy_statements():
        if "/landing/*" in json.dumps(statement["Resource"]):
            assert statement["Action"] == "s3:GetObjectVersion", resource
