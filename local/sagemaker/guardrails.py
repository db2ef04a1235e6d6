"""Deployment guardrails: in which steps an endpoint's requests go over to a new fleet.

https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails.html
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from local.sagemaker.errors import ApiError, invalid, not_implemented

_MOST_PERCENT, _LEAST_LINEAR_PERCENT = 50, 10


@dataclass(frozen=True, slots=True)
class Step:
    """One step: so much of the new fleet gets requests, then the alarms are watched.

    Attributes:
        instances: How many instances of each of the new fleet's variants get requests.
        share: What part of all requests that is, above 0 to 1.
        seconds: How long the alarms are watched ("baking"), by the clock of AWS.
        setting: The member that says so.
        capacity: What AWS calls so much of a fleet: `canary`, `linear` or `full`.
    """

    instances: Mapping[str, int]
    share: float
    seconds: int
    setting: str
    capacity: str


@dataclass(frozen=True, slots=True)
class Guardrails:
    """How an update goes, and what ends it early.

    Attributes:
        steps: One after the other; the last gives all requests to the new fleet.
        alarms: Names of the alarms of which none may be in ALARM.
        limit: Seconds after which an update that is not done is rolled back, by the clock of AWS.
    """

    steps: tuple[Step, ...]
    alarms: tuple[str, ...]
    limit: float


def of_update(
    config: Mapping[str, Any] | None, variants: Sequence[Mapping[str, Any]]
) -> Guardrails:
    """Return the guardrails of a DeploymentConfig; without one, everything goes over at once.

    Variants may come and go with an update. AWS documents that the names must stay the same,
    which is about variants whose requests are to be shifted by step.

    Args:
        config: The DeploymentConfig; its form is checked already.
        variants: The ProductionVariants of the new configuration.

    Raises:
        ApiError: AWS would refuse it, or it is not supported here.
    """
    config = config or {}
    if config.get("RollingUpdatePolicy"):
        raise not_implemented("RollingUpdatePolicy of endpoints; use BlueGreenUpdatePolicy")
    serverless = any(variant.get("ServerlessConfig") for variant in variants)
    if config and serverless:
        raise invalid("DeploymentConfig is not supported for serverless endpoints.")
    counts = {each["VariantName"]: each.get("InitialInstanceCount", 1) for each in variants}
    policy = config.get("BlueGreenUpdatePolicy") or {}
    steps = tuple(_steps(policy, counts))
    limit = policy.get("MaximumExecutionTimeoutInSeconds", math.inf)
    alarms = (config.get("AutoRollbackConfiguration") or {}).get("Alarms", ())
    return Guardrails(steps, tuple(alarm["AlarmName"] for alarm in alarms), limit)


def _steps(policy: Mapping[str, Any], counts: Mapping[str, int]) -> Iterator[Step]:
    routing = policy.get("TrafficRoutingConfiguration") or {"Type": "ALL_AT_ONCE"}
    kind = routing.get("Type")
    if kind == "CANARY":
        sizes = _sizes(routing, "CanarySize", 0, counts)
        yield _step(sizes, counts, routing["WaitIntervalInSeconds"], "canary")
    elif kind == "LINEAR":
        size = _sizes(routing, "LinearStepSize", _LEAST_LINEAR_PERCENT, counts)
        active = dict(size)
        while active != counts:
            yield _step(active, counts, routing["WaitIntervalInSeconds"], "linear")
            active = {name: min(n, active[name] + size[name]) for name, n in counts.items()}
    elif kind != "ALL_AT_ONCE":
        raise invalid("TrafficRoutingConfiguration needs a Type: ALL_AT_ONCE, CANARY or LINEAR.")
    wait = policy.get("TerminationWaitInSeconds", 0)
    yield Step(counts, 1.0, wait, "TerminationWaitInSeconds", "full")


def _step(
    instances: Mapping[str, int], counts: Mapping[str, int], seconds: int, capacity: str
) -> Step:
    share = sum(instances.values()) / sum(counts.values())
    return Step(instances, share, seconds, "WaitIntervalInSeconds", capacity)


def _sizes(
    routing: Mapping[str, Any], member: str, least_percent: int, counts: Mapping[str, int]
) -> dict[str, int]:
    """Return how many instances of each variant a step activates.

    Raises:
        ApiError: the size is missing, or no size of a step for the variants' instances.
    """
    size = routing.get(member)
    if not size:
        raise invalid(f"{member} is required for the traffic routing type {routing['Type']}.")
    found = {}
    for name, count in counts.items():
        if size["Type"] == "INSTANCE_COUNT":
            percent, found[name] = 100 * size["Value"] / count, size["Value"]
        else:
            # Whole instances, and at least one: less would get no requests.
            percent, found[name] = size["Value"], max(1, count * size["Value"] // 100)
        is_wanted = least_percent <= percent <= _MOST_PERCENT
        if not is_wanted or 100 * found[name] > _MOST_PERCENT * count:
            raise _unfit(member, least_percent, name, count)
    return found


def _unfit(member: str, least_percent: int, variant: str, count: int) -> ApiError:
    allowed = f"{least_percent}-{_MOST_PERCENT}" if least_percent else f"at most {_MOST_PERCENT}"
    return invalid(
        f"{member} must be {allowed}% of the instances of variant {variant}, which has {count}; "
        "with one instance, use ALL_AT_ONCE."
    )
