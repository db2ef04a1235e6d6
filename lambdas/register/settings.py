import os
from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """What the register function's environment variables say.

    Attributes:
        artifacts_bucket_name: Bucket of the runs' files.
        model_package_group_name: Where models are registered.
        lock_sha256: Hash of the lock file of the container's twin.
        git_commit: Commit that was delivered; empty when the delivery gave none.
    """

    artifacts_bucket_name: str
    model_package_group_name: str
    lock_sha256: str
    git_commit: str

    @classmethod
    @cache
    def from_environ(cls) -> "Settings":
        """Read the environment, once.

        Raises:
            KeyError: a variable is missing.
        """
        return cls(**{name: os.environ[name.upper()] for name in cls.__dataclass_fields__})
