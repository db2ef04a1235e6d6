"""Who may register and approve models: decided offline, from the policies of every environment."""

import pytest

from config import MODEL
from local.calls import Call
from local.environment import ACCOUNT, REGION
from tests.infrastructure.assembly import Assembly
from tests.security.deployment import Deployment
from tests.security.policies import Context, grants_of, is_allowed

STATUS = "sagemaker:ModelApprovalStatus"
PENDING: Context = {STATUS: "PendingManualApproval"}
APPROVED: Context = {STATUS: "Approved"}
TRAINING = (
    "TrainingSnapshot",
    "TrainingGate",
    "TrainingRegister",
    "TrainingSettle",
    "TrainingRole",
)


def package(assembly: Assembly) -> str:
    group = f"mlops-{assembly.environment.name}-{MODEL.name}"
    return f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:model-package/{group}/1"


def may(assembly: Assembly, action: str, context: Context) -> set[str]:
    """Roles that may do something to a model package."""
    deployment = Deployment(assembly)
    roles = [role.logical_id for role in assembly.resources("AWS::IAM::Role")]
    return {
        role
        for role in roles
        if is_allowed(Call(role, action, package(assembly)), deployment.grants, context)
    }


def test_only_the_register_function_creates_packages_and_only_pending_ones(
    assembly: Assembly,
) -> None:
    (creator,) = may(assembly, "sagemaker:CreateModelPackage", PENDING)
    assert creator.startswith("TrainingRegister")
    for context in (APPROVED, {STATUS: "Rejected"}, {}):
        assert may(assembly, "sagemaker:CreateModelPackage", context) == set()


def test_only_the_approver_updates_packages_where_approval_is_automatic(
    assembly: Assembly,
) -> None:
    approvers = may(assembly, "sagemaker:UpdateModelPackage", APPROVED)
    if assembly.environment.training.approves_automatically:
        (approver,) = approvers
        assert approver.startswith("Approver")
    else:
        assert approvers == set()


@pytest.mark.parametrize("action", ["UpdateModelPackage", "CreateModelPackage"])
def test_a_careless_grant_lets_nobody_who_trains_approve(assembly: Assembly, action: str) -> None:
    deployment = Deployment(assembly)
    everything = {"Effect": "Allow", "Action": "sagemaker:*", "Resource": "*"}
    training = [
        role.logical_id
        for role in assembly.resources("AWS::IAM::Role")
        if role.logical_id.startswith(TRAINING)
    ]
    assert len(training) == len(TRAINING)
    for role in training:
        grants = [*deployment.grants, *grants_of(role, everything)]
        call = Call(role, f"sagemaker:{action}", package(assembly))
        assert not is_allowed(call, grants, APPROVED), role


def test_jobs_have_no_say_in_the_registry(assembly: Assembly) -> None:
    job_roles = {
        role.logical_id
        for role in assembly.resources("AWS::IAM::Role")
        if role.logical_id.startswith(("JobRole", "MonitorJobRole", "ScoringJobRole"))
    }
    assert job_roles
    grants = [grant for grant in Deployment(assembly).grants if grant.role in job_roles]
    assert {grant.role for grant in grants} == job_roles
    assert not [grant for grant in grants if grant.action.startswith("sagemaker:")]
