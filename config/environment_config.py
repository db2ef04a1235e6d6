"""What there is to say of an environment; `config/environments.py` says it."""

from dataclasses import dataclass

from config.ingestion import IngestionConfig
from config.layers import LayerPlatform
from config.monitoring import MonitoringConfig
from config.serving import ServingConfig
from config.training import TrainingConfig

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
        monitoring: How the model that serves is watched.

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
    monitoring: MonitoringConfig = MonitoringConfig()

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
        if not self.is_ephemeral and (
            self.monitoring.cooldown_hours < self.monitoring.schedule_hours
        ):
            raise ValueError(
                f"{self.name}: cooldown_hours must be at least schedule_hours, "
                f"{self.monitoring.schedule_hours}; otherwise each look at a bad model begins "
                "another training before the last one's model has served"
            )
        watchdog = self.training.watchdog
        if watchdog.max_cost_usd >= watchdog.cost_of_longest_run:
            raise ValueError(
                f"{self.name}: max_cost_usd must be below {watchdog.cost_of_longest_run:.4g}, what "
                f"max_minutes, {watchdog.max_minutes}, cost at usd_per_hour, "
                f"{watchdog.usd_per_hour:g}; otherwise every job is out of time before it is too "
                "dear. Lower it, or allow more minutes"
            )
        if self.layer_platform is LayerPlatform.HOST and not self.is_ephemeral:
            raise ValueError(
                f"{self.name}: layers built for the host run on this machine only; "
                "use LayerPlatform.LAMBDA_ARM64"
            )
