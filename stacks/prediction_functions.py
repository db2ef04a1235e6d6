"""What the functions of predictions run, and what they are told."""

from constructs import Construct

from config import EnvironmentConfig
from config.layers import Layer
from mlops_constructs.assets import built_layer, repository_code
from mlops_constructs.python_function import FunctionSource
from stacks.data_lake import DataLakeStack
from stacks.functions import EVERY_FUNCTION, ROOT, BaseFunctions
from stacks.serving_names import endpoint_name

# A batch of records must fit an invocation's six megabytes; larger records are spilled.
MAX_MESSAGE_BYTES = 256 * 1024
# It judges rows and waits; more memory is a faster processor.
PREDICT_MEMORY_MB = 1024
LOG_MEMORY_MB = 1769


class PredictionSources:
    """Sources of the functions; their layers are created in `scope`."""

    def __init__(
        self, scope: Construct, *, environment: EnvironmentConfig, data_lake: DataLakeStack
    ) -> None:
        self._scope = scope
        self._environment = environment
        self._data_lake = data_lake
        self._functions = BaseFunctions(scope, environment)

    def predict(self, queue_url: str) -> FunctionSource:
        """Return what answers requests, and logs answers through a queue."""
        return self._functions.source(
            "predict",
            "Answers prediction requests, and logs every answer before it gives it",
            memory_mb=PREDICT_MEMORY_MB,
            packages=("contracts",),
            environment={
                "ENDPOINT_NAME": endpoint_name(self._environment),
                "LOG_QUEUE_URL": queue_url,
                "SPILL_BUCKET_NAME": self._data_lake.quarantine_bucket.bucket_name,
                "MAX_MESSAGE_BYTES": str(MAX_MESSAGE_BYTES),
                "LATENCY_BUDGET_SECONDS": str(self._environment.serving.latency_budget_seconds),
            },
        )

    def log(self) -> FunctionSource:
        """Return what writes the log."""
        platform = self._environment.layer_platform
        layer = built_layer(
            self._scope,
            "ArrowLayer",
            archive=Layer.ARROW.archive(platform),
            asset_hash=Layer.ARROW.asset_hash(platform),
            description=f"Third-party packages locked in {Layer.ARROW.lock_file.name}",
        )
        folders = ["lambdas/prediction_log", "contracts", *EVERY_FUNCTION]
        return FunctionSource(
            code=repository_code(ROOT, folders),
            handler="lambdas.prediction_log.handler.lambda_handler",
            description="Writes predictions, and the models that gave them, to their table",
            layers=[layer],
            memory_mb=LOG_MEMORY_MB,
            environment={
                "CURATED_BUCKET_NAME": self._data_lake.curated_bucket.bucket_name,
                "SPILL_BUCKET_NAME": self._data_lake.quarantine_bucket.bucket_name,
            },
        )

    def archive(self) -> FunctionSource:
        """Return what archives dead letters."""
        return self._functions.source(
            "archive", "Records predictions that could not be logged", environment={}
        )
