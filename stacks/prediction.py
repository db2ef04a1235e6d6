from typing import Any

import aws_cdk as cdk
from constructs import Construct

from config import EnvironmentConfig
from mlops_constructs.log_retention import log_retention
from mlops_constructs.predict_function import PredictFunction, PredictFunctionProps
from mlops_constructs.queue_processing_function import QueueProcessingFunction
from mlops_constructs.queue_processing_props import QueueProcessingFunctionProps
from mlops_constructs.removal import removal_policy
from mlops_constructs.tables import create_table
from schemas.names import DEAD_LETTER_PREFIX, Output, prediction_namespace
from schemas.predictions import REQUEST_KEY
from stacks.batch_scoring import add_batch_scoring
from stacks.data_lake import DataLakeStack
from stacks.model_registry import ModelRegistryStack
from stacks.outputs import add_outputs
from stacks.prediction_catalog import add_prediction_catalog
from stacks.prediction_functions import MAX_MESSAGE_BYTES, PredictionSources
from stacks.prediction_grants import grant_prediction
from stacks.prediction_outputs import prediction_outputs

# Beside the endpoint's time: judging the request, keeping a large record, and queueing it.
OVERHEAD = cdk.Duration.seconds(20)


class PredictionStack(cdk.Stack):
    """Requests -> answers that are logged before they are given -> a table of predictions.

    Attributes:
        log: Queue and function of the log.
        predict: Function that answers.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        environment: EnvironmentConfig,
        data_lake: DataLakeStack,
        registry: ModelRegistryStack,
        **kwargs: Any,
    ) -> None:
        super().__init__(scope, construct_id, **kwargs)
        self._environment = environment
        self._data_lake = data_lake
        removal = removal_policy(is_ephemeral=environment.is_ephemeral)
        sources = PredictionSources(self, environment=environment, data_lake=data_lake)
        self.log = self._add_log(sources, removal)
        self.index = create_table(
            self,
            "Index",
            partition_key=REQUEST_KEY,
            encryption_key=self.log.key,
            removal_policy=removal,
        )
        self.log.processor.function.add_environment("INDEX_TABLE_NAME", self.index.table_name)
        budget = cdk.Duration.seconds(environment.serving.latency_budget_seconds)
        self.predict = PredictFunction(
            self,
            "Predict",
            props=PredictFunctionProps(
                source=sources.predict(self.log.source_queue.queue_url),
                timeout=budget.plus(OVERHEAD),
                key=self.log.key,
                topic=data_lake.alarm_topic,
                log_retention=log_retention(environment.log_retention_days),
                removal_policy=removal,
            ),
        )
        grant_prediction(
            self.predict.function,
            self.log,
            self.index,
            environment=environment,
            data_lake=data_lake,
            registry=registry,
        )
        add_prediction_catalog(self, environment=environment, data_lake=data_lake)
        scoring = add_batch_scoring(
            self, environment=environment, data_lake=data_lake, registry=registry
        )
        add_outputs(
            self,
            {
                **prediction_outputs(self.log, self.index, self.predict),
                Output.SCORING_STATE_MACHINE_ARN: scoring.state_machine.state_machine_arn,
            },
        )

    def _add_log(
        self, sources: PredictionSources, removal: cdk.RemovalPolicy
    ) -> QueueProcessingFunction:
        log = self._environment.serving.log
        return QueueProcessingFunction(
            self,
            "Log",
            props=QueueProcessingFunctionProps(
                processor=sources.log(),
                archiver=sources.archive(),
                service_name="predictions",
                metrics_namespace=prediction_namespace(self._environment.name),
                alarm_topic=self._data_lake.alarm_topic,
                spill_bucket=self._data_lake.quarantine_bucket,
                spill_prefix=DEAD_LETTER_PREFIX,
                timeout=cdk.Duration.seconds(log.timeout_seconds),
                max_concurrency=log.max_concurrency,
                seconds_per_message=log.seconds_per_record,
                expected_burst=log.expected_burst,
                max_drain_time=cdk.Duration.seconds(log.max_drain_seconds),
                reserve_concurrency=log.reserve_concurrency,
                batch_size=log.batch_size,
                batch_window=cdk.Duration.seconds(log.batch_window_seconds),
                ride_out=cdk.Duration.seconds(log.ride_out_seconds),
                max_message_bytes=MAX_MESSAGE_BYTES,
                log_retention=log_retention(self._environment.log_retention_days),
                removal_policy=removal,
            ),
        )
