"""Several mappings: what `burst` advises, `check` asks for, and `burst` then accepts."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from queue_rules.__main__ import main
from tests.unit.queue_rules.shapes import (
    Resources,
    add,
    drop,
    get_att,
    properties_of,
    put,
    several_mappings,
)

BURST = ("--messages", "5000", "--seconds-per-message", "1")


def template(tmp_path: Path, resources: Resources) -> str:
    path = tmp_path / "app.json"
    path.write_text(json.dumps({"Resources": resources}))
    return str(path)


def capped_at(most: int | None, *, reserved: int) -> Resources:
    """Two mappings of one function: the first without a cap, the second with `most`."""
    resources = several_mappings()
    put("Worker", ReservedConcurrentExecutions=reserved)(resources)
    drop("Mapping", "ScalingConfig")(resources)
    drop("MappingTwo", "ScalingConfig")(resources)
    if most is not None:
        put("MappingTwo", ScalingConfig={"MaximumConcurrency": most})(resources)
    return resources


def lopsided() -> Resources:
    return capped_at(18, reserved=20)


def crowded() -> Resources:
    return capped_at(19, reserved=20)


def overdrawn() -> Resources:
    resources = capped_at(19, reserved=3)
    put("Mapping", ScalingConfig={"MaximumConcurrency": 19})(resources)
    return resources


def uncapped_sibling() -> Resources:
    resources = capped_at(None, reserved=20)
    put("Mapping", ScalingConfig={"MaximumConcurrency": 5})(resources)
    return resources


def provisioned() -> Resources:
    resources = capped_at(5, reserved=4)
    put("Mapping", ProvisionedPollerConfig={"MinimumPollers": 2, "MaximumPollers": 3})(resources)
    for name in ("Orders", "Mapping", "LateAlarm"):
        resources[f"{name}Three"] = copy.deepcopy(resources[f"{name}Two"])
    properties_of(resources, "OverTls")["Queues"].append({"Ref": "OrdersThree"})
    put("MappingThree", EventSourceArn=get_att("OrdersThree"))(resources)
    drop("MappingThree", "ScalingConfig")(resources)
    dimension = {"Name": "QueueName", "Value": get_att("OrdersThree", "QueueName")}
    put("LateAlarmThree", Dimensions=[dimension])(resources)
    return resources


def advice(path: str, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    capsys.readouterr()
    main(["burst", path, "--json", "--mapping", "app/Mapping", *BURST])
    answer: dict[str, Any] = json.loads(capsys.readouterr().out)
    return {each["setting"]: each["after"] for each in answer["remedy"] or []}


def apply(resources: Resources, changes: dict[str, Any]) -> None:
    for setting, value in changes.items():
        name, _, mapping = setting.partition(" of app/")
        if name == "MaximumConcurrency":
            put(mapping or "Mapping", ScalingConfig={name: value})(resources)
        else:
            assert name == "ReservedConcurrentExecutions"
            put("Worker", **{name: value})(resources)


RESERVED = "ReservedConcurrentExecutions"


@pytest.mark.parametrize(
    ("shape", "changes"),
    [
        (lopsided, {"MaximumConcurrency": 2}),
        (crowded, {"MaximumConcurrency": 2, RESERVED: 21}),
        (overdrawn, {RESERVED: 38}),
        (uncapped_sibling, {"MaximumConcurrency of app/MappingTwo": 2}),
        (provisioned, {"MaximumConcurrency of app/MappingThree": 2, RESERVED: 37}),
    ],
)
def test_what_burst_advises_is_what_check_asks_for(
    shape: Callable[[], Resources],
    changes: dict[str, int],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    resources = shape()
    path = template(tmp_path, resources)
    assert main(["check", path]) == 1
    assert advice(path, capsys) == changes

    apply(resources, changes)
    path = template(tmp_path, resources)
    assert main(["check", path, "--strict"]) == 0
    assert main(["burst", path, "--mapping", "app/Mapping", *BURST]) == 0


def test_a_sibling_that_nothing_limits_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["burst", template(tmp_path, uncapped_sibling()), "--mapping", "app/Mapping", *BURST])
    text = capsys.readouterr().out
    assert "app/MappingTwo has no MaximumConcurrency" in text
    assert "MaximumConcurrency of app/MappingTwo: 2 (now not set)" in text


def other_reader(**properties: Any) -> Resources:
    resources = several_mappings()
    for name in ("OrdersTwo", "LateAlarmTwo"):
        del resources[name]
    add("Other", "AWS::Lambda::Function", Timeout=10, ReservedConcurrentExecutions=0)(resources)
    put(
        "MappingTwo", EventSourceArn=get_att("Orders"), FunctionName={"Ref": "Other"}, **properties
    )(resources)
    return resources


def test_a_queue_that_others_read_too_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = template(tmp_path, other_reader())
    assert main(["burst", path, "--mapping", "app/Mapping", *BURST]) == 2
    assert "Orders is read by app/MappingTwo, too" in capsys.readouterr().err


def test_a_mapping_that_is_switched_off_reads_nothing(tmp_path: Path) -> None:
    path = template(tmp_path, other_reader(Enabled=False))
    assert main(["burst", path, "--mapping", "app/Mapping", *BURST]) == 0
