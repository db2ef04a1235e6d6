"""Names that more than one part of the platform must spell the same way."""

from enum import StrEnum

STACK_PREFIX = "mlops"

LANDING_PREFIX = "landing/"
CURATED_PREFIX = "curated/"
QUARANTINE_PREFIX = "quarantine/"
DEAD_LETTER_PREFIX = "dead-letters/"
# Of the artifacts bucket.
SNAPSHOT_PREFIX = "snapshots/"
CODE_PREFIX = "code/"
RUNS_PREFIX = "runs/"
SCORING_PREFIX = "scoring/"
CAPTURE_PREFIX = "capture/"
MONITORING_PREFIX = "monitoring/"
# Of the curated bucket.
PREDICTIONS_PREFIX = "predictions/"
# Of the quarantine bucket.
SPILLED_PREDICTIONS_PREFIX = "spilled-predictions/"

METRICS_NAMESPACE = "MLOps/Ingestion"
DATASET_DIMENSION = "dataset"
TRAINING_METRICS_NAMESPACE = "MLOps/Training"
MODEL_DIMENSION = "model_package_group"
PREDICTION_METRICS_NAMESPACE = "MLOps/Predictions"
VARIANT_DIMENSION = "variant"
MONITORING_METRICS_NAMESPACE = "MLOps/Monitoring"

# How the name of the alarm ends that is news about the data, not an illness of the platform.
NEWS_ALARM = "DriftAlarm"
# What the model answers, in lists of the columns that have drifted.
SCORES = "(score)"


def prediction_namespace(environment: str) -> str:
    """Return the namespace of the metrics of predictions: one per environment.

    Releases are undone by these; those of another environment of the account must not count.
    """
    return f"{PREDICTION_METRICS_NAMESPACE}/{environment}"


class StackName(StrEnum):
    """The part of a stack's name that follows `mlops-<environment>-`."""

    DATA_LAKE = "data-lake"
    INGESTION = "ingestion"
    MODEL_REGISTRY = "model-registry"
    TRAINING_PIPELINE = "training-pipeline"
    RELEASE = "release"
    INFERENCE = "inference"
    PREDICTION = "prediction"
    MODEL_MONITOR = "model-monitor"
    OBSERVABILITY = "observability"

    def in_environment(self, environment: str) -> str:
        """Return the full stack name in `environment`, for example `mlops-dev-ingestion`."""
        return f"{STACK_PREFIX}-{environment}-{self.value}"


class Output(StrEnum):
    """Stack outputs that people and the operator's command line look up."""

    RAW_BUCKET_NAME = "RawBucketName"
    CURATED_BUCKET_NAME = "CuratedBucketName"
    QUARANTINE_BUCKET_NAME = "QuarantineBucketName"
    ARTIFACTS_BUCKET_NAME = "ArtifactsBucketName"
    LEDGER_TABLE_NAME = "LedgerTableName"
    ALARM_TOPIC_ARN = "AlarmTopicArn"
    INGESTION_QUEUE_URL = "IngestionQueueUrl"
    DEAD_LETTER_QUEUE_URL = "DeadLetterQueueUrl"
    PARKING_QUEUE_URL = "ParkingQueueUrl"
    DEAD_LETTER_TABLE_NAME = "DeadLetterTableName"
    INGEST_FUNCTION_NAME = "IngestFunctionName"
    MODEL_PACKAGE_GROUP_NAME = "ModelPackageGroupName"
    TRAINING_RUNS_TABLE_NAME = "TrainingRunsTableName"
    TRAINING_STATE_MACHINE_ARN = "TrainingStateMachineArn"
    RELEASES_TABLE_NAME = "ReleasesTableName"
    RELEASE_STATE_MACHINE_ARN = "ReleaseStateMachineArn"
    ENDPOINT_NAME = "EndpointName"
    PREDICT_FUNCTION_NAME = "PredictFunctionName"
    PREDICT_URL = "PredictUrl"
    PREDICTION_QUEUE_URL = "PredictionQueueUrl"
    PREDICTION_DEAD_LETTER_QUEUE_URL = "PredictionDeadLetterQueueUrl"
    PREDICTION_PARKING_QUEUE_URL = "PredictionParkingQueueUrl"
    PREDICTION_DEAD_LETTER_TABLE_NAME = "PredictionDeadLetterTableName"
    PREDICTION_INDEX_TABLE_NAME = "PredictionIndexTableName"
    PREDICTION_LOG_FUNCTION_NAME = "PredictionLogFunctionName"
    SCORING_STATE_MACHINE_ARN = "ScoringStateMachineArn"
    MONITORING_TABLE_NAME = "MonitoringTableName"
    MONITORING_STATE_MACHINE_ARN = "MonitoringStateMachineArn"


class Metric(StrEnum):
    """Metrics of the ingest function, each with the dimension `dataset`.

    Counts are emitted once per object version, when its outcome is written for the first time.
    """

    FILES_CURATED = "FilesCurated"
    FILES_REJECTED = "FilesRejected"
    ROWS_IN = "RowsIn"
    ROWS_ACCEPTED = "RowsAccepted"
    ROWS_QUARANTINED = "RowsQuarantined"


class ModelMetric(StrEnum):
    """Metrics of models, each with the dimension `model_package_group`."""

    MODELS_APPROVED = "ModelsApproved"
    MODELS_INCOMPLETE = "ModelsIncomplete"


class PredictionMetric(StrEnum):
    """Metrics of the prediction log, each with the dimension `variant`.

    Counts are emitted once per logged request: duplicates are not counted again.
    """

    PREDICTIONS_LOGGED = "PredictionsLogged"
    PREDICTIONS_FLAWED = "PredictionsFlawed"
