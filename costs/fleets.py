"""The endpoint's capacity, as its configuration has it."""

from dataclasses import dataclass
from typing import Any

from queue_rules.application import Application

ENDPOINT_CONFIG = "AWS::SageMaker::EndpointConfig"
SCALING_POLICY = "AWS::ApplicationAutoScaling::ScalingPolicy"
WHOLE = 100


@dataclass(frozen=True, kw_only=True, slots=True)
class Instances:
    """Capacity that is paid for by the hour.

    Attributes:
        kind: Such as `ml.m5.large`.
        fewest: Instances while nobody asks.
        requests_per_minute: Of one instance, at which scaling adds another.
        captured_share: Share of the requests that are captured, 0 to 1.
    """

    kind: str
    fewest: int
    requests_per_minute: float
    captured_share: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Serverless:
    """Capacity that is paid for while it answers.

    Attributes:
        memory_gb: Of one model.
    """

    memory_gb: float


Fleet = Instances | Serverless


def fleets(application: Application) -> list[Fleet]:
    """Return what serves each production variant."""
    target = min(
        (
            float(policy.properties.raw("TargetTrackingScalingPolicyConfiguration")["TargetValue"])
            for policy in application.of_type(SCALING_POLICY)
        ),
        default=float("inf"),
    )
    return [
        _fleet(variant, config.properties.raw("DataCaptureConfig") or {}, target)
        for config in application.of_type(ENDPOINT_CONFIG)
        for variant in config.properties.raw("ProductionVariants")
    ]


def _fleet(variant: dict[str, Any], capture: dict[str, Any], target: float) -> Fleet:
    if "ServerlessConfig" in variant:
        return Serverless(memory_gb=variant["ServerlessConfig"]["MemorySizeInMB"] / 1024)
    captures = capture.get("EnableCapture", False)
    return Instances(
        kind=variant["InstanceType"],
        fewest=variant["InitialInstanceCount"],
        requests_per_minute=target,
        captured_share=capture["InitialSamplingPercentage"] / WHOLE if captures else 0.0,
    )
