from typing import Any

import pytest
from sagemaker.core.resources import ModelPackage, ModelPackageGroup

from local import LocalCloud
from tests.local.jobs import URI
from tests.sdk.conftest import BUCKET

GROUP = "flights"


@pytest.fixture(scope="module")
def group(cloud: LocalCloud) -> ModelPackageGroup:
    """The group of all packages here."""
    assert cloud
    return ModelPackageGroup.create(
        model_package_group_name=GROUP, model_package_group_description="of flights"
    )


def register(cloud: LocalCloud, **fields: Any) -> ModelPackage:
    """Register a version.

    `ModelPackage.create` of the SDK cannot do it, here or on AWS: it looks for a member
    ModelPackageName, which CreateModelPackage does not answer with.
    """
    container = {"Image": URI, "ModelDataUrl": f"s3://{BUCKET}/model.tar.gz"}
    created = cloud.client("sagemaker").create_model_package(
        ModelPackageGroupName=GROUP,
        ModelApprovalStatus="PendingManualApproval",
        InferenceSpecification={
            "Containers": [container],
            "SupportedContentTypes": ["text/csv"],
            "SupportedResponseMIMETypes": ["text/csv"],
        },
        **fields,
    )
    return ModelPackage.get(created["ModelPackageArn"])


def test_a_group_is_found(group: ModelPackageGroup) -> None:
    found = ModelPackageGroup.get(GROUP)

    assert found.model_package_group_arn == group.model_package_group_arn
    assert found.model_package_group_status == "Completed"


@pytest.mark.usefixtures("group")
def test_a_package_keeps_what_it_was_registered_with_and_is_approved(cloud: LocalCloud) -> None:
    metrics = {"ContentType": "application/json", "S3Uri": f"s3://{BUCKET}/evaluation.json"}
    package = register(
        cloud,
        CustomerMetadataProperties={"manifest_sha256": "0" * 64},
        ModelMetrics={"ModelQuality": {"Statistics": metrics}},
    )

    package.update(model_approval_status="Approved", approval_description="a test")

    found = ModelPackage.get(package.model_package_arn)
    assert found.model_approval_status == "Approved"
    assert found.approval_description == "a test"
    assert found.customer_metadata_properties == {"manifest_sha256": "0" * 64}
    assert found.model_metrics.model_quality.statistics.s3_uri == metrics["S3Uri"]
    assert found.inference_specification.containers[0].image == URI


@pytest.mark.usefixtures("group")
def test_versions_are_numbered_and_listed_by_approval(cloud: LocalCloud) -> None:
    first, second = register(cloud), register(cloud)
    second.update(model_approval_status="Rejected")

    rejected = list(
        ModelPackage.get_all(model_package_group_name=GROUP, model_approval_status="Rejected")
    )

    assert [each.model_package_arn for each in rejected] == [second.model_package_arn]
    assert ModelPackage.get(second.model_package_arn).model_package_version == (
        ModelPackage.get(first.model_package_arn).model_package_version + 1
    )
