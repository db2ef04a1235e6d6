import os
from dataclasses import dataclass, fields
from functools import cache


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """What the release function's environment variables say.

    Attributes:
        stack_name: Stack with the endpoint.
        endpoint_name: The endpoint.
        releases_table_name: Table of the releases.
        model_package_group_name: Group that a model must belong to.
        artifacts_bucket_name: Bucket that its archive must lie in.
        environment: Name of the environment, as resources are tagged with it.
    """

    stack_name: str
    endpoint_name: str
    releases_table_name: str
    model_package_group_name: str
    artifacts_bucket_name: str
    environment: str

    @classmethod
    @cache
    def from_environ(cls) -> "Settings":
        """Read the environment, once.

        Raises:
            KeyError: a variable is missing.
        """
        return cls(**{each.name: os.environ[each.name.upper()] for each in fields(cls)})
