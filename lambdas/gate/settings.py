import json
import os
from dataclasses import dataclass
from functools import cache

from schemas.training import Thresholds


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """What the gate function's environment variables say.

    Attributes:
        artifacts_bucket_name: Bucket of the runs' files.
        thresholds: What a model must reach.
    """

    artifacts_bucket_name: str
    thresholds: Thresholds

    @classmethod
    @cache
    def from_environ(cls) -> "Settings":
        """Read the environment, once.

        Raises:
            KeyError: a variable is missing.
            TypeError: a threshold is missing or unknown.
        """
        return cls(
            artifacts_bucket_name=os.environ["ARTIFACTS_BUCKET_NAME"],
            thresholds=Thresholds(**json.loads(os.environ["THRESHOLDS"])),
        )
