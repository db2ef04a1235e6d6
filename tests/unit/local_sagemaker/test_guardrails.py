"""In which steps requests go over to a new fleet, and what AWS refuses."""

import math
from typing import Any

import pytest

from local.sagemaker import ApiError
from local.sagemaker.guardrails import of_update
from tests.unit.local_sagemaker.requests import blue_green, serverless, variant


def steps(config: Any, *counts: int) -> list[tuple[list[int], float, int, str]]:
    variants = [variant(f"v{n}", "m", instances=count) for n, count in enumerate(counts)]
    return [
        ([*step.instances.values()], step.share, step.seconds, step.capacity)
        for step in of_update(config, variants).steps
    ]


def test_without_a_configuration_everything_goes_over_at_once() -> None:
    found = of_update(None, [variant("v", "m")])

    assert [(step.share, step.seconds) for step in found.steps] == [(1.0, 0)]
    assert (found.alarms, found.limit) == ((), math.inf)


def test_all_at_once_bakes_with_the_old_fleet_still_there() -> None:
    config = blue_green("ALL_AT_ONCE", "a", "b", bake=300)

    found = of_update(config, [variant("v", "m")])

    assert steps(config, 1) == [([1], 1.0, 300, "full")]
    assert (found.alarms, found.limit) == (("a", "b"), 28800)


@pytest.mark.parametrize(
    ("size", "counts", "instances", "share"),
    [
        (("CAPACITY_PERCENT", 10), (10,), [1], 0.1),
        (("CAPACITY_PERCENT", 10), (2,), [1], 0.5),
        (("CAPACITY_PERCENT", 50), (3,), [1], 1 / 3),
        (("CAPACITY_PERCENT", 25), (8, 4), [2, 1], 0.25),
        (("INSTANCE_COUNT", 2), (4,), [2], 0.5),
    ],
)
def test_a_canary_of_whole_instances(
    size: tuple[str, int], counts: tuple[int, ...], instances: list[int], share: float
) -> None:
    config = blue_green("CANARY", wait=60, bake=30, CanarySize=size)

    assert steps(config, *counts) == [
        (instances, share, 60, "canary"),
        ([*counts], 1.0, 30, "full"),
    ]


def test_linear_steps_until_the_fleet_is_full() -> None:
    config = blue_green("LINEAR", wait=60, bake=30, LinearStepSize=("CAPACITY_PERCENT", 40))

    assert steps(config, 5, 3) == [
        ([2, 1], 3 / 8, 60, "linear"),
        ([4, 2], 6 / 8, 60, "linear"),
        ([5, 3], 1.0, 30, "full"),
    ]


@pytest.mark.parametrize(
    ("config", "count", "why"),
    [
        (blue_green("CANARY", CanarySize=("CAPACITY_PERCENT", 10)), 1, "use ALL_AT_ONCE"),
        (blue_green("CANARY", CanarySize=("CAPACITY_PERCENT", 51)), 10, "at most 50%"),
        (blue_green("CANARY", CanarySize=("INSTANCE_COUNT", 2)), 3, "at most 50%"),
        (blue_green("CANARY"), 2, "CanarySize is required"),
        (blue_green("LINEAR", LinearStepSize=("CAPACITY_PERCENT", 9)), 20, "10-50%"),
        (blue_green("LINEAR", LinearStepSize=("INSTANCE_COUNT", 1)), 11, "10-50%"),
        (blue_green("LINEAR"), 2, "LinearStepSize is required"),
        ({"RollingUpdatePolicy": {"WaitIntervalInSeconds": 1}}, 2, "RollingUpdatePolicy"),
        (
            {
                "BlueGreenUpdatePolicy": {
                    "TrafficRoutingConfiguration": {"WaitIntervalInSeconds": 0}
                }
            },
            2,
            "needs a Type",
        ),
    ],
)
def test_what_is_refused(config: Any, count: int, why: str) -> None:
    with pytest.raises(ApiError, match=why):
        steps(config, count)


def test_a_serverless_endpoint_has_none() -> None:
    with pytest.raises(ApiError, match="not supported for serverless"):
        of_update(blue_green("ALL_AT_ONCE"), [serverless("v", "m")])
