import os
from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """What the prediction log function's environment variables say.

    Attributes:
        curated_bucket_name: Bucket of the Parquet files.
        spill_bucket_name: Bucket of the records that were too large for the queue.
        index_table_name: Table that tells which object holds the predictions of a request.
        failure_table_name: Table of the last failures.
        dead_letter_table_name: Table of the messages that died.
        queue_url: Queue that the messages come from.
    """

    curated_bucket_name: str
    spill_bucket_name: str
    index_table_name: str
    failure_table_name: str
    dead_letter_table_name: str
    queue_url: str

    @classmethod
    @cache
    def from_environ(cls) -> "Settings":
        """Read the environment, once.

        Raises:
            KeyError: a variable is missing.
        """
        return cls(**{name: os.environ[name.upper()] for name in cls.__dataclass_fields__})
