"""How the model that serves is watched in one environment."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class MonitoringConfig:
    """Cadence of monitoring, and patience of what follows from it.

    Attributes:
        schedule_hours: Hours between two runs.
        window_days: Days of predictions that a scheduled run looks at; labels must arrive within.
        cooldown_hours: Hours after a retraining in which bad quality begins no other one: what a
            new model is worth is not known before it has served for a while. 0 for none.
    """

    schedule_hours: int = 24
    window_days: int = 28
    cooldown_hours: int = 72


@dataclass(frozen=True, kw_only=True, slots=True)
class WatchdogConfig:
    """When a training job is stopped; see `schemas.watchdog`.

    Attributes:
        look_seconds: Time between two looks at a running job.
        max_gap: Most that the AUC of training may exceed that of validation.
        patience_lines: Lines of the log without an improvement that are accepted.
        max_minutes: Longest run, below the job's own limit, which leaves no reason behind.
        max_cost_usd: Most that a job may cost.
        usd_per_hour: What its machine costs.
    """

    look_seconds: int
    max_gap: float
    patience_lines: int
    max_minutes: int
    max_cost_usd: float
    usd_per_hour: float
