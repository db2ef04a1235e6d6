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

    Limits are those of one job. Each training of a tuning is one, so a tuning may cost
    `tuning_jobs` times as much.

    Attributes:
        look_seconds: Time between two looks at a running job.
        max_gap: Most that the AUC of training may exceed that of validation.
        patience_lines: Lines of the log without an improvement that are accepted; there is one for
            every 25 rounds. Where `early_stopping_rounds` are fewer, a training ends before that by
            itself, and keeps its model.
        max_minutes: Longest run, whatever it costs; below the job's own limit, which leaves no
            reason behind.
        max_cost_usd: Most that a job may cost; less than `max_minutes` do, which would always end
            it first.
        usd_per_hour: What its machine, the training's `instance_type`, costs (`costs/prices.py`).
    """

    look_seconds: int
    max_gap: float
    patience_lines: int
    max_minutes: int
    max_cost_usd: float
    usd_per_hour: float

    @property
    def cost_of_longest_run(self) -> float:
        """What a job of `max_minutes` costs, in USD."""
        return self.max_minutes / 60 * self.usd_per_hour
