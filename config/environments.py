"""The three environments. A fork edits this file first."""

from dataclasses import dataclass
from types import MappingProxyType

from config.ingestion import IngestionConfig
from config.layers import LayerPlatform
from config.serving import (
    InstanceEndpoint,
    PredictionLogConfig,
    ServerlessEndpoint,
    ServingConfig,
)
from config.training import TrainingConfig

MINUTE = 60
MIB = 1024 * 1024

# Retention periods that CloudWatch Logs accepts, in days, of those that make sense here.
# https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
LOG_RETENTION_DAYS = (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365)

# A queue, its dead-letter queue and the parking queue keep a message for 4, 13 and 14 days at most.
MIN_QUARANTINE_DAYS = 30


@dataclass(frozen=True, kw_only=True, slots=True)
class EnvironmentConfig:
    """One deployment of the platform.

    Attributes:
        name: Lower case, part of every stack's name.
        description: What this environment is for.
        is_ephemeral: Whether its data may be deleted with its stacks.
        alarm_email: Address that alarms are sent to; None for none.
        log_retention_days: Days that logs are kept; one of `LOG_RETENTION_DAYS`.
        raw_noncurrent_days: Days that replaced versions of raw files are kept.
        quarantine_days: Days that quarantined rows are kept, and prediction records that were too
            large for their queue: longer than all queues together keep what names them.
        layer_platform: Platform that the Lambda layers are built for.
        ingestion: Size and speed of ingestion.
        training: Size, cadence and approval of training.
        serving: Endpoint, its guards, and the prediction log.

    Raises:
        ValueError: a combination that nobody has tested, with the reason.
    """

    name: str
    description: str
    is_ephemeral: bool
    alarm_email: str | None
    log_retention_days: int
    raw_noncurrent_days: int
    quarantine_days: int
    layer_platform: LayerPlatform
    ingestion: IngestionConfig
    training: TrainingConfig
    serving: ServingConfig

    def __post_init__(self) -> None:
        if self.log_retention_days not in LOG_RETENTION_DAYS:
            raise ValueError(
                f"{self.name}: log_retention_days must be one of {LOG_RETENTION_DAYS}, "
                f"got {self.log_retention_days}"
            )
        if self.quarantine_days < MIN_QUARANTINE_DAYS:
            raise ValueError(
                f"{self.name}: quarantine_days must be {MIN_QUARANTINE_DAYS} or more; messages of "
                "so long ago may still name what lies there"
            )
        if not self.is_ephemeral and self.alarm_email is None:
            raise ValueError(
                f"{self.name}: an environment that keeps its data needs an alarm_email; "
                "otherwise its alarms reach nobody"
            )
        if not self.is_ephemeral and not self.ingestion.reserve_concurrency:
            raise ValueError(
                f"{self.name}: an environment that keeps its data must set reserve_concurrency; "
                "otherwise any other function of the account can starve ingestion"
            )
        if not self.is_ephemeral and self.training.approves_automatically:
            raise ValueError(
                f"{self.name}: an environment that keeps its data must not set "
                "approves_automatically; a person approves what customers will meet"
            )
        if not self.is_ephemeral and not self.serving.is_guarded:
            raise ValueError(
                f"{self.name}: an environment that keeps its data needs an InstanceEndpoint; a "
                "serverless one has no canary, so customers would meet a bad model first"
            )
        if self.layer_platform is LayerPlatform.HOST and not self.is_ephemeral:
            raise ValueError(
                f"{self.name}: layers built for the host run on this machine only; "
                "use LayerPlatform.LAMBDA_ARM64"
            )


LOCAL = EnvironmentConfig(
    name="local",
    description="The embedded cloud on a laptop: short timeouts, so that failures resolve quickly.",
    is_ephemeral=True,
    alarm_email=None,
    log_retention_days=1,
    raw_noncurrent_days=7,
    quarantine_days=30,
    layer_platform=LayerPlatform.HOST,
    ingestion=IngestionConfig(
        timeout_seconds=10,
        memory_mb=1769,
        ephemeral_storage_mb=1024,
        max_concurrency=2,
        reserve_concurrency=True,
        batch_size=10,
        ride_out_seconds=5 * MINUTE,
        expected_burst=2_000,
        seconds_per_file=0.2,
        max_drain_seconds=10 * MINUTE,
        max_file_bytes=16 * MIB,
    ),
    training=TrainingConfig(
        instance_type="ml.m5.large",
        volume_gb=10,
        job_timeout_seconds=10 * MINUTE,
        tuning_jobs=4,
        parallel_tuning_jobs=2,
        approves_automatically=True,
    ),
    serving=ServingConfig(
        endpoint=InstanceEndpoint(
            instance_type="ml.m5.large",
            instances=2,
            max_instances=3,
            requests_per_instance=600,
            canary_percent=50,
            canary_seconds=3 * MINUTE,
            bake_seconds=MINUTE,
        ),
        max_error_percent=5,
        min_requests=3,
        max_latency_ms=5_000,
        latency_budget_seconds=15,
        log=PredictionLogConfig(
            timeout_seconds=10,
            max_concurrency=2,
            reserve_concurrency=True,
            batch_size=10,
            batch_window_seconds=0,
            ride_out_seconds=5 * MINUTE,
            expected_burst=2_000,
            seconds_per_record=0.2,
            max_drain_seconds=10 * MINUTE,
        ),
    ),
)

DEV = EnvironmentConfig(
    name="dev",
    description="Someone's own account: deletable, cheap when idle, fits a new account's quota.",
    is_ephemeral=True,
    alarm_email=None,
    log_retention_days=14,
    raw_noncurrent_days=30,
    quarantine_days=30,
    layer_platform=LayerPlatform.LAMBDA_ARM64,
    ingestion=IngestionConfig(
        timeout_seconds=120,
        memory_mb=1769,
        ephemeral_storage_mb=1024,
        max_concurrency=5,
        reserve_concurrency=False,
        batch_size=10,
        ride_out_seconds=15 * MINUTE,
        expected_burst=20_000,
        seconds_per_file=1.0,
        max_drain_seconds=2 * 60 * MINUTE,
        max_file_bytes=512 * MIB,
    ),
    training=TrainingConfig(
        instance_type="ml.m5.large",
        volume_gb=30,
        job_timeout_seconds=60 * MINUTE,
        tuning_jobs=10,
        parallel_tuning_jobs=2,
        approves_automatically=True,
    ),
    serving=ServingConfig(
        endpoint=ServerlessEndpoint(memory_mb=3072, max_concurrency=5),
        max_error_percent=5,
        min_requests=5,
        max_latency_ms=5_000,
        # Loading the container and the model takes most of it.
        latency_budget_seconds=25,
        log=PredictionLogConfig(
            timeout_seconds=60,
            max_concurrency=2,
            reserve_concurrency=False,
            batch_size=20,
            batch_window_seconds=30,
            ride_out_seconds=15 * MINUTE,
            expected_burst=10_000,
            seconds_per_record=0.2,
            max_drain_seconds=2 * 60 * MINUTE,
        ),
    ),
)

PROD = EnvironmentConfig(
    name="prod",
    description="Keeps its data, is protected from deletion, and reserves its concurrency.",
    is_ephemeral=False,
    alarm_email="mlops-alarms@example.com",
    log_retention_days=365,
    raw_noncurrent_days=365,
    quarantine_days=365,
    layer_platform=LayerPlatform.LAMBDA_ARM64,
    ingestion=IngestionConfig(
        timeout_seconds=120,
        memory_mb=1769,
        ephemeral_storage_mb=2048,
        max_concurrency=20,
        reserve_concurrency=True,
        batch_size=10,
        ride_out_seconds=60 * MINUTE,
        expected_burst=100_000,
        seconds_per_file=1.0,
        max_drain_seconds=2 * 60 * MINUTE,
        max_file_bytes=512 * MIB,
    ),
    training=TrainingConfig(
        instance_type="ml.m5.xlarge",
        volume_gb=50,
        job_timeout_seconds=4 * 60 * MINUTE,
        tuning_jobs=30,
        parallel_tuning_jobs=3,
        approves_automatically=False,
    ),
    serving=ServingConfig(
        endpoint=InstanceEndpoint(
            instance_type="ml.m5.large",
            instances=4,
            max_instances=12,
            requests_per_instance=3_000,
            canary_percent=25,
            canary_seconds=10 * MINUTE,
            bake_seconds=10 * MINUTE,
        ),
        max_error_percent=2,
        min_requests=20,
        max_latency_ms=1_000,
        latency_budget_seconds=5,
        log=PredictionLogConfig(
            timeout_seconds=60,
            max_concurrency=10,
            reserve_concurrency=True,
            batch_size=20,
            batch_window_seconds=30,
            ride_out_seconds=60 * MINUTE,
            expected_burst=100_000,
            seconds_per_record=0.2,
            max_drain_seconds=2 * 60 * MINUTE,
        ),
    ),
)

ENVIRONMENTS = MappingProxyType({each.name: each for each in (LOCAL, DEV, PROD)})


def get_environment(name: str) -> EnvironmentConfig:
    """Return the environment called `name`.

    Raises:
        ValueError: there is none; the message lists those there are.
    """
    try:
        return ENVIRONMENTS[name]
    except KeyError:
        known = ", ".join(sorted(ENVIRONMENTS))
        raise ValueError(f"unknown environment {name!r}; use -c env=<one of: {known}>") from None
