import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

_TEXTS = ("artifacts_bucket_name", "curated_bucket_name", "monitoring_table_name",
          "releases_table_name", "model_package_group_name", "code_asset_uri", "code_sha256",
          "image_uri", "job_name_prefix")  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """What the monitor function's environment variables say.

    Attributes:
        artifacts_bucket_name: Bucket of baselines, code and findings.
        curated_bucket_name: Bucket of predictions and labels.
        monitoring_table_name: Table of the runs.
        releases_table_name: Table of the releases.
        model_package_group_name: Group of the models; dimension of the metrics.
        code_asset_uri: Zip file of the code that jobs run.
        code_sha256: Its version.
        image_uri: Container image of all jobs.
        job_name_prefix: First part of the names of all jobs.
        window_days: Days of predictions that a run looks at by default.
        min_labels: Fewest labelled predictions that say anything about quality.
        constraints: What the deployment asks of any model; a patch, see `schemas.constraints`.
        max_auc_loss: By how much AUC may fall below that on the model's holdout.
    """

    artifacts_bucket_name: str
    curated_bucket_name: str
    monitoring_table_name: str
    releases_table_name: str
    model_package_group_name: str
    code_asset_uri: str
    code_sha256: str
    image_uri: str
    job_name_prefix: str
    window_days: int
    min_labels: int
    constraints: Mapping[str, Any]
    max_auc_loss: float

    @classmethod
    @cache
    def from_environ(cls) -> "Settings":
        """Read the environment, once.

        Raises:
            KeyError: a variable is missing.
            ValueError: one is not the number, or the JSON, that it should be.
        """
        return cls(
            **{name: os.environ[name.upper()] for name in _TEXTS},
            window_days=int(os.environ["WINDOW_DAYS"]),
            min_labels=int(os.environ["MIN_LABELS"]),
            constraints=json.loads(os.environ["CONSTRAINTS"]),
            max_auc_loss=float(os.environ["MAX_AUC_LOSS"]),
        )
