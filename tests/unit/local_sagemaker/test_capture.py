"""Data capture: what was asked and answered, in S3."""

import base64
import json
import re
from typing import Any

import pytest

from tests.cloud import eventually
from tests.unit.local_sagemaker.hosting import (
    configure,
    deploy,
    described,
    invoke,
    make_model,
    settled,
    start,
)
from tests.unit.local_sagemaker.lab import Lab
from tests.unit.local_sagemaker.requests import ROLE, variant

URI = "s3://lake/captured"
HEADERS = {"CsvContentTypes": ["text/csv"], "JsonContentTypes": ["application/json"]}
KEY = re.compile(r"captured/e/m/\d{4}/\d\d/\d\d/\d\d/\d\d-\d\d-\d{3}-[0-9a-f-]{36}\.jsonl")


def capture(*modes: str, percent: int = 100, **members: Any) -> dict[str, Any]:
    return {
        "EnableCapture": True,
        "InitialSamplingPercentage": percent,
        "DestinationS3Uri": URI,
        "CaptureOptions": [{"CaptureMode": mode} for mode in modes or ("Input", "Output")],
        "CaptureContentTypeHeader": HEADERS,
        **members,
    }


def records(lab: Lab) -> list[dict[str, Any]]:
    return [
        json.loads(line)
        for key in lab.buckets.keys(URI)
        for line in lab.buckets.get(f"s3://lake/{key}").decode().splitlines()
    ]


def test_an_exchange_is_captured_within_seconds(lab: Lab) -> None:
    deploy(lab, DataCaptureConfig=capture(KmsKeyId="alias/lake"))

    invoke(lab, "1,2", X_Amzn_SageMaker_Inference_Id="flight-1")

    (record,) = eventually(lambda: records(lab), "the record is there")
    assert record["captureData"] == {
        "endpointInput": {
            "observedContentType": "text/csv",
            "mode": "INPUT",
            "data": "1,2",
            "encoding": "CSV",
        },
        "endpointOutput": {
            "observedContentType": "text/csv",
            "mode": "OUTPUT",
            "data": "2.0,4.0",
            "encoding": "CSV",
        },
    }
    assert record["eventVersion"] == "0"
    metadata = record["eventMetadata"]
    assert metadata["inferenceId"] == "flight-1"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", metadata["inferenceTime"])
    (key,) = lab.buckets.keys(URI)
    assert KEY.fullmatch(key)
    headers = lab.buckets.headers["lake", key]
    assert headers["x-amz-server-side-encryption-aws-kms-key-id"] == "alias/lake"
    assert (ROLE.rpartition("/")[2], "PUT", f"lake/{key}") in lab.buckets.calls
    assert described(lab)["DataCaptureConfig"] == {
        "EnableCapture": True,
        "CaptureStatus": "Started",
        "CurrentSamplingPercentage": 100,
        "DestinationS3Uri": URI,
        "KmsKeyId": "alias/lake",
    }


def test_what_is_captured_when_the_service_ends_is_written(lab: Lab) -> None:
    deploy(lab, DataCaptureConfig=capture())
    for number in range(20):
        invoke(lab, str(number))

    lab.restart()

    assert {record["captureData"]["endpointInput"]["data"] for record in records(lab)} == {
        str(number) for number in range(20)
    }
    assert len({record["eventMetadata"]["eventId"] for record in records(lab)}) == 20
    assert all("inferenceId" not in record["eventMetadata"] for record in records(lab))


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        (capture("Input"), {"endpointInput"}),
        (capture("Output"), {"endpointOutput"}),
        (capture("InputAndOutput"), {"endpointInput", "endpointOutput"}),
        (capture(percent=0), None),
        (capture(EnableCapture=False), None),
    ],
)
def test_only_what_is_wanted_is_captured(lab: Lab, config: Any, expected: set[str] | None) -> None:
    deploy(lab, DataCaptureConfig=config)
    invoke(lab)

    lab.restart()

    found = [set(record["captureData"]) for record in records(lab)]
    assert found == ([] if expected is None else [expected])


def test_a_share_of_the_requests(lab: Lab) -> None:
    deploy(lab, DataCaptureConfig=capture(percent=50))
    for _ in range(100):
        invoke(lab)

    lab.restart()

    assert 20 < len(records(lab)) < 80


def test_other_content_types_are_written_in_base_64(lab: Lab) -> None:
    deploy(lab, DataCaptureConfig=capture("Input", CaptureContentTypeHeader={}))
    invoke(lab, "1,2")

    lab.restart()

    (record,) = records(lab)
    captured = record["captureData"]["endpointInput"]
    assert captured["encoding"] == "BASE64"
    assert base64.b64decode(captured["data"]) == b"1,2"


def test_a_content_type_with_a_parameter_is_of_its_kind(lab: Lab) -> None:
    inference = (
        "def model_fn(_): pass\ndef transform_fn(*_): return '{}', 'application/json; v=1'\n"
    )
    make_model(lab, "m", inference=inference)
    configure(lab, "c", variant("m", "m"), DataCaptureConfig=capture("Output"))
    start(lab)
    invoke(lab)

    lab.restart()

    (record,) = records(lab)
    assert record["captureData"]["endpointOutput"] == {
        "observedContentType": "application/json; v=1",
        "mode": "OUTPUT",
        "data": "{}",
        "encoding": "JSON",
    }


def test_errors_are_not_captured(lab: Lab) -> None:
    deploy(lab, DataCaptureConfig=capture())
    assert invoke(lab, Content_Type="image/png")[0] == 424

    lab.restart()

    assert records(lab) == []


def test_a_destination_that_is_denied_costs_no_answer(
    lab: Lab, caplog: pytest.LogCaptureFixture
) -> None:
    deploy(lab, DataCaptureConfig=capture())
    lab.buckets.denied.add(ROLE.rpartition("/")[2])
    assert invoke(lab)[0] == 200

    lab.restart()

    assert records(lab) == []
    assert "lost 1 captured records" in caplog.text


def test_an_update_ends_capture_when_its_configuration_has_none(lab: Lab) -> None:
    deploy(lab, DataCaptureConfig=capture())
    configure(lab, "c2", variant("m", "m"))
    lab.call("UpdateEndpoint", EndpointName="e", EndpointConfigName="c2")

    assert "DataCaptureConfig" not in settled(lab)
    invoke(lab)
    lab.restart()

    assert records(lab) == []
