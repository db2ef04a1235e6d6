"""Endpoints: deployment, updates, failures, ends."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from local.sagemaker import ApiError
from tests.cloud import eventually
from tests.unit.local_sagemaker.hosting import (
    BROKEN,
    INFERENCE,
    answer_to_error,
    deploy,
    described,
    invoke,
    make_config,
    make_model,
    serving,
    settled,
)
from tests.unit.local_sagemaker.lab import Gate, Lab
from tests.unit.local_sagemaker.requests import ACCOUNT


def test_its_states_are_events_in_capitals(lab: Lab) -> None:
    deploy(lab)
    lab.call("DeleteEndpoint", EndpointName="e")

    assert {kind for kind, _, _ in lab.events} == {"SageMaker Endpoint State Change"}
    states = [detail["EndpointStatus"] for _, detail, _ in lab.events]
    assert states == ["CREATING", "IN_SERVICE", "DELETING"]
    assert lab.events[1][1]["ProductionVariants"][0]["VariantName"] == "m"


def test_an_update_loses_no_request(lab: Lab) -> None:
    deploy(lab, factor=1)
    make_model(lab, "next", 5)
    make_config(lab, "c2", next=1)
    lab.call("UpdateEndpoint", EndpointName="e", EndpointConfigName="c2")
    with ThreadPoolExecutor(4) as threads:
        answers = []
        while described(lab)["EndpointStatus"] == "Updating":
            answers += list(threads.map(lambda _: invoke(lab, "1"), range(8)))

    assert {status for status, _, _ in answers} == {200}
    assert {body for _, _, body in answers} <= {b"1.0", b"5.0"}
    endpoint = settled(lab)
    assert endpoint["EndpointConfigName"] == "c2"
    assert invoke(lab, "1")[2] == b"5.0"


def test_an_update_that_fails_leaves_everything_as_it_was(lab: Lab) -> None:
    deploy(lab)
    make_model(lab, "broken", inference=BROKEN)
    make_config(lab, "c2", broken=1)

    lab.call("UpdateEndpoint", EndpointName="e", EndpointConfigName="c2")

    endpoint = settled(lab)
    assert (endpoint["EndpointStatus"], endpoint["EndpointConfigName"]) == ("InService", "c")
    assert "variant broken did not pass the ping health check" in endpoint["FailureReason"]
    assert invoke(lab)[2] == b"2.0,4.0"


def test_a_model_that_cannot_be_loaded_fails_with_its_log(lab: Lab) -> None:
    make_model(lab, "broken", inference=BROKEN)
    make_config(lab, "c", broken=1)

    lab.call("CreateEndpoint", EndpointName="e", EndpointConfigName="c")

    endpoint = settled(lab)
    assert endpoint["EndpointStatus"] == "Failed"
    assert endpoint["FailureReason"].startswith(
        "The primary container for production variant broken did not pass the ping health check."
    )
    assert endpoint["FailureReason"].endswith("RuntimeError: no such tree")
    (group, stream), lines = next(iter(lab.logs.items()))
    assert group == "/aws/sagemaker/Endpoints/e"
    assert stream.startswith("broken/")
    assert lines[-1] == "RuntimeError: no such tree"


def test_an_unknown_image_fails_an_endpoint(new_lab: Callable[..., Lab]) -> None:
    lab = new_lab()
    make_model(lab, "m")
    make_config(lab, "c", m=1)
    lab.sagemaker.close()
    lab = new_lab(images={})

    lab.call("CreateEndpoint", EndpointName="e", EndpointConfigName="c")

    assert "Cannot pull algorithm container" in settled(lab)["FailureReason"]


def test_an_endpoint_serves_again_after_a_restart(lab: Lab) -> None:
    deploy(lab, factor=4)
    lab.call("DeleteModel", ModelName="m")
    lab.call("DeleteEndpointConfig", EndpointConfigName="c")

    lab.restart()

    assert described(lab)["EndpointStatus"] == "InService"
    assert invoke(lab)[2] == b"4.0,8.0"


def test_processes_end_with_their_endpoint(lab: Lab) -> None:
    deploy(lab)
    assert serving(lab)

    lab.call("DeleteEndpoint", EndpointName="e")

    eventually(lambda: not serving(lab), "they end")
    assert not (lab.folder / "endpoint" / "e").exists()
    status, code, error = answer_to_error(invoke(lab))
    assert (status, code) == (400, "ValidationError")
    assert error["Message"] == f"Endpoint e of account {ACCOUNT} not found."


def test_an_endpoint_in_progress_is_left_alone(lab: Lab, gate: Gate) -> None:
    make_model(lab, "m", inference=INFERENCE + gate.WAIT, gate=gate)
    make_config(lab, "c", m=1)
    lab.call("CreateEndpoint", EndpointName="e", EndpointConfigName="c")

    for operation, further in (
        ("DeleteEndpoint", {}),
        ("UpdateEndpoint", {"EndpointConfigName": "c"}),
    ):
        with pytest.raises(ApiError, match="Cannot update in-progress endpoint"):
            lab.call(operation, EndpointName="e", **further)
    status, code, _ = answer_to_error(invoke(lab))
    assert (status, code) == (400, "ValidationError")

    gate.open()
    assert settled(lab)["EndpointStatus"] == "InService"


def test_a_deployment_that_was_interrupted_failed(lab: Lab, gate: Gate) -> None:
    make_model(lab, "m", inference=INFERENCE + gate.WAIT, gate=gate)
    make_config(lab, "c", m=1)
    lab.call("CreateEndpoint", EndpointName="e", EndpointConfigName="c")

    lab.restart()

    endpoint = described(lab)
    assert endpoint["EndpointStatus"] == "Failed"
    assert endpoint["FailureReason"].startswith("InternalServerError: The local SageMaker ended")
