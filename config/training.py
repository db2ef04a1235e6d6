"""How training runs in one environment."""

from dataclasses import dataclass

from config.monitoring import WatchdogConfig


@dataclass(frozen=True, kw_only=True, slots=True)
class VpcConfig:
    """A network that jobs run in, beside their isolation.

    Attributes:
        subnet_ids: 1 to 16 subnets with a gateway endpoint for S3.
        security_group_ids: 1 to 5 security groups.
    """

    subnet_ids: tuple[str, ...]
    security_group_ids: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class TrainingConfig:
    """Size, cadence and approval of training in one environment.

    Attributes:
        instance_type: Of every job.
        volume_gb: Disk of every job; it holds the snapshot and what is made of it.
        job_timeout_seconds: Longest run of one job.
        tuning_jobs: Trainings that a tuning tries.
        parallel_tuning_jobs: Trainings of it that run at a time.
        approves_automatically: Whether a registered model is approved by itself; otherwise a person
            does (`ops models approve`).
        schedule_days: Days between two looks for a complete new month.
        new_data_hours: Hours between two looks for enough new rows.
        watchdog: When a training job is stopped before its time.
        vpc: Network of the jobs; None for SageMaker's own.
    """

    instance_type: str
    volume_gb: int
    job_timeout_seconds: int
    tuning_jobs: int
    parallel_tuning_jobs: int
    approves_automatically: bool
    watchdog: WatchdogConfig
    schedule_days: int = 30
    new_data_hours: int = 24
    vpc: VpcConfig | None = None
