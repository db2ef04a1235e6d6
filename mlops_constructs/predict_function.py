"""A function that answers clients over HTTPS, to whom IAM gives leave."""

from dataclasses import dataclass

import aws_cdk as cdk
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sns as sns
from constructs import Construct

from mlops_constructs.acknowledgements import acknowledge
from mlops_constructs.alarms import PERIOD, Runbook, alarm_when_any
from mlops_constructs.python_function import FunctionSource, PythonFunction, PythonFunctionProps


@dataclass(frozen=True, kw_only=True, slots=True)
class PredictFunctionProps:
    """Inputs of `PredictFunction`.

    Attributes:
        source: What it runs.
        timeout: Longest run of one request.
        key: Encrypts its log and variables; its policy admits CloudWatch Logs.
        topic: Told by its alarms.
        log_retention: How long its log is kept.
        removal_policy: What becomes of the log when the stack is deleted.
    """

    source: FunctionSource
    timeout: cdk.Duration
    key: kms.IKey
    topic: sns.ITopic
    log_retention: logs.RetentionDays
    removal_policy: cdk.RemovalPolicy


class PredictFunction(Construct):
    """The function, its URL, and alarms for what its answers do not tell.

    Nobody may call it until an administrator allows a role `lambda:InvokeFunctionUrl` and
    `lambda:InvokeFunction` on it.

    Attributes:
        function: The function.
        url: Where it answers.
    """

    def __init__(self, scope: Construct, construct_id: str, *, props: PredictFunctionProps) -> None:
        super().__init__(scope, construct_id)
        self.function = PythonFunction(
            self,
            "Function",
            props=PythonFunctionProps(
                source=props.source,
                timeout=props.timeout,
                service_name="predict",
                key=props.key,
                log_retention=props.log_retention,
                removal_policy=props.removal_policy,
            ),
        )
        acknowledge(
            self.function.function,
            "Serverless-LambdaDLQ",
            reason="Clients invoke it and wait for its answer; nothing is asynchronous.",
        )
        url = lambda_.CfnUrl(
            self,
            "Url",
            auth_type="AWS_IAM",
            invoke_mode="BUFFERED",
            target_function_arn=self.function.function.function_arn,
        )
        self.url = url.attr_function_url
        for name, metric, description in (
            (
                "Errors",
                self.function.function.metric_errors(period=PERIOD, statistic="Sum"),
                "The predict function failed instead of answering: its log says why.",
            ),
            (
                "Throttles",
                self.function.function.metric_throttles(period=PERIOD, statistic="Sum"),
                "Prediction requests were turned away: the account's concurrency is used up.",
            ),
        ):
            alarm_when_any(
                self,
                f"{name}Alarm",
                metric=metric,
                description=description,
                runbook=Runbook.PREDICTIONS,
                topic=props.topic,
            )
