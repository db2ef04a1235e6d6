"""The three environments. A fork edits this file first."""

from types import MappingProxyType

from config.environment_config import EnvironmentConfig
from config.ingestion import IngestionConfig
from config.layers import LayerPlatform
from config.monitoring import MonitoringConfig, WatchdogConfig
from config.serving import (
    InstanceEndpoint,
    PredictionLogConfig,
    ServerlessEndpoint,
    ServingConfig,
)
from config.training import TrainingConfig

MINUTE = 60
MIB = 1024 * 1024

LOCAL = EnvironmentConfig(
    name="local",
    description="The embedded cloud on a laptop: short timeouts, so that failures resolve quickly.",
    is_ephemeral=True,
    # The local cloud sends no mail, but has what is deployed for an address.
    alarm_email="alarms@localhost",
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
        watchdog=WatchdogConfig(
            look_seconds=MINUTE // 2,
            max_gap=0.25,
            patience_lines=6,
            max_minutes=9,
            max_cost_usd=0.016,
            usd_per_hour=0.115,
        ),
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
    # A month of the demo lasts a minute.
    monitoring=MonitoringConfig(cooldown_hours=0),
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
        watchdog=WatchdogConfig(
            look_seconds=MINUTE,
            max_gap=0.25,
            patience_lines=6,
            max_minutes=55,
            max_cost_usd=0.1,
            usd_per_hour=0.115,
        ),
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
        watchdog=WatchdogConfig(
            look_seconds=MINUTE,
            max_gap=0.25,
            patience_lines=6,
            max_minutes=230,
            max_cost_usd=0.8,
            usd_per_hour=0.23,
        ),
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
