"""The log of predictions as a table, and the questions that people ask it."""

from collections.abc import Mapping

from aws_cdk import aws_athena as athena
from constructs import Construct

from config import EnvironmentConfig
from schemas.catalog import DATASETS, MODEL_DATASETS, MODEL_INPUT
from schemas.names import PREDICTIONS_PREFIX
from schemas.predictions import PARTITION, PREDICTIONS
from stacks.catalog import PARQUET_FORMAT, GlueTable, add_table, database_name, glue_columns
from stacks.data_lake import DataLakeStack

# No prediction is older than this project.
FIRST_DAY = "2026-01-01"


def add_prediction_catalog(
    scope: Construct, *, environment: EnvironmentConfig, data_lake: DataLakeStack
) -> None:
    """Add the table of predictions to the lake's database, and queries to its workgroup."""
    location = f"s3://{data_lake.curated_bucket.bucket_name}/{PREDICTIONS_PREFIX.rstrip('/')}"
    database = database_name(environment.name)
    add_table(
        scope,
        "Predictions",
        database,
        GlueTable(
            name=PREDICTIONS.name,
            description=PREDICTIONS.description,
            location=location,
            columns=glue_columns(PREDICTIONS.columns),
            partition_keys={PARTITION: "string"},
            parameters=_projection(location),
            file_format=PARQUET_FORMAT,
        ),
    )
    for name, (description, sql) in queries().items():
        athena.CfnNamedQuery(
            scope,
            f"{name}Query",
            name=f"mlops-{environment.name}-{name}",
            description=description,
            database=database,
            query_string=sql,
            work_group=f"mlops-{environment.name}",
        )


def queries() -> Mapping[str, tuple[str, str]]:
    """Return the named queries: construct id to description and SQL."""
    main = DATASETS[MODEL_DATASETS[0]]
    keys = MODEL_INPUT.primary_key
    later = [name for name in main.column_names if name not in MODEL_INPUT.column_names]
    return {
        "Explain": (
            "Which model gave a prediction, and from which code and data it was trained",
            "SELECT prediction_id, predicted_at, score, flaw, variant, model_package_arn, "
            "training_job_arn, code_sha256, manifest_uri\n"
            f"FROM {PREDICTIONS.name}\n"
            f"WHERE {PARTITION} = '2026-01-31' -- the day of the prediction, in UTC\n"
            "  AND prediction_id = 'nightly-7.3f0c9a1b2c3d.0'",
        ),
        "Labelled": (
            "Predictions with what became known later",
            f"SELECT p.prediction_id, p.score, p.model_package_arn, "
            f"{', '.join(f'l.{name}' for name in later)}\n"
            f"FROM {PREDICTIONS.name} p JOIN {main.name} l\n"
            f"  ON {' AND '.join(f'p.{key} = l.{key}' for key in keys)}\n"
            "WHERE p.flaw IS NULL",
        ),
        "Flawed": (
            "Predictions that are no probabilities, or whose inputs break the contract",
            f"SELECT {PARTITION}, variant, model_package_arn, flaw, count(*) AS predictions\n"
            f"FROM {PREDICTIONS.name}\n"
            "WHERE flaw IS NOT NULL\n"
            "GROUP BY 1, 2, 3, 4 ORDER BY 1 DESC",
        ),
        "Traffic": (
            "How many predictions each model gave, by day",
            f"SELECT {PARTITION}, variant, model_package_arn, count(*) AS predictions, "
            "avg(score) AS mean_score\n"
            f"FROM {PREDICTIONS.name}\n"
            "GROUP BY 1, 2, 3 ORDER BY 1 DESC",
        ),
    }


def _projection(location: str) -> dict[str, str]:
    """Return table parameters by which Athena works out the days instead of looking them up."""
    return {
        "classification": "parquet",
        "projection.enabled": "true",
        f"projection.{PARTITION}.type": "date",
        f"projection.{PARTITION}.format": "yyyy-MM-dd",
        f"projection.{PARTITION}.range": f"{FIRST_DAY},NOW+1DAYS",
        f"projection.{PARTITION}.interval": "1",
        f"projection.{PARTITION}.interval.unit": "DAYS",
        "storage.location.template": f"{location}/{PARTITION}=${{{PARTITION}}}/",
    }
