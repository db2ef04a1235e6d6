import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

_TEXTS = ("curated_bucket_name", "artifacts_bucket_name", "ledger_table_name", "runs_table_name",
          "releases_table_name", "model_package_group_name", "code_asset_uri", "code_sha256",
          "image_uri", "job_name_prefix")  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """What the snapshot function's environment variables say.

    Attributes:
        curated_bucket_name: Bucket of the Parquet files.
        artifacts_bucket_name: Bucket of snapshots, code and runs.
        ledger_table_name: Table of the raw files' versions.
        runs_table_name: Table of the training runs.
        releases_table_name: Table of the releases.
        model_package_group_name: Where models are registered.
        code_asset_uri: Zip file of the code that trains.
        code_sha256: Its version.
        image_uri: Container image of all jobs.
        job_name_prefix: First part of the names of all jobs.
        hyperparameters: Every hyperparameter that training knows, with its default.
        tuning: What a tuning is told; its `ranges` name the hyperparameters that it looks for.
        min_new_rows: Rows that make new data worth a training.
    """

    curated_bucket_name: str
    artifacts_bucket_name: str
    ledger_table_name: str
    runs_table_name: str
    releases_table_name: str
    model_package_group_name: str
    code_asset_uri: str
    code_sha256: str
    image_uri: str
    job_name_prefix: str
    hyperparameters: Mapping[str, str]
    tuning: Mapping[str, Any]
    min_new_rows: int

    @classmethod
    @cache
    def from_environ(cls) -> "Settings":
        """Read the environment, once.

        Raises:
            KeyError: a variable is missing.
            ValueError: one is not the JSON that it should be.
        """
        return cls(
            **{name: os.environ[name.upper()] for name in _TEXTS},
            hyperparameters=json.loads(os.environ["HYPERPARAMETERS"]),
            tuning=json.loads(os.environ["TUNING"]),
            min_new_rows=int(os.environ["MIN_NEW_ROWS"]),
        )

    @property
    def tuned(self) -> frozenset[str]:
        """Hyperparameters that tuning looks for."""
        return frozenset(self.tuning.get("ranges", ()))
