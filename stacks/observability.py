from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from config import EnvironmentConfig
from mlops_constructs.alarms import PERIOD, alarm_when_any
from mlops_constructs.queue_processing_function import QueueProcessingFunction
from stacks.prediction import PredictionStack
from stacks.serving_names import endpoint_name, variants
from stacks.widgets import (
    endpoint_latency,
    endpoint_traffic,
    executions,
    files,
    functions,
    quarantined,
    queues,
)


class ObservabilityStack(cdk.Stack):
    """One page that shows whether the platform is well, and the alarms that no part of it owns.

    Deployed last: it only reads.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        environment: EnvironmentConfig,
        ingestion: QueueProcessingFunction,
        training: sfn.IStateMachine,
        release: sfn.IStateMachine,
        predictions: PredictionStack,
        alarm_topic: sns.ITopic,
        **kwargs: Any,
    ) -> None:
        super().__init__(scope, construct_id, **kwargs)
        self._add_platform_alarms(alarm_topic)
        dashboard = cloudwatch.Dashboard(
            self, "Dashboard", dashboard_name=f"mlops-{environment.name}"
        )
        dashboard.add_widgets(files(), quarantined())
        dashboard.add_widgets(
            queues(ingestion, "Ingestion"), functions(ingestion.processor, "Ingest function")
        )
        dashboard.add_widgets(executions(training, "Trainings"), executions(release, "Releases"))
        served = endpoint_name(environment), variants(environment)
        dashboard.add_widgets(endpoint_traffic(*served), endpoint_latency(*served))
        dashboard.add_widgets(
            functions(predictions.predict.function, "Predict function"),
            queues(predictions.log, "Prediction log"),
        )

    def _add_platform_alarms(self, topic: sns.ITopic) -> None:
        alarm_when_any(
            self,
            "AccountThrottlesAlarm",
            metric=lambda_.Function.metric_all_throttles(period=PERIOD, statistic="Sum"),
            description="Some function of this account was refused concurrency: compare the "
            "account's quota with what its functions use.",
            topic=topic,
        )
        alarm_when_any(
            self,
            "UnannouncedAlarm",
            metric=cloudwatch.Metric(
                namespace="AWS/SNS",
                metric_name="NumberOfNotificationsFailed",
                dimensions_map={"TopicName": topic.topic_name},
                statistic="Sum",
                period=PERIOD,
            ),
            description="An alarm reached nobody: check the subscriptions of the alarm topic.",
            topic=topic,
        )
