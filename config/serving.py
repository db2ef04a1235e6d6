"""How models are served in one environment: which endpoint, and when a release is undone.

No endpoint mode of SageMaker has everything. Combinations that AWS forbids, or that nobody has
tested, are refused here, with the reason, long before CloudFormation would.
Source: https://docs.aws.amazon.com/sagemaker/latest/dg/serverless-endpoints.html#serverless-endpoints-how-it-works-exclusions
and https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails-exclusions.html
"""

from dataclasses import dataclass

from config.training import VpcConfig

SERVERLESS_MEMORY_MB = (1024, 2048, 3072, 4096, 5120, 6144)
MAX_SERVERLESS_CONCURRENCY = 200
MAX_CANARY_PERCENT = 50
MIN_GUARDED_INSTANCES = 2
MAX_WAIT_SECONDS = 3600
# Fall back to all-at-once without baking, silently.
UNGUARDED_FAMILIES = ("ml.inf1.",)
WHOLE = 100


@dataclass(frozen=True, kw_only=True, slots=True)
class ServerlessEndpoint:
    """An endpoint that costs nothing while nobody asks: one model, no guardrails, no capture.

    A release is verified and smoke-tested after it took over; there is no canary.

    Attributes:
        memory_mb: One of `SERVERLESS_MEMORY_MB`.
        max_concurrency: Most requests at a time, 1-200; further ones are throttled.

    Raises:
        ValueError: AWS has no such endpoint.
    """

    memory_mb: int
    max_concurrency: int

    def __post_init__(self) -> None:
        if self.memory_mb not in SERVERLESS_MEMORY_MB:
            raise ValueError(f"memory_mb must be one of {SERVERLESS_MEMORY_MB}: {self.memory_mb}")
        if not 1 <= self.max_concurrency <= MAX_SERVERLESS_CONCURRENCY:
            raise ValueError(
                f"max_concurrency of a serverless endpoint must be 1 to "
                f"{MAX_SERVERLESS_CONCURRENCY}: {self.max_concurrency}"
            )


@dataclass(frozen=True, kw_only=True, slots=True)
class InstanceEndpoint:
    """An endpoint of instances: canary releases, A/B tests, capture, isolation, scaling.

    Attributes:
        instance_type: Of every instance. While an endpoint serves, deregister its variant as a
            scalable target before this is changed; SageMaker refuses the update otherwise.
        instances: Fewest instances of a variant, and how many it begins with; at least 2.
        max_instances: Most instances of the champion; a challenger does not scale.
        requests_per_instance: Requests per minute and instance that scaling aims at.
        canary_percent: Share of the new fleet that gets traffic first, 1-50.
        canary_seconds: How long the canary is watched, 1-3600.
        bake_seconds: How long the old fleet waits after all traffic has moved, 0-3600.
        capture_percent: Share of requests whose input and output are captured, 1-100.
        vpc: Network of the models; None for SageMaker's own.

    Raises:
        ValueError: AWS has no such endpoint, or it would be released without its guards.
    """

    instance_type: str
    instances: int
    max_instances: int
    requests_per_instance: int
    canary_percent: int
    canary_seconds: int
    bake_seconds: int
    capture_percent: int = WHOLE
    vpc: VpcConfig | None = None

    def __post_init__(self) -> None:
        if self.instances < MIN_GUARDED_INSTANCES:
            raise ValueError(
                f"instances must be {MIN_GUARDED_INSTANCES} or more: a canary is at most half of "
                f"a fleet, so a fleet of {self.instances} has none"
            )
        if self.max_instances < self.instances:
            raise ValueError(
                f"max_instances must be at least instances, {self.instances}: {self.max_instances}"
            )
        if not 1 <= self.canary_percent <= MAX_CANARY_PERCENT:
            raise ValueError(
                f"canary_percent must be 1 to {MAX_CANARY_PERCENT}: {self.canary_percent}"
            )
        if self.instance_type.startswith(UNGUARDED_FAMILIES):
            raise ValueError(
                f"instance_type {self.instance_type} silently releases all at once without "
                "watching alarms; choose a family with deployment guardrails, such as ml.m5"
            )
        for name, seconds, least in (
            ("canary_seconds", self.canary_seconds, 1),
            ("bake_seconds", self.bake_seconds, 0),
        ):
            if not least <= seconds <= MAX_WAIT_SECONDS:
                raise ValueError(f"{name} must be {least} to {MAX_WAIT_SECONDS}: {seconds}")
        if not 1 <= self.capture_percent <= WHOLE:
            raise ValueError(f"capture_percent must be 1 to {WHOLE}: {self.capture_percent}")


@dataclass(frozen=True, kw_only=True, slots=True)
class PredictionLogConfig:
    """Size and speed of the prediction log.

    Attributes:
        timeout_seconds: Longest run of one batch of records.
        max_concurrency: Most batches at a time, 2-1000.
        reserve_concurrency: Whether the function reserves that concurrency.
        batch_size: Most records in a batch, which becomes one file; above 10 only with a window.
        batch_window_seconds: Longest wait for a batch to fill.
        ride_out_seconds: Starvation that no record may die of.
        expected_burst: Records that may arrive at once.
        seconds_per_record: Time to log a typical record.
        max_drain_seconds: Longest acceptable time to work off `expected_burst`.
    """

    timeout_seconds: int
    max_concurrency: int
    reserve_concurrency: bool
    batch_size: int
    batch_window_seconds: int
    ride_out_seconds: int
    expected_burst: int
    seconds_per_record: float
    max_drain_seconds: int


@dataclass(frozen=True, kw_only=True, slots=True)
class ServingConfig:
    """How models are served in one environment.

    Attributes:
        endpoint: What answers.
        max_error_percent: Share of a variant's requests, per minute, that may end with an error of
            the model; more undoes a release.
        min_requests: Fewest requests of a minute that the share is taken of.
        max_latency_ms: Time that a model may take for nine of ten requests; more undoes a release.
        latency_budget_seconds: Longest that the predict function tries to get an answer, cold
            start and throttling included; below 30, what callers wait for by default.
        log: Size and speed of the prediction log.
    """

    endpoint: ServerlessEndpoint | InstanceEndpoint
    max_error_percent: int
    min_requests: int
    max_latency_ms: int
    latency_budget_seconds: int
    log: PredictionLogConfig

    @property
    def is_guarded(self) -> bool:
        """Whether releases go by way of a canary, and alarms undo them."""
        return isinstance(self.endpoint, InstanceEndpoint)
