"""The catalog: what Athena and others need to read the lake, derived from the contracts."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import aws_cdk as cdk
from aws_cdk import aws_athena as athena
from aws_cdk import aws_glue as glue
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from schemas.datasets import Column, ColumnType, DatasetContract
from schemas.names import CURATED_PREFIX, QUARANTINE_PREFIX

RESULTS_PREFIX = "athena-results/"
RESULTS_DAYS = 30

GLUE_TYPES: Mapping[ColumnType, str] = {
    ColumnType.STRING: "string",
    ColumnType.INT64: "bigint",
    ColumnType.FLOAT64: "double",
    ColumnType.TIMESTAMP: "timestamp",
    ColumnType.DATE: "date",
    ColumnType.BOOL: "boolean",
}

# Fields of a quarantined row.
QUARANTINE_COLUMNS = {
    "line": "bigint",
    "reason": "string",
    "column": "string",
    "message": "string",
    "text": "string",
}

PARQUET_FORMAT = {
    "input_format": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
    "output_format": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
    "serialization": "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe",
}
JSON_FORMAT = {
    "input_format": "org.apache.hadoop.mapred.TextInputFormat",
    "output_format": "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
    "serialization": "org.openx.data.jsonserde.JsonSerDe",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class CatalogProps:
    """Inputs of `Catalog`.

    Attributes:
        name: Of the workgroup and, with underscores, of the database.
        contracts: Datasets of the lake.
        curated_bucket: Holds the curated files.
        quarantine_bucket: Holds the quarantined rows.
        results_bucket: Takes the results of queries.
        key: Encrypts the results.
        is_ephemeral: Whether the workgroup may be deleted with the queries it remembers.
    """

    name: str
    contracts: tuple[DatasetContract, ...]
    curated_bucket: s3.IBucket
    quarantine_bucket: s3.IBucket
    results_bucket: s3.IBucket
    key: kms.IKey
    is_ephemeral: bool


class Catalog(Construct):
    """A Glue database with two tables per dataset, and an Athena workgroup to query them."""

    def __init__(self, scope: Construct, construct_id: str, *, props: CatalogProps) -> None:
        super().__init__(scope, construct_id)
        database = glue.CfnDatabase(
            self,
            "Database",
            catalog_id=cdk.Aws.ACCOUNT_ID,
            database_input=glue.CfnDatabase.DatabaseInputProperty(
                name=props.name.replace("-", "_"), description="The data lake's curated data"
            ),
        )
        for contract in props.contracts:
            self._add_curated_table(database, contract, props.curated_bucket)
            self._add_quarantine_table(database, contract, props.quarantine_bucket)
        self._add_workgroup(props)

    def _add_curated_table(
        self, database: glue.CfnDatabase, contract: DatasetContract, bucket: s3.IBucket
    ) -> None:
        location = f"s3://{bucket.bucket_name}/{CURATED_PREFIX}{contract.name}"
        add_table(
            self,
            f"{_pascal_case(contract.name)}Curated",
            database.ref,
            GlueTable(
                name=contract.name,
                description=contract.description,
                location=location,
                columns=glue_columns(contract.file_columns),
                partition_keys={
                    name: GLUE_TYPES[contract.column(name).type] for name in contract.partition_by
                },
                parameters=_projection(contract, location),
                file_format=PARQUET_FORMAT,
            ),
        )

    def _add_quarantine_table(
        self, database: glue.CfnDatabase, contract: DatasetContract, bucket: s3.IBucket
    ) -> None:
        add_table(
            self,
            f"{_pascal_case(contract.name)}Quarantine",
            database.ref,
            GlueTable(
                name=f"{contract.name}_quarantine",
                description=f"Rows that {contract.name} refused, and why",
                location=f"s3://{bucket.bucket_name}/{QUARANTINE_PREFIX}{contract.name}",
                columns=[
                    glue.CfnTable.ColumnProperty(name=name, type=type_)
                    for name, type_ in QUARANTINE_COLUMNS.items()
                ],
                partition_keys={},
                parameters={"classification": "json"},
                file_format=JSON_FORMAT,
            ),
        )

    def _add_workgroup(self, props: CatalogProps) -> None:
        athena.CfnWorkGroup(
            self,
            "Workgroup",
            name=props.name,
            description="Queries of the data lake; results are encrypted and expire",
            recursive_delete_option=props.is_ephemeral,
            work_group_configuration=athena.CfnWorkGroup.WorkGroupConfigurationProperty(
                enforce_work_group_configuration=True,
                publish_cloud_watch_metrics_enabled=True,
                result_configuration=athena.CfnWorkGroup.ResultConfigurationProperty(
                    output_location=f"s3://{props.results_bucket.bucket_name}/{RESULTS_PREFIX}",
                    encryption_configuration=athena.CfnWorkGroup.EncryptionConfigurationProperty(
                        encryption_option="SSE_KMS", kms_key=props.key.key_arn
                    ),
                ),
            ),
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class GlueTable:
    """A table over files of a bucket.

    Attributes:
        name: As queries name it.
        description: What one row is.
        location: S3 URI of the folder with its files, without a closing slash.
        columns: What the files hold.
        partition_keys: Columns that the path holds, outermost first, to their types.
        parameters: Classification, and how partitions are found.
        file_format: `PARQUET_FORMAT` or `JSON_FORMAT`.
    """

    name: str
    description: str
    location: str
    columns: Sequence[glue.CfnTable.ColumnProperty]
    partition_keys: Mapping[str, str]
    parameters: Mapping[str, str]
    file_format: Mapping[str, str]


def add_table(
    scope: Construct, construct_id: str, database_name: str, table: GlueTable
) -> glue.CfnTable:
    """Create a table of a database in `scope`."""
    return glue.CfnTable(
        scope,
        construct_id,
        catalog_id=cdk.Aws.ACCOUNT_ID,
        database_name=database_name,
        table_input=glue.CfnTable.TableInputProperty(
            name=table.name,
            description=table.description,
            table_type="EXTERNAL_TABLE",
            parameters=dict(table.parameters),
            partition_keys=[
                glue.CfnTable.ColumnProperty(name=name, type=type_)
                for name, type_ in table.partition_keys.items()
            ],
            storage_descriptor=glue.CfnTable.StorageDescriptorProperty(
                location=f"{table.location}/",
                columns=list(table.columns),
                input_format=table.file_format["input_format"],
                output_format=table.file_format["output_format"],
                serde_info=glue.CfnTable.SerdeInfoProperty(
                    serialization_library=table.file_format["serialization"]
                ),
            ),
        ),
    )


def glue_columns(columns: Iterable[Column]) -> list[glue.CfnTable.ColumnProperty]:
    """Return a contract's columns as Glue describes them."""
    return [
        glue.CfnTable.ColumnProperty(
            name=column.name, type=GLUE_TYPES[column.type], comment=column.description or None
        )
        for column in columns
    ]


def database_name(environment_name: str) -> str:
    """Return the name of an environment's database."""
    return f"mlops_{environment_name}"


def _projection(contract: DatasetContract, location: str) -> dict[str, str]:
    """Return table parameters by which Athena works out partitions instead of looking them up.

    https://docs.aws.amazon.com/athena/latest/ug/partition-projection-supported-types.html
    """
    parameters = {"classification": "parquet"}
    if not contract.partition_columns:
        return parameters
    parameters["projection.enabled"] = "true"
    for column in contract.partition_columns:
        parameters |= {
            f"projection.{column.name}.type": "integer",
            f"projection.{column.name}.range": f"{column.minimum},{column.maximum}",
            f"projection.{column.name}.digits": str(column.digits),
        }
    segments = "".join(f"/{name}=${{{name}}}" for name in contract.partition_by)
    parameters["storage.location.template"] = f"{location}{segments}/"
    return parameters


def _pascal_case(name: str) -> str:
    return "".join(word.capitalize() for word in name.split("_"))
