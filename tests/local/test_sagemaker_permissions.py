from typing import Any

import pytest

from local.sagemaker.permissions import invoke_permission, permissions

ARN = "arn:aws:sagemaker:eu-west-1:123456789012:"
ROLE = "arn:aws:iam::123456789012:role/job"
PACKAGE = f"{ARN}model-package/flights/7"


@pytest.mark.parametrize(
    ("operation", "parameters", "resource"),
    [
        ("DescribeTrainingJob", {"TrainingJobName": "a"}, f"{ARN}training-job/a"),
        ("StopHyperParameterTuningJob", {"HyperParameterTuningJobName": "a"},
         f"{ARN}hyper-parameter-tuning-job/a"),
        ("ListTrainingJobsForHyperParameterTuningJob", {"HyperParameterTuningJobName": "a"},
         f"{ARN}hyper-parameter-tuning-job/a"),
        ("DeleteEndpointConfig", {"EndpointConfigName": "a"}, f"{ARN}endpoint-config/a"),
        ("UpdateEndpointWeightsAndCapacities", {"EndpointName": "a"}, f"{ARN}endpoint/a"),
        ("PutModelPackageGroupPolicy", {"ModelPackageGroupName": "a"},
         f"{ARN}model-package-group/a"),
        ("CreateModelPackage", {"ModelPackageGroupName": "flights"},
         f"{ARN}model-package/flights/*"),
        ("DescribeModelPackage", {"ModelPackageName": PACKAGE}, PACKAGE),
        ("UpdateModelPackage", {"ModelPackageArn": PACKAGE}, PACKAGE),
        ("AddTags", {"ResourceArn": PACKAGE, "Tags": []}, PACKAGE),
        ("ListModelPackages", {"ModelPackageGroupName": "flights"},
         f"{ARN}model-package/flights/*"),
        ("ListModelPackages", {}, "*"),
        ("Search", {"Resource": "ModelPackage"}, "*"),
    ],
)  # fmt: skip
def test_an_operation_is_an_action_on_what_it_is_about(
    operation: str, parameters: dict[str, Any], resource: str
) -> None:
    assert needed(operation, parameters) == {(f"sagemaker:{operation}", resource)}


def test_who_creates_a_job_hands_over_roles_and_tags() -> None:
    definition = {"RoleArn": ROLE, "AlgorithmSpecification": {}}
    parameters = {
        "HyperParameterTuningJobName": "a",
        "TrainingJobDefinitions": [definition],
        "Tags": [{"Key": "k", "Value": "v"}],
    }

    job = f"{ARN}hyper-parameter-tuning-job/a"
    assert needed("CreateHyperParameterTuningJob", parameters) == {
        ("sagemaker:CreateHyperParameterTuningJob", job),
        ("sagemaker:AddTags", job),
        ("iam:PassRole", ROLE),
    }


@pytest.mark.parametrize("operation", ["CreateEndpoint", "UpdateEndpoint"])
def test_an_endpoint_needs_its_configuration_too(operation: str) -> None:
    assert needed(operation, {"EndpointName": "e", "EndpointConfigName": "c"}) == {
        (f"sagemaker:{operation}", f"{ARN}endpoint/e"),
        (f"sagemaker:{operation}", f"{ARN}endpoint-config/c"),
    }


def test_an_invocation_is_about_its_endpoint() -> None:
    assert invoke_permission("e", region="eu-west-1", account="123456789012") == (
        "sagemaker:InvokeEndpoint",
        f"{ARN}endpoint/e",
    )


def needed(operation: str, parameters: dict[str, Any]) -> set[tuple[str, str]]:
    return set(permissions(operation, parameters, region="eu-west-1", account="123456789012"))
