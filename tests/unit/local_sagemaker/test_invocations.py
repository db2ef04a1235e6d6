"""What an endpoint answers."""

import json
import os
import signal
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from local.sagemaker import fleets
from local.sagemaker.fleets import Fleet
from tests.cloud import eventually
from tests.unit.local_sagemaker.hosting import (
    INFERENCE,
    answer_to_error,
    deploy,
    invoke,
    make_config,
    make_model,
    serving,
    settled,
    start,
)
from tests.unit.local_sagemaker.lab import Gate, Lab
from tests.unit.local_sagemaker.requests import ACCOUNT, REGION

# Answers as Flask does, which is how a module sets a header.
ATTRIBUTES = """
from types import SimpleNamespace

def model_fn(_):
    pass

def transform_fn(*_):
    headers = {"X-Amzn-SageMaker-Custom-Attributes": "seen"}
    return SimpleNamespace(
        status_code=200, mimetype="text/csv", get_data=lambda: b"1", headers=headers
    )
"""


def test_an_endpoint_serves_its_model(lab: Lab) -> None:
    deploy(lab, factor=3)

    status, headers, body = invoke(lab)

    assert (status, body) == (200, b"3.0,6.0")
    assert headers == {"Content-Type": "text/csv", "x-Amzn-Invoked-Production-Variant": "m"}


def test_the_weights_decide(lab: Lab) -> None:
    make_model(lab, "one", 1)
    make_model(lab, "ten", 10)
    make_config(lab, "c", one=9, ten=1)
    lab.call("CreateEndpoint", EndpointName="e", EndpointConfigName="c")
    settled(lab)

    answers = Counter(invoke(lab, "1")[2] for _ in range(200))

    assert set(answers) == {b"1.0", b"10.0"}
    assert answers[b"1.0"] > 140
    assert {invoke(lab, "1", X_Amzn_SageMaker_Target_Variant="ten")[2] for _ in range(20)} == {
        b"10.0"
    }


def test_a_refusal_of_the_model_keeps_its_status(lab: Lab) -> None:
    deploy(lab)

    status, code, error = answer_to_error(invoke(lab, Content_Type="image/png"))

    assert (status, code) == (424, "ModelError")
    assert error["OriginalStatusCode"] == 422
    assert json.loads(error["OriginalMessage"]) == {"error": "no image/png, please"}
    assert error["Message"].startswith("Received client error (422) from primary with message ")
    assert error["LogStreamArn"] == (
        f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/aws/sagemaker/Endpoints/e"
    )


def test_an_error_of_the_model_is_in_its_log_only(lab: Lab) -> None:
    deploy(lab)

    status, code, error = answer_to_error(invoke(lab, "one"))

    assert (status, code, error["OriginalStatusCode"]) == (424, "ModelError", 500)
    assert error["OriginalMessage"] == "Internal Server Error"
    eventually(
        lambda: any("could not convert" in line for lines in lab.logs.values() for line in lines),
        "the log says why",
    )


def test_a_model_that_died_is_started_again(lab: Lab) -> None:
    deploy(lab)
    victims = serving(lab)
    assert victims

    for pid in victims:
        os.kill(pid, signal.SIGKILL)

    eventually(lambda: invoke(lab)[0] == 200, "it answers again")


def test_an_unknown_variant(lab: Lab) -> None:
    deploy(lab)

    status, code, error = answer_to_error(invoke(lab, X_Amzn_SageMaker_Target_Variant="x"))

    assert (status, code) == (400, "ValidationError")
    assert error["Message"] == f"Variant x not found for endpoint e of account {ACCOUNT}."


def test_attributes_go_to_the_model_which_decides_what_comes_back(lab: Lab) -> None:
    make_model(lab, "m", inference=ATTRIBUTES)
    make_config(lab, "c", m=1)
    start(lab)

    _, headers, _ = invoke(lab, X_Amzn_SageMaker_Custom_Attributes="trace-1")

    assert headers["X-Amzn-SageMaker-Custom-Attributes"] == "seen"


@pytest.mark.parametrize(
    ("size", "inference_id", "expected"),
    [
        (6 * 1024 * 1024 + 1, "x", (413, "413", "HTTP content length exceeded 6291456 bytes.")),
        (1, "x" * 65, (400, "ValidationError", "InferenceId must have at most 64 characters.")),
    ],
)
def test_requests_beyond_the_limits(
    lab: Lab, size: int, inference_id: str, expected: tuple[int, str, str]
) -> None:
    deploy(lab)

    refused = invoke(lab, "1" * size, X_Amzn_SageMaker_Inference_Id=inference_id)

    status, code, error = answer_to_error(refused)
    assert (status, code, error["Message"]) == expected


def test_a_model_that_dies_of_a_request_is_unavailable_until_the_next(lab: Lab) -> None:
    deadly = INFERENCE.replace(
        "    if content_type", "    if data == 'x': os._exit(1)\n    if content_type"
    )
    make_model(lab, "m", inference=deadly)
    make_config(lab, "c", m=1)
    start(lab)

    status, code, _ = answer_to_error(invoke(lab, "x"))

    assert (status, code) == (503, "ServiceUnavailable")
    eventually(lambda: invoke(lab)[0] == 200, "it answers again")


def test_a_model_that_takes_too_long(lab: Lab, monkeypatch: pytest.MonkeyPatch, gate: Gate) -> None:
    begin = "def input_fn(data, content_type):\n"
    make_model(lab, "m", inference=INFERENCE.replace(begin, f"{begin}    {gate.WAIT}\n"), gate=gate)
    make_config(lab, "c", m=1)
    monkeypatch.setattr(fleets, "INVOKE_SECONDS", 0.1)
    start(lab)

    status, code, error = answer_to_error(invoke(lab))

    assert (status, code, error["OriginalStatusCode"]) == (424, "ModelError", 0)
    assert "Your invocation timed out" in error["OriginalMessage"]


def test_each_invocation_is_measured(new_lab: Callable[..., Lab]) -> None:
    measured: list[tuple[str, float, str]] = []

    def measure(
        namespace: str, name: str, value: float, unit: str, dimensions: Mapping[str, str]
    ) -> None:
        assert namespace == "AWS/SageMaker"
        assert dimensions == {"EndpointName": "e", "VariantName": "m"}
        measured.append((name, value, unit))

    lab = new_lab(on_metric=measure)
    deploy(lab)
    for asked in ({}, {"Content_Type": "image/png"}, {"body": "one"}):
        invoke(lab, **asked)

    def values(name: str) -> list[float]:
        return [value for found, value, _ in measured if found == name]

    assert values("Invocations") == [1, 1, 1]
    assert values("Invocation4XXErrors") == [0, 1, 0]
    assert values("Invocation5XXErrors") == [0, 0, 1]
    latencies = values("ModelLatency") + values("OverheadLatency")
    assert len(latencies) == 6
    assert all(0 <= latency < 60e6 for latency in latencies)
    assert {unit for name, _, unit in measured if "Latency" in name} == {"Microseconds"}


def test_an_invocation_without_an_answer_is_a_server_error(new_lab: Callable[..., Lab]) -> None:
    measured: list[tuple[str, float]] = []
    lab = new_lab(on_metric=lambda _, name, value, *__: measured.append((name, value)))
    deadly = INFERENCE.replace("    if content_type", "    os._exit(1)\n    if content_type")
    make_model(lab, "m", inference=deadly)
    make_config(lab, "c", m=1)
    start(lab)

    invoke(lab)

    assert dict(measured) == {
        "Invocations": 1,
        "Invocation4XXErrors": 0,
        "Invocation5XXErrors": 1,
    }


def test_a_retired_fleet_that_nothing_replaces_is_given_up(
    new_lab: Callable[..., Lab], monkeypatch: pytest.MonkeyPatch
) -> None:
    deployed: list[Fleet] = []
    deploy_fleet = fleets.deploy

    def remembered(*args: Any) -> Fleet:
        deployed.append(deploy_fleet(*args))
        return deployed[-1]

    monkeypatch.setattr(fleets, "deploy", remembered)
    measured: list[tuple[str, float]] = []
    lab = new_lab(on_metric=lambda _, name, value, *__: measured.append((name, value)))
    deploy(lab)
    deployed[0].retire()

    with ThreadPoolExecutor(1) as threads:
        asked = threads.submit(invoke, lab)
        try:
            status, code, error = answer_to_error(asked.result(timeout=60))
        finally:
            # Ends a request that does not give up, too.
            lab.call("DeleteEndpoint", EndpointName="e")

    assert (status, code) == (503, "ServiceUnavailable")
    assert error["Message"].startswith("The model does not answer: ")
    assert measured == [
        ("Invocations", 1),
        ("Invocation4XXErrors", 0),
        ("Invocation5XXErrors", 1),
    ]
