"""Registration is compulsory: nothing reaches the endpoint that is not an approved package.

Decided offline, from the policies of every environment: who may touch what serves, and that each of
many requests which would go around the release is refused.
"""

import json

import pytest

from config import ENVIRONMENTS
from schemas.names import CAPTURE_PREFIX, RUNS_PREFIX, StackName
from tests.infrastructure.assembly import Assembly
from tests.security.policies import Context
from tests.security.principals import DEPLOYER, FUNCTION, MACHINE, World, arn

RELEASE_MACHINE = f"{MACHINE}release"
SCORING_MACHINE = f"{MACHINE}scoring"
RELEASE = f"{FUNCTION}release/release"
SMOKE_TEST = f"{FUNCTION}release/smoke_test"
PREDICT = f"{FUNCTION}prediction/predict"
APPROVER = f"{FUNCTION}training-pipeline/approve"
CLOUDFORMATION: Context = {"iam:PassedToService": "cloudformation.amazonaws.com"}
SAGEMAKER: Context = {"iam:PassedToService": "sagemaker.amazonaws.com"}
# What else changes a stack, or what it may do.
STACK_CHANGES = (
    "CancelUpdateStack",
    "ContinueUpdateRollback",
    "CreateChangeSet",
    "CreateStack",
    "DeleteStack",
    "ExecuteChangeSet",
    "RollbackStack",
    "SetStackPolicy",
)


@pytest.fixture
def world(assembly: Assembly) -> World:
    return World(assembly)


def test_only_the_deployment_role_makes_what_serves(world: World) -> None:
    requested, carried = world.tagged("RequestTag"), world.tagged("ResourceTag")
    for action, resource, context in (
        ("CreateModel", world.sagemaker("model", "any"), requested),
        ("CreateEndpointConfig", world.sagemaker("endpoint-config", "any"), requested),
        ("CreateEndpoint", world.sagemaker("endpoint"), requested),
        ("CreateEndpoint", world.sagemaker("endpoint-config", "any"), carried),
        ("UpdateEndpoint", world.sagemaker("endpoint"), carried),
        ("UpdateEndpoint", world.sagemaker("endpoint-config", "any"), carried),
        ("DeleteEndpoint", world.sagemaker("endpoint"), carried),
    ):
        everything = {**requested, **carried, **context}
        assert world.may(f"sagemaker:{action}", resource, everything) == {DEPLOYER}, action


def test_what_former_releases_left_is_removed_by_two_at_most(world: World) -> None:
    for action, kind in (("DeleteModel", "model"), ("DeleteEndpointConfig", "endpoint-config")):
        resource = world.sagemaker(kind, "any")
        carried = world.tagged("ResourceTag")
        assert world.may(f"sagemaker:{action}", resource, carried) == {DEPLOYER, RELEASE}
        assert world.may(f"sagemaker:{action}", resource) == set()


def test_weights_change_with_the_stack_alone(world: World) -> None:
    """Scaling needs the right, but no template says it, and only CloudFormation has the role."""
    action = "sagemaker:UpdateEndpointWeightsAndCapacities"
    scales = {DEPLOYER} if world.assembly.environment.serving.is_guarded else set()
    assert world.may(action, world.sagemaker("endpoint")) == scales


def test_only_clients_requests_and_the_smoke_test_reach_the_endpoint(world: World) -> None:
    endpoint = world.sagemaker("endpoint")
    assert world.may("sagemaker:InvokeEndpoint", endpoint) == {PREDICT, SMOKE_TEST}
    for action in ("InvokeEndpointAsync", "InvokeEndpointWithResponseStream"):
        assert world.may(f"sagemaker:{action}", endpoint) == set()


def test_only_a_release_updates_the_stack_and_only_with_its_role(world: World) -> None:
    update = "cloudformation:UpdateStack"
    with_role: Context = {"cloudformation:RoleArn": world.deployer}
    assert world.may(update, world.stack(), with_role) == {RELEASE_MACHINE}
    for role in (world.model_role, f"{world.deployer}x", arn("iam", "role/cdk-cfn-exec")):
        assert world.may(update, world.stack(), {"cloudformation:RoleArn": role}) == set()
    assert world.may(update, world.stack()) == set()
    for other in set(StackName) - {StackName.INFERENCE}:
        assert world.may(update, world.stack(other), with_role) == set()
    for environment in ENVIRONMENTS.keys() - {world.name}:
        elsewhere = world.stack(environment=environment)
        assert world.may(update, elsewhere, with_role) == set()


@pytest.mark.parametrize("action", STACK_CHANGES)
def test_nobody_changes_a_stack_in_any_other_way(world: World, action: str) -> None:
    with_role: Context = {"cloudformation:RoleArn": world.deployer}
    for stack in StackName:
        assert world.may(f"cloudformation:{action}", world.stack(stack), with_role) == set()


def test_only_a_release_hands_the_deployment_role_on_and_to_cloudformation_alone(
    world: World,
) -> None:
    assert world.may("iam:PassRole", world.deployer, CLOUDFORMATION) == {RELEASE_MACHINE}
    for service in ("sagemaker", "lambda", "states", "ec2"):
        passed = {"iam:PassedToService": f"{service}.amazonaws.com"}
        assert world.may("iam:PassRole", world.deployer, passed) == set()
    assert world.may("iam:PassRole", world.deployer) == set()


def test_only_cloudformation_assumes_the_deployment_role(world: World) -> None:
    assert world.may("sts:AssumeRole", world.deployer) == set()
    (role,) = (
        each
        for each in world.assembly.resources("AWS::IAM::Role")
        if each.logical_id == world.principals[DEPLOYER]
    )
    (statement,) = role.properties["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Principal"] == {"Service": "cloudformation.amazonaws.com"}
    assert statement["Action"] == "sts:AssumeRole"


def test_only_the_deployment_role_hands_on_the_role_of_models(world: World) -> None:
    assert world.may("iam:PassRole", world.model_role, SAGEMAKER) == {DEPLOYER}
    assert world.may("iam:PassRole", world.model_role, CLOUDFORMATION) == set()


def test_only_events_of_approvals_and_administrators_begin_releases(world: World) -> None:
    (starter,) = world.may("states:StartExecution", world.release_machine)
    assert starter == "ApprovedRole"


def test_only_a_release_writes_what_serves(world: World) -> None:
    for action in ("PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem"):
        expected = {RELEASE} if action == "PutItem" else set()
        assert world.may(f"dynamodb:{action}", world.releases_table) == expected


def test_what_serves_cannot_change_what_it_serves(world: World) -> None:
    """Archives are written by those who train, and no model is trained where it is served."""
    artifacts = world.bucket("Artifacts")
    archive = f"{artifacts}/{RUNS_PREFIX}1/models/job/output/model.tar.gz"
    serving = {"ModelRole", PREDICT, SMOKE_TEST, RELEASE, DEPLOYER, SCORING_MACHINE}
    assert serving <= world.principals.keys()
    for action in ("s3:PutObject", "s3:DeleteObject"):
        assert not world.may(action, archive) & (serving | {"ScoringJobRole"})
    captured = f"{artifacts}/{CAPTURE_PREFIX}a.jsonl"
    assert world.may("s3:PutObject", captured) == {"ModelRole"}


def test_the_deployment_role_does_nothing_but_release(world: World) -> None:
    grants = [
        grant for grant in world.deployment.grants if grant.role == world.principals[DEPLOYER]
    ]
    services = {grant.action.partition(":")[0] for grant in grants}
    expected = {"sagemaker", "iam", "kms"}
    if world.assembly.environment.serving.is_guarded:
        expected |= {"application-autoscaling", "cloudwatch"}
    assert services == expected
    roles = {grant.action for grant in grants if grant.action.startswith("iam:")}
    assert roles <= {"iam:PassRole", "iam:CreateServiceLinkedRole"}
    assert "*" not in json.dumps([g.resource for g in grants if g.action.startswith("iam:")])


def bypasses(world: World) -> list[tuple[str, str, str, Context]]:
    """Requests that would go around the release: who, what, on what, how."""
    name = world.name
    foreign = next(each for each in sorted(ENVIRONMENTS) if each != name)
    theirs = f"mlops-{foreign}-flight-delay"
    requested, carried = world.tagged("RequestTag"), world.tagged("ResourceTag")
    approved: Context = {"sagemaker:ModelApprovalStatus": "Approved"}
    model, config = world.sagemaker("model", "any"), world.sagemaker("endpoint-config", "any")
    endpoint, function = world.sagemaker("endpoint"), arn("lambda", "function:any")
    jobs = ("JobRole", "ScoringJobRole", "ModelRole")
    return [
        # A model that nobody registered.
        *((each, "sagemaker:CreateModel", model, requested) for each in (*jobs, RELEASE, PREDICT)),
        (DEPLOYER, "sagemaker:CreateModel", model, {}),
        (DEPLOYER, "sagemaker:CreateModel", model, world.tagged("RequestTag", environment=foreign)),
        (RELEASE_MACHINE, "sagemaker:CreateModel", model, requested),
        (RELEASE_MACHINE, "sagemaker:UpdateEndpoint", endpoint, carried),
        (RELEASE, "sagemaker:UpdateEndpoint", endpoint, carried),
        # Other environments' endpoints, and what is nobody's.
        (DEPLOYER, "sagemaker:UpdateEndpoint", world.sagemaker("endpoint", theirs), requested),
        (DEPLOYER, "sagemaker:DeleteEndpoint", world.sagemaker("endpoint", theirs), carried),
        (DEPLOYER, "sagemaker:UpdateEndpoint", config, {}),
        (DEPLOYER, "sagemaker:UpdateEndpoint", config,
         world.tagged("ResourceTag", environment=foreign)),
        (RELEASE, "sagemaker:DeleteModel", model,
         world.tagged("ResourceTag", environment=foreign)),
        (RELEASE, "sagemaker:DeleteModel", model, world.tagged("ResourceTag", application="x")),
        # Tags that would make another resource ours.
        (DEPLOYER, "sagemaker:AddTags", model, {}),
        (DEPLOYER, "sagemaker:AddTags", config, carried),
        (RELEASE, "sagemaker:AddTags", model, {"sagemaker:TaggingAction": "CreateModel"}),
        # Approving and forging packages.
        *(
            (each, f"sagemaker:{verb}ModelPackage", world.package, approved)
            for each in (DEPLOYER, RELEASE, RELEASE_MACHINE, SMOKE_TEST, PREDICT, SCORING_MACHINE,
                         *jobs)
            for verb in ("Create", "Update", "Delete")
        ),
        (RELEASE, "sagemaker:PutModelPackageGroupPolicy", world.sagemaker("model-package-group"),
         {}),
        # Rights, code and data.
        *(
            (DEPLOYER, action, resource, {})
            for action, resource in (
                ("iam:CreateRole", arn("iam", "role/new")),
                ("iam:PutRolePolicy", world.deployer),
                ("iam:AttachRolePolicy", world.model_role),
                ("iam:UpdateAssumeRolePolicy", world.deployer),
                ("lambda:UpdateFunctionCode", function),
                ("lambda:InvokeFunction", function),
                ("s3:GetObject", f"{world.bucket('Curated')}/curated/a.parquet"),
                ("s3:PutObject", f"{world.bucket('Artifacts')}/{RUNS_PREFIX}1/model.tar.gz"),
                ("sagemaker:CreateTrainingJob", world.sagemaker("training-job", "any")),
                ("sagemaker:CreateTransformJob", world.sagemaker("transform-job", "any")),
                ("sagemaker:InvokeEndpoint", endpoint),
                ("states:StartExecution", world.release_machine),
            )
        ),
        *(
            (each, f"iam:{action}", role, {})
            for each in (RELEASE, RELEASE_MACHINE, SMOKE_TEST, PREDICT, SCORING_MACHINE, *jobs)
            for action in ("PutRolePolicy", "AttachRolePolicy", "UpdateAssumeRolePolicy")
            for role in (world.deployer, world.model_role)
        ),
        (DEPLOYER, "iam:PassRole", world.role("JobRole"), SAGEMAKER),
        (DEPLOYER, "iam:PassRole", world.deployer, CLOUDFORMATION),
        (DEPLOYER, "iam:CreateServiceLinkedRole", world.role("JobRole"),
         {"iam:AWSServiceName": "sagemaker.application-autoscaling.amazonaws.com"}),
        (DEPLOYER, "application-autoscaling:RegisterScalableTarget",
         arn("application-autoscaling", "scalable-target/1"),
         {"application-autoscaling:service-namespace": "ecs"}),
        (DEPLOYER, "cloudwatch:DeleteAlarms",
         arn("cloudwatch", f"alarm:mlops-{name}-inference-AlarmsChampionErrorsAlarm-1"), {}),
        # Asking the endpoint without a log, and another's endpoint.
        *((each, "sagemaker:InvokeEndpoint", endpoint, {})
          for each in (RELEASE, RELEASE_MACHINE, SCORING_MACHINE, *jobs)),
        (PREDICT, "sagemaker:InvokeEndpoint", world.sagemaker("endpoint", theirs), {}),
        # Silencing what undoes a release.
        *(
            (each, f"cloudwatch:{action}", arn("cloudwatch", f"alarm:mlops-{name}-inference-x"), {})
            for each in (RELEASE, RELEASE_MACHINE, "ModelRole")
            for action in ("DisableAlarmActions", "PutMetricAlarm", "SetAlarmState")
        ),
    ]  # fmt: skip


def test_ways_around_a_release_are_closed(world: World) -> None:
    for principal, action, resource, context in bypasses(world):
        allowed = world.allows(principal, action, resource, context)
        assert not allowed, (principal, action, resource, context)


def test_each_way_around_would_be_noticed(world: World) -> None:
    """A request that no principal of ours could make, or that is misspelled, proves nothing."""
    for principal, action, resource, _ in bypasses(world):
        assert principal in world.principals, principal
        assert resource.startswith("arn:aws:"), resource
        service, _, name = action.partition(":")
        assert service.islower(), action
        assert name[0].isupper(), action


def test_the_way_of_a_release_is_open(world: World) -> None:
    with_role: Context = {"cloudformation:RoleArn": world.deployer}
    endpoint = world.sagemaker("endpoint")
    requested, carried = world.tagged("RequestTag"), world.tagged("ResourceTag")
    for principal, action, resource, context in (
        ("ApprovedRole", "states:StartExecution", world.release_machine, {}),
        (RELEASE, "sagemaker:DescribeModelPackage", world.package, {}),
        (RELEASE_MACHINE, "cloudformation:UpdateStack", world.stack(), with_role),
        (RELEASE_MACHINE, "iam:PassRole", world.deployer, CLOUDFORMATION),
        (DEPLOYER, "sagemaker:DescribeModelPackage", world.package, {}),
        (DEPLOYER, "sagemaker:CreateModel", world.sagemaker("model", "new"), requested),
        (DEPLOYER, "iam:PassRole", world.model_role, SAGEMAKER),
        (DEPLOYER, "sagemaker:UpdateEndpoint", endpoint, carried),
        (SMOKE_TEST, "sagemaker:InvokeEndpoint", endpoint, {}),
        (PREDICT, "sagemaker:InvokeEndpoint", endpoint, {}),
        (RELEASE, "sagemaker:DeleteModel", world.sagemaker("model", "old"), carried),
    ):
        assert world.allows(principal, action, resource, context), (principal, action)
