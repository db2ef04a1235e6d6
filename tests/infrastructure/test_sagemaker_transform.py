from typing import Any

import botocore.session
import pytest
from botocore.validate import ParamValidator

from local.sagemaker import constraints
from mlops_constructs.sagemaker_jobs import JobSettings
from mlops_constructs.sagemaker_transform import transform_job
from mlops_constructs.states import State, filled
from tests.infrastructure import expressions

KEY = "arn:aws:kms:us-east-1:123456789012:key/0000"
STATE = {
    "run": {"job_prefix": "dev-run-1", "prefix_uri": "s3://lake/scoring/1/"},
    "model": {"ModelName": "inference-ChampionModel-1"},
}


@pytest.fixture
def task() -> State:
    settings = JobSettings(
        role_arn="arn:aws:iam::123456789012:role/job",
        key_arn=KEY,
        instance_type="ml.m5.large",
        volume_gb=10,
        timeout_seconds=600,
        tags={"application": "mlops"},
    )
    return transform_job(
        settings,
        "scores",
        model_name="$.model.ModelName",
        input_uri=filled("{}requests/", "$.run.prefix_uri"),
        output_uri=filled("{}scores/", "$.run.prefix_uri"),
        failed="Failed",
        next_state="Done",
    )


def test_the_request_is_one_that_sagemaker_accepts(task: State) -> None:
    request = expressions.filled(task["Parameters"], STATE, {"State": {"RetryCount": 1}})

    service = botocore.session.get_session().get_service_model("sagemaker")
    shape: Any = service.operation_model("CreateTransformJob").input_shape
    report = ParamValidator().validate(request, shape)
    assert not report.has_errors(), report.generate_report()
    constraints.check(shape, request)
    assert request["TransformJobName"] == "dev-run-1-scores-1"
    assert request["ModelName"] == "inference-ChampionModel-1"
    source = request["TransformInput"]["DataSource"]["S3DataSource"]
    assert source["S3Uri"] == "s3://lake/scoring/1/requests/"
    assert request["TransformOutput"]["S3OutputPath"] == "s3://lake/scoring/1/scores/"


def test_disk_and_output_are_encrypted(task: State) -> None:
    parameters = task["Parameters"]

    assert parameters["TransformOutput"]["KmsKeyId"] == KEY
    assert parameters["TransformResources"]["VolumeKmsKeyId"] == KEY


def test_it_is_awaited_retried_caught_and_limited_in_time(task: State) -> None:
    assert task["Resource"].endswith(":states:::sagemaker:createTransformJob.sync")
    assert task["Retry"]
    assert [each["Next"] for each in task["Catch"]] == ["Failed"]
    assert task["TimeoutSeconds"] > 600
    assert task["Next"] == "Done"
