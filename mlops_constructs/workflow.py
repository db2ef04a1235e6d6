"""Workflows: a state machine, the role it runs as, and the functions between its jobs."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sns as sns
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from mlops_constructs.acknowledgements import acknowledge
from mlops_constructs.alarms import PERIOD, Runbook, alarm_when_any
from mlops_constructs.encryption import READ, WRITE
from mlops_constructs.grants import grant_key
from mlops_constructs.pipeline_grants import (
    JobKind,
    grant_job_control,
    grant_job_events,
    grant_passing,
)
from mlops_constructs.python_function import FunctionSource, PythonFunction, PythonFunctionProps


@dataclass(frozen=True, kw_only=True, slots=True)
class WorkflowSettings:
    """What workflows of every kind are given.

    Attributes:
        name: Of the state machine; policies name its executions by it.
        key: Encrypts logs and variables; its policy admits CloudWatch Logs.
        topic: Told by the alarms, and of what the workflow announces.
        topic_key: Encrypts the topic.
        log_retention: How long logs are kept.
        removal_policy: What becomes of state machine and logs when the stack is deleted.
    """

    name: str
    key: kms.IKey
    topic: sns.ITopic
    topic_key: kms.IKey
    log_retention: logs.RetentionDays
    removal_policy: cdk.RemovalPolicy


class Workflow(Construct):
    """A state machine that is logged whole, traced, and heard when it fails.

    Args:
        scope: Parent.
        construct_id: Id in `scope`.
        settings: What workflows of every kind are given.
        service_name: What its functions call themselves in logs and metrics.
        description: What it does, on its role.

    Attributes:
        name: Of the state machine; policies name its executions by it.
        role: What it runs as, to grant to; it may do nothing that nobody has allowed.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: WorkflowSettings,
        service_name: str,
        description: str,
    ) -> None:
        super().__init__(scope, construct_id)
        self.name = settings.name
        self._settings = settings
        self._service_name = service_name
        self.role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal("states.amazonaws.com"),
            description=description,
        )

    def _add_function(
        self,
        construct_id: str,
        source: FunctionSource,
        *,
        timeout: cdk.Duration,
        environment: Mapping[str, str] | None = None,
    ) -> PythonFunction:
        return PythonFunction(
            self,
            construct_id,
            props=PythonFunctionProps(
                source=source,
                timeout=timeout,
                service_name=self._service_name,
                environment=dict(environment or {}),
                key=self._settings.key,
                log_retention=self._settings.log_retention,
                removal_policy=self._settings.removal_policy,
            ),
        )

    def _add_step(
        self, construct_id: str, source: FunctionSource, *, timeout: cdk.Duration
    ) -> PythonFunction:
        """Create a function that nothing but the state machine invokes."""
        function = self._add_function(construct_id, source, timeout=timeout)
        acknowledge(
            function.function,
            "Serverless-LambdaDLQ",
            reason="A state machine invokes it and waits; it catches what fails.",
        )
        self._allow("lambda:InvokeFunction", function.function.function_arn)
        return function

    def _allow(self, action: str, resource: str) -> None:
        iam.Grant.add_to_principal(
            grantee=self.role, actions=[action], resource_arns=[resource]
        ).assert_success()

    def _allow_announcing(self) -> None:
        self._allow("sns:Publish", self._settings.topic.topic_arn)
        grant_key(self._settings.topic_key, self.role, actions=READ + WRITE)

    def _allow_jobs(self, kinds: Sequence[JobKind], name_prefix: str, job_role: iam.Role) -> None:
        """Allow running jobs of some kinds, whose names begin with a prefix, as a role."""
        grant_job_control(self.role, name_prefix, kinds=kinds)
        grant_job_events(self.role, kinds=kinds)
        grant_passing(self.role, job_role, service="sagemaker.amazonaws.com")

    def _add_state_machine(
        self, definition: Mapping[str, Any], *, failure: str, runbook: Runbook
    ) -> sfn.StateMachine:
        """Create the state machine, with its log and its alarms.

        Args:
            definition: In Amazon States Language.
            failure: What an execution that fails means, and what to do, for whoever is woken.
            runbook: Page that says it at length.
        """
        settings = self._settings
        log_group = logs.LogGroup(
            self,
            "Logs",
            # Step Functions writes to groups of this prefix without a policy for each.
            log_group_name=f"/aws/vendedlogs/states/{settings.name}",
            retention=settings.log_retention,
            encryption_key=settings.key,
            removal_policy=settings.removal_policy,
        )
        state_machine = sfn.StateMachine(
            self,
            "StateMachine",
            state_machine_name=settings.name,
            # Not by the stack's `to_json_string`: it leaves out nulls, and a null ResultPath says
            # that the state goes on as it was.
            definition_body=sfn.DefinitionBody.from_string(json.dumps(definition)),
            role=self.role,
            logs=sfn.LogOptions(
                destination=log_group, level=sfn.LogLevel.ALL, include_execution_data=True
            ),
            tracing_enabled=True,
            removal_policy=settings.removal_policy,
        )
        acknowledge(
            self.role,
            "AwsSolutions-IAM5",
            finding="Resource::*",
            reason="Delivery of logs and X-Ray support no resources.",
        )
        for name, metric in (
            ("Failed", state_machine.metric_failed(period=PERIOD, statistic="Sum")),
            ("TimedOut", state_machine.metric_timed_out(period=PERIOD, statistic="Sum")),
        ):
            alarm_when_any(
                self,
                f"{name}Alarm",
                metric=metric,
                description=failure,
                runbook=runbook,
                topic=settings.topic,
            )
        return state_machine
