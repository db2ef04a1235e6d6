"""The guarantees of registration notice every careless grant."""

from collections.abc import Callable
from functools import wraps
from typing import Any

import pytest

from tests.infrastructure.assembly import Assembly
from tests.infrastructure.mutations import (
    FULL,
    Guarantee,
    Mutation,
    assert_noticed,
    cases,
    put,
    put_in_statement,
)
from tests.security import test_registration as registration
from tests.security.principals import World

POLICY = "AWS::IAM::Policy"
FIRST = ("PolicyDocument", "Statement", 0)
# Roles of a client, a job, a function that releases, and a state machine.
CARELESS = ("PredictFunctionRole", "JobRole", "ReleaseSmokeTestRole", "ScoringRole")


def of_world(guarantee: Callable[[World], None]) -> Guarantee:
    """Return a guarantee of a world as one of its assembly."""

    @wraps(guarantee)
    def checked(assembly: Assembly) -> None:
        guarantee(World(assembly))

    return checked


def granted(*actions: str, roles: tuple[str, ...] = CARELESS) -> list[Mutation]:
    """Let roles do something, one by one, anywhere and on no condition."""
    return [
        Mutation(POLICY, put(*FIRST, {"Effect": "Allow", "Action": action, "Resource": "*"}), role)
        for action in actions
        for role in roles
    ]


def changed(part: str, role: str, **elements: Any) -> Mutation:
    return Mutation(POLICY, put_in_statement(part, **elements), role)


MUTATIONS = {
    of_world(guarantee): mutations
    for guarantee, mutations in {
        registration.test_only_the_deployment_role_makes_what_serves: granted(
            "sagemaker:CreateModel", "sagemaker:UpdateEndpoint", "sagemaker:*"
        ),
        registration.test_what_former_releases_left_is_removed_by_two_at_most: [
            *granted("sagemaker:DeleteModel"),
            changed("sagemaker:DeleteModel", "DeploymentRole", Condition={}),
            changed("sagemaker:DeleteEndpointConfig", "ReleaseRole", Condition={}),
        ],
        registration.test_weights_change_with_the_stack_alone: granted(
            "sagemaker:UpdateEndpointWeightsAndCapacities"
        ),
        registration.test_only_clients_requests_and_the_smoke_test_reach_the_endpoint: granted(
            "sagemaker:InvokeEndpoint*", roles=("JobRole", "ScoringRole", "DeploymentRole")
        ),
        registration.test_only_a_release_updates_the_stack_and_only_with_its_role: [
            *granted("cloudformation:UpdateStack"),
            changed("cloudformation:UpdateStack", "ReleaseRole", Condition={}),
            changed("cloudformation:UpdateStack", "ReleaseRole", Resource="*"),
        ],
        registration.test_only_a_release_hands_the_deployment_role_on_and_to_cloudformation_alone: [
            *granted("iam:PassRole"),
            changed("cloudformation.amazonaws.com", "ReleaseRole", Condition={}),
        ],
        registration.test_only_the_deployment_role_hands_on_the_role_of_models: [
            *granted("iam:PassRole"),
            changed("iam:PassRole", "DeploymentRole", Condition={}),
        ],
        registration.test_only_events_of_approvals_and_administrators_begin_releases: granted(
            "states:StartExecution"
        ),
        registration.test_only_a_release_writes_what_serves: granted("dynamodb:PutItem"),
        registration.test_what_serves_cannot_change_what_it_serves: granted(
            "s3:PutObject", roles=("PredictFunctionRole", "ModelRole", "ScoringJobRole")
        ),
        registration.test_the_deployment_role_does_nothing_but_release: granted(
            "s3:GetObject", "iam:CreateRole", "lambda:UpdateFunctionCode", roles=("DeploymentRole",)
        ),
        registration.test_ways_around_a_release_are_closed: [
            *granted("sagemaker:*", "cloudwatch:*", "iam:*", roles=("ReleaseRole", "ModelRole")),
            changed("sagemaker:AddTags", "DeploymentRole", Condition={}),
            changed("sagemaker:CreateModel", "DeploymentRole", Condition={}),
            changed("iam:CreateServiceLinkedRole", "DeploymentRole", Resource="*"),
            changed("RegisterScalableTarget", "DeploymentRole", Condition={}),
            changed("sagemaker:InvokeEndpoint", "PredictFunctionRole", Resource="*"),
        ],
        registration.test_the_way_of_a_release_is_open: [
            changed(action, role, Effect="Deny")
            for role, action in (
                ("DeploymentRole", "sagemaker:CreateModel"),
                ("DeploymentRole", "iam:PassRole"),
                ("ReleaseSmokeTestRole", "sagemaker:InvokeEndpoint"),
                ("PredictFunctionRole", "sagemaker:InvokeEndpoint"),
                ("ReleaseRole", "cloudformation:UpdateStack"),
                ("ApprovedRole", "states:StartExecution"),
            )
        ],
        registration.test_only_cloudformation_assumes_the_deployment_role: [
            *granted("sts:AssumeRole"),
            Mutation(
                "AWS::IAM::Role",
                put("AssumeRolePolicyDocument", "Statement", 0, "Principal", {"AWS": "*"}),
                "DeploymentRole",
            ),
        ],
    }.items()
}


@FULL
@pytest.mark.parametrize(("guarantee", "mutation"), cases(MUTATIONS))
def test_a_careless_grant_fails_its_test(
    assembly: Assembly, guarantee: Guarantee, mutation: Mutation
) -> None:
    assert_noticed(assembly, guarantee, mutation)
