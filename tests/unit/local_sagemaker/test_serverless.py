"""Serverless endpoints: nothing runs until somebody asks, and not too many may at a time."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from local.sagemaker import ApiError
from tests.cloud import eventually
from tests.unit.local_sagemaker.hosting import (
    BROKEN,
    INFERENCE,
    answer_to_error,
    configure,
    described,
    invoke,
    make_model,
    serving,
    settled,
    start,
)
from tests.unit.local_sagemaker.lab import Gate, Lab
from tests.unit.local_sagemaker.requests import ROLE, blue_green, serverless, variant


def deploy(lab: Lab, inference: str = INFERENCE, gate: Gate | None = None, **config: int) -> None:
    make_model(lab, "m", 2, inference, gate)
    configure(lab, "c", serverless("m", "m", **config))
    start(lab)


def test_the_first_request_starts_the_only_process(lab: Lab) -> None:
    deploy(lab)
    assert serving(lab) == []

    assert {invoke(lab)[2] for _ in range(5)} == {b"2.0,4.0"}

    assert len(serving(lab)) == 2  # the program and its guard
    (shown,) = described(lab)["ProductionVariants"]
    assert shown["CurrentServerlessConfig"] == {"MemorySizeInMB": 1024, "MaxConcurrency": 2}
    assert shown["CurrentInstanceCount"] == 0


def test_a_model_that_cannot_be_loaded_fails_it(lab: Lab) -> None:
    make_model(lab, "m", inference=BROKEN)
    configure(lab, "c", serverless("m", "m"))

    lab.call("CreateEndpoint", EndpointName="e", EndpointConfigName="c")

    assert "did not pass the ping health check" in settled(lab)["FailureReason"]


def test_more_requests_at_a_time_than_it_may_answer_are_throttled(lab: Lab, gate: Gate) -> None:
    begin = "def input_fn(data, content_type):\n"
    waits = f"{begin}    print('busy'); {gate.WAIT}\n"
    deploy(lab, INFERENCE.replace(begin, waits), gate, MaxConcurrency=1)

    with ThreadPoolExecutor(1) as threads:
        first = threads.submit(invoke, lab)
        lab.await_line("m", "busy")
        status, code, _ = answer_to_error(invoke(lab))
        gate.open()
        assert first.result()[0] == 200

    assert (status, code) == (400, "ThrottlingException")
    eventually(lambda: invoke(lab)[0] == 200, "it answers again")


def test_a_body_beyond_its_limit_is_refused(lab: Lab) -> None:
    deploy(lab)

    status, code, error = answer_to_error(invoke(lab, "1" * (4 * 1024 * 1024 + 1)))

    assert (status, code) == (413, "413")
    assert error["Message"] == "HTTP content length exceeded 4194304 bytes."


def test_it_becomes_one_of_instances_by_an_update(lab: Lab) -> None:
    deploy(lab)
    configure(lab, "c2", variant("m", "m"))

    lab.call("UpdateEndpoint", EndpointName="e", EndpointConfigName="c2")

    (shown,) = settled(lab)["ProductionVariants"]
    assert shown["CurrentInstanceCount"] == 1
    assert "CurrentServerlessConfig" not in shown


CAPTURE = {
    "EnableCapture": True,
    "InitialSamplingPercentage": 100,
    "DestinationS3Uri": "s3://lake/x",
    "CaptureOptions": [{"CaptureMode": "Input"}],
}


@pytest.mark.parametrize(
    ("variants", "members", "why"),
    [
        ([serverless("v", "m", MemorySizeInMB=1500)], {}, "MemorySizeInMB must be one of"),
        ([serverless("v", "m", MaxConcurrency=201)], {}, "less than or equal to 200"),
        ([serverless("v", "m", ProvisionedConcurrency=1)], {}, "ProvisionedConcurrency"),
        ([serverless("v", "m"), variant("w", "m")], {}, "exactly one production variant"),
        ([serverless("v", "m") | {"InstanceType": "ml.t2.medium"}], {}, "exclude each other"),
        ([serverless("v", "m")], {"DataCaptureConfig": CAPTURE}, "Data capture is not supported"),
        (
            [serverless("v", "m")],
            {"VpcConfig": {"SecurityGroupIds": ["sg-1"], "Subnets": ["subnet-1"]}},
            "VpcConfig is not supported",
        ),
        ([serverless("v", "isolated")], {}, "Network isolation is not supported"),
    ],
)
def test_what_it_cannot_have(
    lab: Lab, variants: list[dict[str, Any]], members: dict[str, Any], why: str
) -> None:
    make_model(lab, "m")
    container = lab.call("DescribeModel", ModelName="m")["PrimaryContainer"]
    lab.call(
        "CreateModel",
        ModelName="isolated",
        ExecutionRoleArn=ROLE,
        PrimaryContainer=container,
        EnableNetworkIsolation=True,
    )

    with pytest.raises(ApiError, match=why):
        configure(lab, "c", *variants, **members)


def test_it_has_no_guardrails(lab: Lab) -> None:
    deploy(lab)

    with pytest.raises(ApiError, match="not supported for serverless"):
        lab.call(
            "UpdateEndpoint",
            EndpointName="e",
            EndpointConfigName="c",
            DeploymentConfig=blue_green("ALL_AT_ONCE"),
        )
