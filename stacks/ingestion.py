from pathlib import Path
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from config import EnvironmentConfig
from config.layers import Layer
from mlops_constructs.assets import built_layer, repository_code
from mlops_constructs.log_retention import log_retention
from mlops_constructs.notifications import notify_queue
from mlops_constructs.python_function import FunctionSource
from mlops_constructs.queue_processing_function import QueueProcessingFunction
from mlops_constructs.queue_processing_props import QueueProcessingFunctionProps
from mlops_constructs.removal import removal_policy
from schemas.catalog import DATASETS
from schemas.names import DEAD_LETTER_PREFIX, LANDING_PREFIX, METRICS_NAMESPACE, Output
from stacks.data_lake import DataLakeStack
from stacks.dataset_alarms import add_dataset_alarms
from stacks.ingestion_grants import grant_ingestion
from stacks.outputs import add_outputs

ROOT = Path(__file__).resolve().parent.parent
EVERY_FUNCTION = ("lambdas/shared", "schemas")


class IngestionStack(cdk.Stack):
    """Every object put under `landing/` -> curated Parquet, quarantined rows, a ledger entry.

    Attributes:
        processing: Queue, ingest function, and what becomes of messages that fail.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        environment: EnvironmentConfig,
        data_lake: DataLakeStack,
        **kwargs: Any,
    ) -> None:
        super().__init__(scope, construct_id, **kwargs)
        self._environment = environment
        ingestion = environment.ingestion
        self.processing = QueueProcessingFunction(
            self,
            "Ingestion",
            props=QueueProcessingFunctionProps(
                processor=self._ingest_function(data_lake),
                archiver=self._archive_function(),
                service_name="ingestion",
                metrics_namespace=METRICS_NAMESPACE,
                alarm_topic=data_lake.alarm_topic,
                spill_bucket=data_lake.quarantine_bucket,
                spill_prefix=DEAD_LETTER_PREFIX,
                timeout=cdk.Duration.seconds(ingestion.timeout_seconds),
                max_concurrency=ingestion.max_concurrency,
                seconds_per_message=ingestion.seconds_per_file,
                expected_burst=ingestion.expected_burst,
                max_drain_time=cdk.Duration.seconds(ingestion.max_drain_seconds),
                reserve_concurrency=ingestion.reserve_concurrency,
                batch_size=ingestion.batch_size,
                ride_out=cdk.Duration.seconds(ingestion.ride_out_seconds),
                log_retention=log_retention(environment.log_retention_days),
                removal_policy=removal_policy(is_ephemeral=environment.is_ephemeral),
            ),
        )
        grant_ingestion(self.processing, data_lake)
        notify_queue(
            self,
            "RawBucket",
            bucket=data_lake.raw_bucket,
            queue=self.processing.source_queue,
            prefix=LANDING_PREFIX,
        )
        for contract in DATASETS.values():
            add_dataset_alarms(self, contract, topic=data_lake.alarm_topic)
        add_outputs(
            self,
            {
                Output.INGESTION_QUEUE_URL: self.processing.source_queue.queue_url,
                Output.DEAD_LETTER_QUEUE_URL: self.processing.dead_letter_queue.queue_url,
                Output.PARKING_QUEUE_URL: self.processing.parking_queue.queue_url,
                Output.DEAD_LETTER_TABLE_NAME: self.processing.dead_letter_table.table_name,
                Output.INGEST_FUNCTION_NAME: self.processing.processor.function.function_name,
            },
        )

    def _ingest_function(self, data_lake: DataLakeStack) -> FunctionSource:
        ingestion = self._environment.ingestion
        return FunctionSource(
            code=repository_code(ROOT, ["lambdas/ingest", "contracts", *EVERY_FUNCTION]),
            handler="lambdas.ingest.handler.lambda_handler",
            description="Checks raw files against their contracts and writes curated ones",
            layers=[self._layer("ArrowLayer", Layer.ARROW)],
            memory_mb=ingestion.memory_mb,
            ephemeral_storage_mb=ingestion.ephemeral_storage_mb,
            environment={
                "RAW_BUCKET_NAME": data_lake.raw_bucket.bucket_name,
                "CURATED_BUCKET_NAME": data_lake.curated_bucket.bucket_name,
                "QUARANTINE_BUCKET_NAME": data_lake.quarantine_bucket.bucket_name,
                "LEDGER_TABLE_NAME": data_lake.ledger_table.table_name,
                "MAX_FILE_BYTES": str(ingestion.max_file_bytes),
            },
        )

    def _archive_function(self) -> FunctionSource:
        return FunctionSource(
            code=repository_code(ROOT, ["lambdas/archive", *EVERY_FUNCTION]),
            handler="lambdas.archive.handler.lambda_handler",
            description="Records messages that could not be processed",
            layers=[self._layer("BaseLayer", Layer.BASE)],
        )

    def _layer(self, construct_id: str, layer: Layer) -> lambda_.LayerVersion:
        platform = self._environment.layer_platform
        return built_layer(
            self,
            construct_id,
            archive=layer.archive(platform),
            asset_hash=layer.asset_hash(platform),
            description=f"Third-party packages locked in {layer.lock_file.name}",
        )
