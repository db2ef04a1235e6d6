"""Transform jobs that are refused, fail or are stopped, and what is told of that."""

from typing import Any

import pytest

from local.sagemaker import ApiError
from tests.unit.local_sagemaker.hosting import BROKEN, make_model
from tests.unit.local_sagemaker.lab import Gate, Lab
from tests.unit.local_sagemaker.transforms import (
    BY_LINES,
    SPLIT,
    described,
    log_of,
    request,
    transformed,
)

FAILING_ONCE = """
asked = []

def model_fn(model_dir):
    return None

def transform_fn(model, data, content_type, accept):
    print("asked")
    asked.append(data)
    return str(1 / (len(asked) - 1)), accept
"""
WAITING = f"""
import os

def model_fn(model_dir):
    return None

def transform_fn(model, data, content_type, accept):
    print("ready")
    {Gate.WAIT}
    return data
"""


def test_what_the_model_refuses_fails_the_job_and_is_in_the_log(lab: Lab) -> None:
    make_model(lab, "m")
    lab.buckets.put("s3://lake/in/1.csv", "1")

    job = transformed(lab, {"ContentType": "text/plain"})

    assert job["TransformJobStatus"] == "Failed"
    assert job["FailureReason"] == "ClientError: See job logs for more information"
    assert log_of(lab, data=True) == [
        '[sagemaker logs]: 1.csv: ClientError: 422: {"error": "no text/plain, please"}'
    ]


def test_what_the_model_cannot_do_fails_the_job_as_its_fault(lab: Lab) -> None:
    make_model(lab, "m")
    lab.buckets.put("s3://lake/in/1.csv", "no number")

    job = transformed(lab)

    assert job["FailureReason"] == "AlgorithmError: See job logs for more information"
    assert "ValueError" in str(log_of(lab, data=False))


@pytest.mark.parametrize(("retries", "status"), [(0, "Failed"), (1, "Completed")])
def test_what_fails_by_the_fault_of_the_model_is_asked_again(
    lab: Lab, retries: int, status: str
) -> None:
    make_model(lab, "m", inference=FAILING_ONCE)
    lab.buckets.put("s3://lake/in/any", "any")

    job = transformed(lab, ModelClientConfig={"InvocationsMaxRetries": retries})

    assert job["TransformJobStatus"] == status
    assert log_of(lab, data=False).count("asked") == retries + 1


def test_a_model_that_does_not_load_fails_the_job(lab: Lab) -> None:
    make_model(lab, "m", inference=BROKEN)
    lab.buckets.put("s3://lake/in/1.csv", "1")

    job = transformed(lab)

    assert job["FailureReason"] == "AlgorithmError: See job logs for more information"
    assert "no such tree" in str(log_of(lab, data=False))


def test_no_input_fails_the_job(lab: Lab) -> None:
    make_model(lab, "m")

    assert "No S3 objects found" in transformed(lab)["FailureReason"]


@pytest.mark.parametrize("inference", [WAITING, f"import os\nprint('ready')\n{Gate.WAIT}\n"])
def test_a_job_stops_while_it_asks_and_while_its_model_loads(
    lab: Lab, gate: Gate, inference: str
) -> None:
    make_model(lab, "m", inference=inference, gate=gate)
    lab.buckets.put("s3://lake/in/1.csv", "1")
    lab.call("CreateTransformJob", **request())
    lab.await_line("t", "ready")

    lab.call("StopTransformJob", TransformJobName="t")
    gate.open()

    job = lab.ended(lambda name: described(lab, name), "t", "TransformJobStatus")
    assert job["TransformJobStatus"] == "Stopped"
    assert "FailureReason" not in job
    assert lab.buckets.keys("s3://lake/out/") == []
    with pytest.raises(ApiError, match="the transform job is in status Stopped"):
        lab.call("StopTransformJob", TransformJobName="t")


def test_a_job_counts_as_interrupted_after_a_restart(lab: Lab, gate: Gate) -> None:
    make_model(lab, "m", inference=WAITING, gate=gate)
    lab.buckets.put("s3://lake/in/1.csv", "1")
    lab.call("CreateTransformJob", **request())
    lab.await_line("t", "ready")

    lab.restart()

    job = described(lab)
    assert job["TransformJobStatus"] == "Failed"
    assert job["FailureReason"].startswith("InternalServerError: The local SageMaker ended")
    assert job["TransformEndTime"] >= job["TransformStartTime"]


def test_a_name_is_taken_once_and_a_model_must_exist(lab: Lab) -> None:
    with pytest.raises(ApiError, match="Could not find model"):
        lab.call("CreateTransformJob", **request())
    make_model(lab, "m")
    lab.call("CreateTransformJob", **request())

    with pytest.raises(ApiError) as refused:
        lab.call("CreateTransformJob", **request())

    assert refused.value.code == "ResourceInUse"


@pytest.mark.parametrize(
    ("parts", "members", "code", "reason"),
    [
        ((), {"MaxPayloadInMB": 101}, "ValidationException", "must not exceed 100"),
        (
            (),
            {"MaxPayloadInMB": 6, "MaxConcurrentTransforms": 17},
            "ValidationException",
            "must not exceed 100",
        ),
        ((), {"BatchStrategy": "SingleRecord"}, "ValidationException", "requires a SplitType"),
        (({"SplitType": "RecordIO"},), {}, "NotImplementedException", "RecordIO"),
        (({"CompressionType": "Gzip"},), {}, "NotImplementedException", "Gzip"),
        ((), {"DataProcessing": {"InputFilter": "$[1:]"}}, "NotImplementedException", "InputF"),
        (
            (),
            {"TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 2}},
            "NotImplementedException",
            "one instance",
        ),
        (
            (SPLIT, {**BY_LINES, "Accept": "application/jsonlines"}),
            {"DataProcessing": {"JoinSource": "Input"}},
            "ValidationException",
            "equal ContentType and Accept",
        ),
        (
            ({}, {"Accept": "text/csv"}),
            {"DataProcessing": {"JoinSource": "Input"}},
            "ValidationException",
            "requires SplitType Line",
        ),
        (
            ({"ContentType": "image/png"}, {}),
            {"DataProcessing": {"JoinSource": "Input"}},
            "NotImplementedException",
            "joins of the ContentType",
        ),
    ],
)
def test_what_is_wrong_or_not_supported_is_refused(
    lab: Lab, parts: tuple[dict[str, Any], ...], members: dict[str, Any], code: str, reason: str
) -> None:
    make_model(lab, "m")

    with pytest.raises(ApiError, match=reason) as refused:
        lab.call("CreateTransformJob", **request(*parts, **members))

    assert refused.value.code == code
