import os
from dataclasses import dataclass
from functools import cache

from schemas.watchdog import WatchdogLimits


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """What the watchdog function's environment variables say.

    Attributes:
        runs_table_name: Table of the training runs.
        job_name_prefix: First part of the names of all jobs.
        state_machine_arn: What watches a job.
        limits: When a job is stopped.
    """

    runs_table_name: str
    job_name_prefix: str
    state_machine_arn: str
    limits: WatchdogLimits

    @classmethod
    @cache
    def from_environ(cls) -> "Settings":
        """Read the environment, once.

        Raises:
            KeyError: a variable is missing.
            ValueError: the limits are not the JSON that they should be.
        """
        return cls(
            runs_table_name=os.environ["RUNS_TABLE_NAME"],
            job_name_prefix=os.environ["JOB_NAME_PREFIX"],
            state_machine_arn=os.environ["STATE_MACHINE_ARN"],
            limits=WatchdogLimits.from_text(os.environ["LIMITS"]),
        )
