"""Instances and weights: how many processes serve, how they change, and what an update keeps."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any

import pytest

from local.sagemaker import ApiError
from tests.cloud import eventually
from tests.unit.local_sagemaker.hosting import (
    INFERENCE,
    configure,
    deploy,
    described,
    invoke,
    make_config,
    make_model,
    serving,
    settled,
    start,
)
from tests.unit.local_sagemaker.lab import Gate, Lab
from tests.unit.local_sagemaker.requests import serverless, variant

PROCESSES = 2
"""Of an instance: its program, and the guard of that."""

TELLING = INFERENCE.replace("value * model", "os.getpid()")  # tells which instance answers


def resize(lab: Lab, **wanted: tuple[float | None, int | None]) -> None:
    changes = []
    for name, (weight, count) in wanted.items():
        change: dict[str, Any] = {"VariantName": name}
        if weight is not None:
            change["DesiredWeight"] = weight
        if count is not None:
            change["DesiredInstanceCount"] = count
        changes.append(change)
    lab.call(
        "UpdateEndpointWeightsAndCapacities", EndpointName="e", DesiredWeightsAndCapacities=changes
    )


def shown(lab: Lab, name: str = "m") -> tuple[float, int]:
    (found,) = (v for v in described(lab)["ProductionVariants"] if v["VariantName"] == name)
    assert found["CurrentWeight"] == found["DesiredWeight"]
    assert found["CurrentInstanceCount"] == found["DesiredInstanceCount"]
    return found["CurrentWeight"], found["CurrentInstanceCount"]


def instances(lab: Lab) -> int:
    return len(serving(lab)) // PROCESSES


def test_each_instance_is_a_process_and_they_take_turns(lab: Lab) -> None:
    make_model(lab, "m", inference=TELLING)
    configure(lab, "c", variant("m", "m", instances=3))
    start(lab)

    answers = Counter(invoke(lab, "1")[2] for _ in range(30))

    assert instances(lab) == 3
    assert shown(lab) == (1.0, 3)
    assert sorted(answers.values()) == [10, 10, 10]


def test_a_busy_instance_gets_no_further_request(lab: Lab, gate: Gate) -> None:
    begin = "def predict_fn(data, model):\n"
    waits = f"{begin}    if data == [0]: print('busy'); {gate.WAIT}\n"
    make_model(lab, "m", inference=TELLING.replace(begin, waits), gate=gate)
    configure(lab, "c", variant("m", "m", instances=2))
    start(lab)

    with ThreadPoolExecutor(2) as threads:
        waiting = threads.submit(invoke, lab, "0")
        lab.await_line("m", "busy")
        further = [threads.submit(invoke, lab, "1") for _ in range(6)]
        done, _ = wait(further, 60)
        gate.open()
        others = {each.result()[2] for each in further}

    assert len(done) == len(further)
    assert len(others) == 1
    assert waiting.result()[2] not in others


def test_instances_come_and_go_while_others_serve(lab: Lab) -> None:
    deploy(lab)

    resize(lab, m=(None, 3))

    assert settled(lab)["EndpointStatus"] == "InService"
    assert (shown(lab), instances(lab)) == ((1.0, 3), 3)

    resize(lab, m=(None, 1))
    settled(lab)

    assert shown(lab) == (1.0, 1)
    eventually(lambda: instances(lab) == 1, "the others end")
    assert invoke(lab)[0] == 200


def test_weights_take_effect_without_another_configuration(lab: Lab) -> None:
    make_model(lab, "one", 1)
    make_model(lab, "ten", 10)
    make_config(lab, "c", one=1, ten=0)
    start(lab)
    assert {invoke(lab, "1")[2] for _ in range(30)} == {b"1.0"}

    resize(lab, one=(0, None), ten=(5, None))
    settled(lab)

    assert {invoke(lab, "1")[2] for _ in range(30)} == {b"10.0"}
    assert (shown(lab, "one"), shown(lab, "ten")) == ((0.0, 1), (5.0, 1))
    lab.restart()
    assert {invoke(lab, "1")[2] for _ in range(10)} == {b"10.0"}


def test_an_instance_that_does_not_start_leaves_the_others(lab: Lab) -> None:
    once = (
        "    seen = pathlib.Path(model_dir, 'seen')\n    assert not seen.exists(); seen.touch()\n"
    )
    begin = "def model_fn(model_dir):\n"
    make_model(lab, "m", inference=INFERENCE.replace(begin, begin + once))
    make_config(lab, "c", m=1)
    start(lab)

    resize(lab, m=(2.0, 2))

    endpoint = settled(lab)
    assert endpoint["EndpointStatus"] == "InService"
    assert "variant m did not pass the ping health check" in endpoint["FailureReason"]
    assert (shown(lab), instances(lab)) == ((2.0, 1), 1)
    assert invoke(lab)[0] == 200


def test_a_restart_while_instances_come_counts_the_ones_that_were(lab: Lab, gate: Gate) -> None:
    later = "    if pathlib.Path(model_dir, 'seen').exists(): print('waits'); "
    begin = "def model_fn(model_dir):\n"
    code = f"{begin}{later}{gate.WAIT}\n    pathlib.Path(model_dir, 'seen').touch()\n"
    make_model(lab, "m", inference=INFERENCE.replace(begin, code), gate=gate)
    make_config(lab, "c", m=1)
    start(lab)
    resize(lab, m=(None, 2))
    lab.await_line("m", "waits")
    assert described(lab)["EndpointStatus"] == "Updating"
    with pytest.raises(ApiError, match="Cannot update in-progress endpoint"):
        resize(lab, m=(None, 1))

    lab.restart()

    assert described(lab)["EndpointStatus"] == "InService"
    assert shown(lab) == (1.0, 1)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"VariantName": "x", "DesiredWeight": 1}, "x is/are not present"),
        ({"VariantName": "m", "DesiredInstanceCount": 0}, "must be at least 1"),
        (
            {"VariantName": "m", "ServerlessUpdateConfig": {"MaxConcurrency": 1}},
            "ServerlessUpdateConfig",
        ),
    ],
)
def test_changes_that_are_refused(lab: Lab, change: dict[str, Any], why: str) -> None:
    deploy(lab)

    with pytest.raises(ApiError, match=why):
        lab.call(
            "UpdateEndpointWeightsAndCapacities",
            EndpointName="e",
            DesiredWeightsAndCapacities=[change],
        )

    assert described(lab)["EndpointStatus"] == "InService"


def test_a_serverless_variant_has_no_instances_to_change(lab: Lab) -> None:
    make_model(lab, "m")
    configure(lab, "c", serverless("m", "m"))
    start(lab)

    with pytest.raises(ApiError, match="has no instances"):
        resize(lab, m=(None, 2))


@pytest.mark.parametrize(
    ("excluded", "expected"),
    [
        ((), (3.0, 2)),
        (("DesiredWeight",), (7.0, 2)),
        (("DesiredInstanceCount",), (3.0, 1)),
        (("DesiredWeight", "DesiredInstanceCount", "DataCaptureConfig"), (7.0, 1)),
    ],
)
def test_an_update_retains_what_was_set_since(
    new_lab: Callable[..., Lab], excluded: tuple[str, ...], expected: tuple[float, int]
) -> None:
    lab = new_lab()
    deploy(lab, DataCaptureConfig=captured("old"))
    resize(lab, m=(3.0, 2))
    settled(lab)
    variants = [variant("m", "m", 7.0), variant("added", "m", 5.0)]
    configure(lab, "c2", *variants, DataCaptureConfig=captured("new"))

    lab.call(
        "UpdateEndpoint",
        EndpointName="e",
        EndpointConfigName="c2",
        RetainAllVariantProperties=True,
        ExcludeRetainedVariantProperties=[{"VariantPropertyType": name} for name in excluded],
    )

    endpoint = settled(lab)
    assert endpoint["EndpointConfigName"] == "c2"
    assert (shown(lab), shown(lab, "added")) == (expected, (5.0, 1))
    capture = "new" if "DataCaptureConfig" in excluded else "old"
    assert endpoint["DataCaptureConfig"]["DestinationS3Uri"] == f"s3://lake/{capture}"


def test_an_update_that_retains_nothing_is_as_configured(lab: Lab) -> None:
    deploy(lab)
    resize(lab, m=(3.0, 2))
    settled(lab)

    lab.call("UpdateEndpoint", EndpointName="e", EndpointConfigName="c")

    settled(lab)
    assert shown(lab) == (1.0, 1)


def captured(folder: str) -> dict[str, Any]:
    return {
        "EnableCapture": False,
        "InitialSamplingPercentage": 100,
        "DestinationS3Uri": f"s3://lake/{folder}",
        "CaptureOptions": [{"CaptureMode": "Input"}],
    }
