"""Requests that are refused for their form, in the words of AWS."""

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.model import ListShape, MapShape, Shape, StringShape, StructureShape

from local.sagemaker import ApiError, patterns
from tests.unit.local_sagemaker import requests
from tests.unit.local_sagemaker.lab import SERVICE, Lab

NAME_PATTERN = "[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}"


def refusal(lab: Lab, operation: str, params: dict[str, Any]) -> ApiError:
    with pytest.raises(ApiError) as refused:
        lab.sagemaker.call(operation, params)
    return refused.value


def training(**members: Any) -> dict[str, Any]:
    return requests.training("t", "s3://lake/code/", **members)


@pytest.mark.parametrize(
    ("members", "found"),
    [
        (
            {"TrainingJobName": "my_job"},
            "Value 'my_job' at 'trainingJobName' failed to satisfy constraint: "
            f"Member must satisfy regular expression pattern: {NAME_PATTERN}",
        ),
        (
            {"RoleArn": None},
            "Value null at 'roleArn' failed to satisfy constraint: Member must not be null",
        ),
        (
            {"OutputDataConfig": {}},
            "Value null at 'outputDataConfig.s3OutputPath' failed to satisfy constraint: "
            "Member must not be null",
        ),
        (
            {"StoppingCondition": {"MaxRuntimeInSeconds": 0}},
            "Value '0' at 'stoppingCondition.maxRuntimeInSeconds' failed to satisfy constraint: "
            "Member must have value greater than or equal to 1",
        ),
        (
            {"InputDataConfig": []},
            "Value '[]' at 'inputDataConfig' failed to satisfy constraint: "
            "Member must have length greater than or equal to 1",
        ),
        (
            {"channels": [requests.channel("a b", "s3://lake/x")]},
            "Value 'a b' at 'inputDataConfig.2.member.channelName' failed to satisfy constraint: "
            "Member must satisfy regular expression pattern: [A-Za-z0-9\\.\\-_]+",
        ),
        (
            {"Environment": {"1st": "x"}},
            "Value '{1st=x}' at 'environment' failed to satisfy constraint: Map keys must satisfy "
            "constraint: [Member must have length less than or equal to 512, Member must have "
            "length greater than or equal to 0, Member must satisfy regular expression pattern: "
            "[a-zA-Z_][a-zA-Z0-9_]*]",
        ),
    ],
)
def test_a_constraint(lab: Lab, members: dict[str, Any], found: str) -> None:
    error = refusal(lab, "CreateTrainingJob", training(**members))

    assert (error.code, error.status) == ("ValidationException", 400)
    assert error.message == f"1 validation error detected: {found}"


def test_an_enumeration_names_its_values(lab: Lab) -> None:
    error = refusal(
        lab, "CreateTrainingJob", training(AlgorithmSpecification={"TrainingInputMode": "Fast"})
    )

    assert error.message == (
        "1 validation error detected: Value 'Fast' at 'algorithmSpecification.trainingInputMode' "
        "failed to satisfy constraint: Member must satisfy enum value set: [Pipe, File, FastFile]"
    )


def test_everything_wrong_is_said_at_once(lab: Lab) -> None:
    error = refusal(lab, "CreateTrainingJob", {"TrainingJobName": "x" * 64})

    assert error.message.startswith("4 validation errors detected: ")
    assert error.message.count("Member must not be null; Value ") == 2
    assert error.message.count("Member must satisfy regular expression pattern") == 1
    assert error.message.count("Member must have length less than or equal to 63") == 1


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"TrainingJobName": 7}, "NUMBER_VALUE can not be converted to a String"),
        (
            {"StoppingCondition": {"MaxRuntimeInSeconds": "60"}},
            "STRING_VALUE can not be converted to a Integer",
        ),
        ({"EnableNetworkIsolation": "true"}, "STRING_VALUE can not be converted to a Boolean"),
        ({"StoppingCondition": {"MaxRuntimeInSeconds": True}}, "TRUE_VALUE can not be converted"),
        ({"Environment": []}, "Start of list found where a structure was expected"),
        ({"InputDataConfig": {}}, "Start of structure or map found where a list was expected"),
    ],
)
def test_a_wrong_type(lab: Lab, members: dict[str, Any], message: str) -> None:
    error = refusal(lab, "CreateTrainingJob", {**training(), **members})

    assert error.code == "SerializationException"
    assert error.message.startswith(message)


def test_an_unknown_member_is_named(lab: Lab) -> None:
    error = refusal(lab, "DescribeModel", {"ModelName": "m", "Name": "m"})

    assert error.message == "Unknown parameter 'Name' in '', must be one of: ModelName"


@pytest.mark.parametrize("member", ["AlgorithmSpecification", "ResourceConfig"])
def test_what_the_model_does_not_require_and_aws_does(lab: Lab, member: str) -> None:
    error = refusal(lab, "CreateTrainingJob", {**training(), member: None})

    name = member[0].lower() + member[1:]
    assert f"Value null at '{name}' failed to satisfy" in error.message


def test_an_operation_that_only_aws_has(lab: Lab) -> None:
    error = refusal(lab, "CreateDomain", {})

    assert (error.code, error.status) == ("NotImplementedException", 501)
    assert "CreateDomain" in error.message


def test_an_operation_that_nobody_has(lab: Lab) -> None:
    assert refusal(lab, "CreateMiracle", {}).code == "UnknownOperationException"


@pytest.mark.parametrize(
    ("operation", "params", "what"),
    [
        ("CreateTrainingJob", training(CheckpointConfig={"S3Uri": "s3://a/b"}), "CheckpointConfig"),
        (
            "CreateTrainingJob",
            training(ResourceConfig={"InstanceType": "ml.m5.large", "InstanceCount": 2}),
            "more than one instance",
        ),
        (
            "CreateTrainingJob",
            training(AlgorithmSpecification={"ContainerEntrypoint": None}),
            "ContainerEntrypoint",
        ),
        (
            "CreateTrainingJob",
            training(AlgorithmSpecification={"TrainingInputMode": "Pipe"}),
            "File mode",
        ),
        (
            "CreateProcessingJob",
            requests.processing("p", "s3://a/b", AppSpecification={"ContainerEntrypoint": None}),
            "ContainerEntrypoint",
        ),
        ("Search", {"Resource": "Experiment"}, "Experiment"),
        ("CreateModelPackage", {"ModelPackageName": "m"}, "ModelPackageGroupName"),
    ],
)
def test_what_is_not_supported_is_said_to_be(
    lab: Lab, operation: str, params: dict[str, Any], what: str
) -> None:
    error = refusal(lab, operation, params)

    assert (error.code, error.status) == ("NotImplementedException", 501)
    assert what in error.message


def test_processing_paths_begin_as_aws_demands(lab: Lab) -> None:
    params = requests.processing("p", "s3://lake/code/")
    params["ProcessingInputs"][0]["S3Input"]["LocalPath"] = "/opt/ml/input"

    error = refusal(lab, "CreateProcessingJob", params)

    assert error.message == "LocalPath must begin with /opt/ml/processing/, got '/opt/ml/input'"


def test_a_metric_that_is_no_expression(lab: Lab) -> None:
    metrics = [{"Name": "auc", "Regex": "auc=("}]

    error = refusal(
        lab, "CreateTrainingJob", training(AlgorithmSpecification={"MetricDefinitions": metrics})
    )

    assert "Invalid regular expression of metric auc" in error.message


@pytest.mark.parametrize(
    ("operation", "params", "code", "message"),
    [
        (
            "DescribeTrainingJob",
            {"TrainingJobName": "x"},
            "ValidationException",
            "Requested resource not found.",
        ),
        (
            "StopProcessingJob",
            {"ProcessingJobName": "x"},
            "ValidationException",
            "Could not find requested job with name: x",
        ),
        (
            "DescribeHyperParameterTuningJob",
            {"HyperParameterTuningJobName": "x"},
            "ResourceNotFound",
            "Amazon SageMaker can't find a tuning job with the name x",
        ),
        (
            "DescribeModel",
            {"ModelName": "x"},
            "ValidationException",
            'Could not find model "arn:aws:sagemaker:us-east-1:123456789012:model/x".',
        ),
        (
            "DeleteEndpoint",
            {"EndpointName": "x"},
            "ValidationException",
            'Could not find endpoint "arn:aws:sagemaker:us-east-1:123456789012:endpoint/x".',
        ),
        (
            "DescribeModelPackageGroup",
            {"ModelPackageGroupName": "x"},
            "ValidationException",
            "ModelPackageGroup arn:aws:sagemaker:us-east-1:123456789012:model-package-group/x "
            "does not exist.",
        ),
        (
            "DescribeModelPackage",
            {"ModelPackageName": "x/1"},
            "ValidationException",
            "ModelPackage arn:aws:sagemaker:us-east-1:123456789012:model-package/x/1 "
            "does not exist.",
        ),
    ],
)
def test_a_name_that_nothing_has(
    lab: Lab, operation: str, params: dict[str, str], code: str, message: str
) -> None:
    error = refusal(lab, operation, params)

    assert (error.code, error.message) == (code, message)


def patterns_of(shape: Shape | None, seen: frozenset[str]) -> Iterator[str]:
    assert shape is not None
    if shape.name in seen and not isinstance(shape, StringShape):
        return
    seen |= {shape.name}
    if pattern := shape.metadata.get("pattern"):
        yield pattern
    if isinstance(shape, StructureShape):
        for member in shape.members.values():
            yield from patterns_of(member, seen)
    elif isinstance(shape, ListShape):
        yield from patterns_of(shape.member, seen)
    elif isinstance(shape, MapShape):
        yield from patterns_of(shape.key, seen)
        yield from patterns_of(shape.value, seen)


def test_every_pattern_of_every_supported_operation_can_be_read(lab: Lab) -> None:
    found = {
        pattern
        for operation in lab.sagemaker.operations
        for pattern in patterns_of(SERVICE.operation_model(operation).input_shape, frozenset())
    }

    assert len(found) > 50
    for pattern in found:
        patterns.compiled(pattern)


@pytest.mark.parametrize(
    ("text", "fits"), [("gradé 7.5 %", False), ("gradé 7.5", True), ("", True), ("a\nb", False)]
)
def test_javas_classes(text: str, fits: bool) -> None:
    assert patterns.matches(r"([\p{L}\p{Z}\p{N}_.:\/=+\-@]*)${1,256}", text) is fits
