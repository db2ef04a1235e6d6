"""What AWS does in the name of our roles is allowed, in every environment; no cloud is needed."""

import re
from collections.abc import Callable

from local.calls import Call
from tests.e2e.lake import ENVIRONMENT
from tests.infrastructure.assembly import Assembly
from tests.security.contexts import contexts_of
from tests.security.deployment import Deployment
from tests.security.needs import key_calls, service_calls
from tests.security.policies import refused

# Of the one endpoint, whose name says whose it is; looking changes nothing.
UNCONDITIONAL = {
    *(f"sagemaker:{verb}Endpoint" for verb in ("Create", "Update", "Delete", "Describe")),
    "sagemaker:DescribeEndpointConfig",
    "sagemaker:DescribeModel",
}


def test_aws_may_do_what_it_does_for_functions_state_machines_rules_and_jobs(
    assembly: Assembly,
) -> None:
    deployment = Deployment(assembly)
    calls = set(service_calls(deployment))
    calls |= set(key_calls(deployment, calls))
    actions = {call.action for call in calls}
    assert {"sqs:ReceiveMessage", "logs:PutLogEvents", "xray:PutTraceSegments"} <= actions
    assert {"logs:CreateLogDelivery", "sagemaker:StopTrainingJob"} <= actions
    assert {"states:StartExecution", "ecr:BatchGetImage", "kms:Decrypt"} <= actions
    assert refused(calls, deployment.grants, contexts_of(deployment)) == set()


def test_what_is_allowed_on_a_condition_is_refused_without_it(assembly: Assembly) -> None:
    deployment = Deployment(assembly)
    context_of = contexts_of(deployment)
    conditional = {
        call
        for call in service_calls(deployment)
        if context_of(call) and call.action not in UNCONDITIONAL
    }
    expected = {"cloudwatch:PutMetricData", "kms:CreateGrant", "iam:PassRole", "sagemaker:AddTags"}
    assert expected <= {call.action for call in conditional}
    assert "sagemaker:CreateModel" in {call.action for call in conditional}
    assert refused(conditional, deployment.grants) == conditional


def test_a_poll_without_the_key_would_be_refused(assembly: Assembly) -> None:
    deployment = Deployment(assembly)
    (call, *_) = key_calls(deployment, service_calls(deployment))
    without = [grant for grant in deployment.grants if not grant.covers(call)]
    assert refused([call], without) == {call}


def test_every_kind_of_data_call_needs_the_key_of_what_it_is_about(assembly: Assembly) -> None:
    deployment = Deployment(assembly)
    bucket, table = (
        next(r for r in assembly.resources(kind) if r.logical_id.startswith(name))
        for kind, name in (("AWS::S3::Bucket", "Raw"), ("AWS::DynamoDB::Table", "Ledger"))
    )
    calls = [
        Call("role", "s3:GetObject", f"{deployment.arn(bucket)}/landing/a.csv"),
        Call("role", "s3:DeleteObject", f"{deployment.arn(bucket)}/landing/a.csv"),
        Call("role", "dynamodb:Query", f"{deployment.arn(table)}/index/by-status"),
    ]
    (data_key,) = (k for k in assembly.resources("AWS::KMS::Key") if k.logical_id[:4] == "Data")
    assert (
        list(key_calls(deployment, calls))
        == [Call("role", "kms:Decrypt", deployment.arn(data_key))] * 2
    )


def test_keys_leave_it_to_policies_who_uses_them(assembly: Assembly) -> None:
    """Otherwise the comparison of grants alone would prove nothing about keys."""
    for key in assembly.resources("AWS::KMS::Key"):
        statement = key.properties["KeyPolicy"]["Statement"][0]
        assert statement["Action"] == "kms:*", key
        assert "Condition" not in statement, key
        assert "root" in str(statement["Principal"]), key


def test_every_environment_grants_what_the_recorded_one_does(
    assembly: Assembly, synthesized: Callable[[str], Assembly]
) -> None:
    """So what recorded runs prove of one environment holds for all."""
    # Where a person approves, nothing approves by itself; what is serverless does not scale.
    left_out = [
        *([] if assembly.environment.training.approves_automatically else [("Approver", "")]),
        *([] if assembly.environment.serving.is_guarded else SCALING),
    ]
    expected = {
        grant
        for grant in grants_by_any_name(synthesized(ENVIRONMENT))
        if not any(grant[0].startswith(role) and action in grant[1] for role, action in left_out)
    }
    assert grants_by_any_name(assembly) == expected


SCALING = [
    ("DeploymentRole", part)
    for part in (
        "application-autoscaling:",
        "cloudwatch:",
        "iam:CreateServiceLinkedRole",
        "sagemaker:UpdateEndpointWeightsAndCapacities",
    )
]


def grants_by_any_name(assembly: Assembly) -> set[tuple[str, str, str]]:
    own = assembly.environment.name
    return {
        (grant.role, grant.action, re.sub(rf"(mlops-|/){own}-", r"\1", grant.resource))
        for grant in Deployment(assembly).grants
    }
