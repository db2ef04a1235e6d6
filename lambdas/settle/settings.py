import os
from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """What the settle function's environment variables say.

    Attributes:
        runs_table_name: Table of the training runs.
    """

    runs_table_name: str

    @classmethod
    @cache
    def from_environ(cls) -> "Settings":
        """Read the environment, once.

        Raises:
            KeyError: a variable is missing.
        """
        return cls(runs_table_name=os.environ["RUNS_TABLE_NAME"])
