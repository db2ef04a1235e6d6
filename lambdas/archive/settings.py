import os
from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """What the archive function's environment variables say.

    Attributes:
        failure_table_name: Table of the last failures.
        dead_letter_table_name: Table of the messages that died.
        spill_bucket_name: Bucket of the bodies that are too long for an item.
        spill_prefix: What their keys begin with.
    """

    failure_table_name: str
    dead_letter_table_name: str
    spill_bucket_name: str
    spill_prefix: str

    @classmethod
    @cache
    def from_environ(cls) -> "Settings":
        """Read the environment, once.

        Raises:
            KeyError: a variable is missing.
        """
        return cls(**{name: os.environ[name.upper()] for name in cls.__dataclass_fields__})
