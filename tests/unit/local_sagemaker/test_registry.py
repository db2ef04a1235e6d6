"""Groups, their versions, approval, and repeated requests."""

from typing import Any

import pytest

from local.sagemaker import ApiError
from tests.unit.local_sagemaker.lab import Lab
from tests.unit.local_sagemaker.requests import package


@pytest.fixture
def group(lab: Lab) -> str:
    arn: str = lab.call("CreateModelPackageGroup", role="admin", ModelPackageGroupName="flights")[
        "ModelPackageGroupArn"
    ]
    return arn


def register(lab: Lab, group: str = "flights", role: str = "trainer", **members: Any) -> str:
    arn: str = lab.call("CreateModelPackage", role=role, **package(group, **members))[
        "ModelPackageArn"
    ]
    return arn


def described(lab: Lab, arn: str) -> dict[str, Any]:
    return lab.call("DescribeModelPackage", ModelPackageName=arn)


def test_versions_count_up_and_are_never_used_again(lab: Lab, group: str) -> None:
    first, second = register(lab), register(lab, group)
    lab.call("DeleteModelPackage", ModelPackageName=second)

    third = register(lab)

    assert first == "arn:aws:sagemaker:us-east-1:123456789012:model-package/flights/1"
    assert third.endswith("/flights/3")
    assert described(lab, third)["ModelPackageVersion"] == 3


@pytest.mark.usefixtures("group")
def test_a_package_is_described_by_arn_and_by_name(lab: Lab) -> None:
    arn = register(lab, CustomerMetadataProperties={"auc": "0.7"}, ModelPackageDescription="x")

    assert described(lab, "flights/1") == described(lab, arn)
    assert described(lab, arn)["CustomerMetadataProperties"] == {"auc": "0.7"}
    assert described(lab, arn)["ModelApprovalStatus"] == "PendingManualApproval"
    identity = described(lab, arn)["CreatedBy"]["IamIdentity"]
    assert identity["Arn"] == "arn:aws:sts::123456789012:assumed-role/trainer/session"


@pytest.mark.usefixtures("group")
def test_approval_is_an_event_without_metadata(lab: Lab) -> None:
    arn = register(lab, CustomerMetadataProperties={"auc": "0.7"})

    lab.call("UpdateModelPackage", ModelPackageArn=arn, ModelApprovalStatus="Approved")

    kinds = [kind for kind, _, _ in lab.events]
    details = [detail for _, detail, _ in lab.events]
    assert kinds == ["SageMaker Model Package State Change"] * 2
    assert [detail["ModelApprovalStatus"] for detail in details] == [
        "PendingManualApproval", "Approved",
    ]  # fmt: skip
    assert details[-1]["ModelPackageGroupName"] == "flights"
    assert details[-1]["ModelPackageVersion"] == 1
    assert details[-1]["ModelPackageStatus"] == "Completed"
    # Whoever needs it has to describe the package, as with AWS.
    assert "CustomerMetadataProperties" not in details[-1]
    assert lab.events[-1][2] == [arn]


@pytest.mark.usefixtures("group")
def test_an_update_merges_and_removes_metadata(lab: Lab) -> None:
    arn = register(lab, CustomerMetadataProperties={"a": "1", "b": "2"})

    lab.call(
        "UpdateModelPackage",
        role="approver",
        ModelPackageArn=arn,
        CustomerMetadataProperties={"b": "3", "c": "4"},
        CustomerMetadataPropertiesToRemove=["a"],
    )

    found = described(lab, arn)
    assert found["CustomerMetadataProperties"] == {"b": "3", "c": "4"}
    assert "assumed-role/approver/" in found["LastModifiedBy"]["IamIdentity"]["Arn"]
    assert found["LastModifiedTime"] >= found["CreationTime"]


@pytest.mark.usefixtures("group")
def test_metadata_has_at_most_fifty_entries(lab: Lab) -> None:
    fifty = {f"key{number}": "x" for number in range(50)}
    arn = register(lab, CustomerMetadataProperties=fifty)

    with pytest.raises(ApiError, match="would have 51 entries"):
        lab.call("UpdateModelPackage", ModelPackageArn=arn, CustomerMetadataProperties={"n": "x"})
    with pytest.raises(ApiError, match="Member must have length less than or equal to 50"):
        register(lab, CustomerMetadataProperties={**fifty, "more": "x"})


@pytest.mark.usefixtures("group")
@pytest.mark.parametrize("metadata", [{"k" * 129: "v"}, {"k": "v" * 257}, {"k": "a%"}])
def test_metadata_has_bounds(lab: Lab, metadata: dict[str, str]) -> None:
    with pytest.raises(ApiError, match=r"Map (keys|value) must satisfy constraint"):
        register(lab, CustomerMetadataProperties=metadata)


@pytest.mark.usefixtures("group")
def test_a_repeated_request_registers_once(lab: Lab) -> None:
    first = register(lab, ClientToken="run-1")
    again = register(lab, ClientToken="run-1")
    other = register(lab, ClientToken="run-2")

    assert (first, other.rpartition("/")[2]) == (again, "2")
    with pytest.raises(ApiError) as conflict:
        register(lab, ClientToken="run-1", ModelPackageDescription="another")
    assert conflict.value.code == "ConflictException"


@pytest.mark.usefixtures("group")
def test_a_repeated_request_is_known_after_a_restart(lab: Lab) -> None:
    first = register(lab, ClientToken="run-1")

    lab.restart()

    assert register(lab, ClientToken="run-1") == first


def test_packages_are_listed_by_group_and_approval(lab: Lab, group: str) -> None:
    lab.call("CreateModelPackageGroup", ModelPackageGroupName="other")
    arns = [register(lab), register(lab, group), register(lab, "other")]
    lab.call("UpdateModelPackage", ModelPackageArn=arns[1], ModelApprovalStatus="Approved")

    def listed(**params: Any) -> list[str]:
        found = lab.call("ListModelPackages", **params)["ModelPackageSummaryList"]
        return [each["ModelPackageArn"] for each in found]

    assert listed(ModelPackageGroupName="flights") == arns[:2]
    assert listed(ModelPackageGroupName=group, SortOrder="Descending") == arns[1::-1]
    assert listed(ModelPackageGroupName=group, ModelApprovalStatus="Approved") == [arns[1]]
    # Without a group AWS lists the unversioned ones, of which there are none.
    assert listed() == []
    assert listed(ModelPackageType="Versioned") == arns


def test_a_group_that_holds_versions_cannot_be_deleted(lab: Lab, group: str) -> None:
    arn = register(lab)

    with pytest.raises(ApiError) as conflict:
        lab.call("DeleteModelPackageGroup", ModelPackageGroupName="flights")
    assert conflict.value.code == "ConflictException"

    lab.call("DeleteModelPackage", ModelPackageName=arn)
    lab.call("DeleteModelPackageGroup", ModelPackageGroupName=group)
    assert lab.call("ListModelPackageGroups")["ModelPackageGroupSummaryList"] == []


@pytest.mark.usefixtures("group")
def test_a_group_exists_once(lab: Lab) -> None:
    with pytest.raises(ApiError, match="Model Package Group already exists"):
        lab.call("CreateModelPackageGroup", ModelPackageGroupName="flights")


def test_a_version_needs_its_group(lab: Lab) -> None:
    with pytest.raises(ApiError, match="does not exist"):
        register(lab)


@pytest.mark.usefixtures("group")
def test_a_version_takes_no_tags(lab: Lab) -> None:
    with pytest.raises(ApiError, match="Tags cannot be given"):
        register(lab, Tags=[{"Key": "a", "Value": "b"}])


@pytest.mark.usefixtures("group")
def test_a_group_keeps_its_policy(lab: Lab) -> None:
    def policy() -> str:
        answer = lab.call("GetModelPackageGroupPolicy", ModelPackageGroupName="flights")
        return str(answer["ResourcePolicy"])

    with pytest.raises(ApiError, match="Cannot find resource policy"):
        policy()
    lab.call("PutModelPackageGroupPolicy", ModelPackageGroupName="flights", ResourcePolicy="{}")
    assert policy() == "{}"
    lab.call("DeleteModelPackageGroupPolicy", ModelPackageGroupName="flights")
    with pytest.raises(ApiError, match="Cannot find resource policy"):
        policy()


def test_tags(lab: Lab, group: str) -> None:
    def tags() -> dict[str, str]:
        found = lab.call("ListTags", ResourceArn=group)["Tags"]
        return {tag["Key"]: tag["Value"] for tag in found}

    lab.call("AddTags", ResourceArn=group, Tags=[{"Key": "a", "Value": "1"}])
    answer = lab.call("AddTags", ResourceArn=group, Tags=[{"Key": "b", "Value": "2"}])
    assert tags() == {tag["Key"]: tag["Value"] for tag in answer["Tags"]} == {"a": "1", "b": "2"}

    lab.call("DeleteTags", ResourceArn=group, TagKeys=["a", "none"])
    assert tags() == {"b": "2"}

    many = [{"Key": f"k{number}", "Value": "x"} for number in range(50)]
    with pytest.raises(ApiError) as refused:
        lab.call("AddTags", ResourceArn=group, Tags=many)
    assert refused.value.code == "ResourceLimitExceeded"
    with pytest.raises(ApiError, match="Invalid ARN"):
        lab.call("ListTags", ResourceArn="arn:aws:sagemaker:us-east-1:123456789012:app/x")
