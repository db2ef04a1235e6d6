import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache

from schemas.findings import Concern

_TEXTS = ("monitoring_table_name", "releases_table_name", "artifacts_bucket_name",
          "training_state_machine_arn", "release_state_machine_arn", "alarm_topic_arn",
          "environment")  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """What the respond function's environment variables say.

    Attributes:
        alarms: Name of each alarm to what it is about.
        monitoring_table_name: Table of runs and decisions.
        releases_table_name: Table of the releases.
        artifacts_bucket_name: Bucket of the findings.
        training_state_machine_arn: Begun when quality is bad.
        release_state_machine_arn: Begun when a model must not serve any longer.
        alarm_topic_arn: Told what was decided.
        environment: Name of the environment.
        cooldown: Time after a retraining in which bad quality begins no other one.
        min_labels: Fewest labelled predictions that say anything about quality.
    """

    alarms: Mapping[str, Concern]
    monitoring_table_name: str
    releases_table_name: str
    artifacts_bucket_name: str
    training_state_machine_arn: str
    release_state_machine_arn: str
    alarm_topic_arn: str
    environment: str
    cooldown: timedelta
    min_labels: int

    @classmethod
    @cache
    def from_environ(cls) -> "Settings":
        """Read the environment, once.

        Raises:
            KeyError: a variable is missing.
            ValueError: one is not the number, or the JSON, that it should be.
        """
        alarms = json.loads(os.environ["ALARMS"])
        return cls(
            **{name: os.environ[name.upper()] for name in _TEXTS},
            alarms={name: Concern(concern) for name, concern in alarms.items()},
            cooldown=timedelta(hours=float(os.environ["COOLDOWN_HOURS"])),
            min_labels=int(os.environ["MIN_LABELS"]),
        )
