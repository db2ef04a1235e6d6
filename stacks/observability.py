from collections.abc import Iterator, Sequence
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from constructs import Construct

from config import EnvironmentConfig
from mlops_constructs.alarms import PERIOD, Runbook, alarm_when_any
from mlops_constructs.composite_alarm import AnyAlarm, AnyAlarmProps
from mlops_constructs.python_function import PythonFunction
from schemas.names import NEWS_ALARM
from stacks.alarmed import Alarmed
from stacks.dashboard import Watched, add_dashboard
from stacks.saved_queries import add_saved_queries


class ObservabilityStack(cdk.Stack):
    """Whether the platform is well, and if not, where: one page, one alarm, saved questions.

    Deployed last: it only reads.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        environment: EnvironmentConfig,
        watched: Watched,
        parts: Sequence[tuple[str, cdk.Stack]],
        alarm_topic: sns.ITopic,
        **kwargs: Any,
    ) -> None:
        super().__init__(scope, construct_id, **kwargs)
        for _, stack in parts:
            self.add_stack_dependency(stack)
        own = self._add_platform_alarms(alarm_topic)
        alarmed = [Alarmed.of(part, stack) for part, stack in (*parts, ("platform", self))]
        unhealthy = AnyAlarm(
            self,
            "UnhealthyAlarm",
            props=AnyAlarmProps(
                names=list(_illnesses(alarmed)),
                description="Something of the platform is not well: `ops alarms` says what.",
                runbook=Runbook.PLATFORM,
                topic=alarm_topic,
            ),
        )
        # It names them, which CloudFormation does not take for a reference.
        unhealthy.node.add_dependency(*own)
        add_dashboard(self, environment, watched, alarmed, unhealthy)
        functions = [
            each
            for _, stack in parts
            for each in stack.node.find_all()
            if isinstance(each, PythonFunction)
        ]
        add_saved_queries(self, environment, watched, functions)

    def _add_platform_alarms(self, topic: sns.ITopic) -> list[cloudwatch.Alarm]:
        throttles = alarm_when_any(
            self,
            "AccountThrottlesAlarm",
            metric=lambda_.Function.metric_all_throttles(period=PERIOD, statistic="Sum"),
            description="Some function of this account was refused concurrency: compare the "
            "account's quota with what its functions use.",
            runbook=Runbook.THROTTLES_AND_ERRORS,
            topic=topic,
        )
        unannounced = alarm_when_any(
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
            runbook=Runbook.UNDELIVERED,
            topic=topic,
        )
        return [throttles, unannounced]


def _illnesses(alarmed: Sequence[Alarmed]) -> Iterator[str]:
    for each in alarmed:
        yield from (name for name in each.names if not name.endswith(NEWS_ALARM))
