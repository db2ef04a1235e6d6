"""Models and endpoint configurations."""

from typing import Any

import pytest

from local.sagemaker import ApiError
from tests.unit.local_sagemaker.hosting import (
    deploy,
    described,
    invoke,
    make_config,
    make_model,
    model_archive,
    settled,
)
from tests.unit.local_sagemaker.lab import Lab
from tests.unit.local_sagemaker.requests import IMAGE, ROLE, package, variant


def test_a_packages_model_needs_approval(lab: Lab) -> None:
    lab.buckets.put("s3://lake/m.tar.gz", model_archive(2))
    lab.call("CreateModelPackageGroup", ModelPackageGroupName="flights")
    request = package("flights", data="s3://lake/m.tar.gz")
    arn = lab.call("CreateModelPackage", **request)["ModelPackageArn"]
    model: dict[str, Any] = {
        "ModelName": "m",
        "ExecutionRoleArn": ROLE,
        "PrimaryContainer": {"ModelPackageName": arn},
    }

    with pytest.raises(ApiError, match="its approval status is PendingManualApproval"):
        lab.call("CreateModel", **model)

    lab.call("UpdateModelPackage", ModelPackageArn=arn, ModelApprovalStatus="Approved")
    lab.call("CreateModel", **model)
    make_config(lab, "c", m=1)
    lab.call("CreateEndpoint", EndpointName="e", EndpointConfigName="c")
    assert settled(lab)["EndpointStatus"] == "InService"
    assert invoke(lab)[2] == b"2.0,4.0"


def test_a_model_without_data(lab: Lab) -> None:
    with pytest.raises(ApiError, match=r"Could not find model data at s3://lake/m\.tar\.gz"):
        lab.call(
            "CreateModel",
            ModelName="m",
            PrimaryContainer={
                "Image": IMAGE,
                "ModelDataUrl": "s3://lake/m.tar.gz",
                "Environment": {"SAGEMAKER_PROGRAM": "inference.py"},
            },
        )


def test_names_in_use_and_unknown(lab: Lab) -> None:
    with pytest.raises(ApiError, match="Could not find model"):
        make_config(lab, "c", m=1)
    make_model(lab, "m")
    make_config(lab, "c", m=1)
    with pytest.raises(ApiError, match="Cannot create already existing model"):
        make_model(lab, "m")
    with pytest.raises(ApiError, match="Cannot create already existing endpoint configuration"):
        make_config(lab, "c", m=1)
    with pytest.raises(ApiError, match="Could not find endpoint configuration"):
        lab.call("CreateEndpoint", EndpointName="e", EndpointConfigName="none")


def test_what_is_listed_and_described(lab: Lab) -> None:
    deploy(lab)

    (model,) = lab.call("ListModels")["Models"]
    (config,) = lab.call("ListEndpointConfigs")["EndpointConfigs"]
    (endpoint,) = lab.call("ListEndpoints", StatusEquals="InService")["Endpoints"]

    found = lab.call("DescribeModel", ModelName="m")
    assert found["ModelArn"] == model["ModelArn"]
    assert found["PrimaryContainer"]["Image"] == IMAGE
    found = lab.call("DescribeEndpointConfig", EndpointConfigName="c")
    assert found["EndpointConfigArn"] == config["EndpointConfigArn"]
    assert found["ProductionVariants"][0]["ModelName"] == "m"
    assert described(lab)["EndpointArn"] == endpoint["EndpointArn"]


@pytest.mark.parametrize(
    ("members", "what"),
    [
        ({"ProductionVariants": [variant("v", "m"), variant("v", "m")]}, "must be unique"),
        ({"ProductionVariants": [{"VariantName": "v", "ModelName": "m"}]}, "instanceType"),
        (
            {
                "DataCaptureConfig": {
                    "InitialSamplingPercentage": 100,
                    "DestinationS3Uri": "https://example.com/x",
                    "CaptureOptions": [{"CaptureMode": "Input"}],
                }
            },
            "do not begin with s3://",
        ),
        ({"ShadowProductionVariants": [variant("s", "m")]}, "ShadowProductionVariants"),
    ],
)
def test_configurations_that_are_refused(lab: Lab, members: dict[str, Any], what: str) -> None:
    make_model(lab, "m")
    request = {"EndpointConfigName": "c", "ProductionVariants": [variant("v", "m")], **members}

    with pytest.raises(ApiError, match=what):
        lab.call("CreateEndpointConfig", **request)


@pytest.mark.parametrize(
    ("model", "what"),
    [
        ({}, "primaryContainer"),
        ({"PrimaryContainer": {"Image": IMAGE}}, "modelDataUrl"),
        (
            {"PrimaryContainer": {"Image": IMAGE, "ModelDataUrl": "s3://lake/readme"}},
            "SAGEMAKER_PROGRAM",
        ),
        ({"Containers": [{"Image": IMAGE}, {"Image": IMAGE}]}, "several containers"),
    ],
)
def test_models_that_are_refused(lab: Lab, model: dict[str, Any], what: str) -> None:
    with pytest.raises(ApiError, match=what):
        lab.call("CreateModel", ModelName="m", **model)
