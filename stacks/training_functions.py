"""What the functions of the training pipeline run, and what they are told."""

import json
from hashlib import sha256
from pathlib import Path

from aws_cdk import aws_s3_assets as s3_assets
from constructs import Construct

from config import MODEL, EnvironmentConfig
from mlops_constructs.container_image import RegionalImage
from stacks.data_lake import DataLakeStack
from stacks.functions import BaseFunctions
from stacks.model_registry import ModelRegistryStack

ROOT = Path(__file__).resolve().parent.parent
# Exceptions of the functions that no repetition mends; `lambdas/shared/errors.py` defines them.
PERMANENT_ERRORS = ("InvalidInputError", "PermanentError")
SNAPSHOT_MEMORY_MB = 1024
# What jobs run: one zip, from which every step is imported.
ML_CODE = ("ml", "schemas", "contracts", "reporting")
# The lock of the environment in which local jobs run; the image's own packages have no lock.
ML_LOCK = ROOT / "ml" / "requirements.txt"


class TrainingSources:
    """Sources of the functions; the layer that they share is created in `scope`.

    Attributes:
        functions: Sources of further functions, with the same layer.
        by_function: Sources by the names that `TrainingPipeline` gives its functions.
        approve: Source of the function that approves by itself.
    """

    def __init__(
        self,
        scope: Construct,
        *,
        environment: EnvironmentConfig,
        data_lake: DataLakeStack,
        registry: ModelRegistryStack,
        code: s3_assets.Asset,
        image: RegionalImage,
    ) -> None:
        self.functions = BaseFunctions(scope, environment)
        artifacts = {"ARTIFACTS_BUCKET_NAME": data_lake.artifacts_bucket.bucket_name}
        runs = {"RUNS_TABLE_NAME": registry.runs_table.table_name}
        models = {"MODEL_PACKAGE_GROUP_NAME": registry.group_name}
        self.by_function = {
            "Snapshot": self.functions.source(
                "snapshot",
                "Fixes the data of a training, and claims its run",
                memory_mb=SNAPSHOT_MEMORY_MB,
                environment={
                    **artifacts,
                    **runs,
                    **models,
                    "RELEASES_TABLE_NAME": registry.releases_table.table_name,
                    **_recipe(environment),
                    "CURATED_BUCKET_NAME": data_lake.curated_bucket.bucket_name,
                    "LEDGER_TABLE_NAME": data_lake.ledger_table.table_name,
                    "CODE_ASSET_URI": code.s3_object_url,
                    "CODE_SHA256": code.asset_hash,
                    "IMAGE_URI": image.uri,
                },
            ),
            "Gate": self.functions.source(
                "gate",
                "Decides whether a model is good enough to be registered",
                environment={**artifacts, "THRESHOLDS": json.dumps(_thresholds())},
            ),
            "Register": self.functions.source(
                "register",
                "Registers a model with all that it takes to train it again",
                environment={
                    **artifacts,
                    **models,
                    "LOCK_SHA256": sha256(ML_LOCK.read_bytes()).hexdigest(),
                    "GIT_COMMIT": str(scope.node.try_get_context("commit") or ""),
                },
            ),
            "Settle": self.functions.source(
                "settle", "Records what became of a run, and words it for people", environment=runs
            ),
        }
        self.approve = self.functions.source(
            "approve", "Approves registered models that say where they come from", environment={}
        )


def _recipe(environment: EnvironmentConfig) -> dict[str, str]:
    """Return what a training is made of, as the snapshot function reads it."""
    training = environment.training
    tuning = {
        "jobs": training.tuning_jobs,
        "parallel_jobs": training.parallel_tuning_jobs,
        "ranges": {
            name: {"minimum": each.minimum, "maximum": each.maximum}
            for name, each in MODEL.tuned.items()
        },
    }
    return {
        "HYPERPARAMETERS": json.dumps(dict(MODEL.hyperparameters), sort_keys=True),
        "TUNING": json.dumps(tuning, sort_keys=True),
        "MIN_NEW_ROWS": str(MODEL.min_new_rows),
        "JOB_NAME_PREFIX": environment.name,
    }


def _thresholds() -> dict[str, float]:
    thresholds = MODEL.thresholds
    return {name: getattr(thresholds, name) for name in thresholds.__dataclass_fields__}
