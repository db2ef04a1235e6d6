import os
from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """What the smoke test's environment variables say.

    Attributes:
        endpoint_name: Endpoint to test.
        artifacts_bucket_name: Bucket with the golden records.
    """

    endpoint_name: str
    artifacts_bucket_name: str

    @classmethod
    @cache
    def from_environ(cls) -> "Settings":
        """Read the environment, once.

        Raises:
            KeyError: a variable is missing.
        """
        return cls(
            endpoint_name=os.environ["ENDPOINT_NAME"],
            artifacts_bucket_name=os.environ["ARTIFACTS_BUCKET_NAME"],
        )
