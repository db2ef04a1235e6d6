import os
from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """What the ingest function's environment variables say.

    Attributes:
        raw_bucket_name: Bucket that files arrive in.
        curated_bucket_name: Bucket of the Parquet files.
        quarantine_bucket_name: Bucket of the rows that were refused.
        ledger_table_name: Table of the object versions.
        failure_table_name: Table of the last failures.
        dead_letter_table_name: Table of the messages that died.
        queue_url: Queue that the messages come from.
        max_file_bytes: Largest file that is read.
    """

    raw_bucket_name: str
    curated_bucket_name: str
    quarantine_bucket_name: str
    ledger_table_name: str
    failure_table_name: str
    dead_letter_table_name: str
    queue_url: str
    max_file_bytes: int

    @classmethod
    @cache
    def from_environ(cls) -> "Settings":
        """Read the environment, once.

        Raises:
            KeyError: a variable is missing.
        """
        texts = {
            name: os.environ[name.upper()]
            for name in cls.__dataclass_fields__
            if name != "max_file_bytes"
        }
        return cls(**texts, max_file_bytes=int(os.environ["MAX_FILE_BYTES"]))
