"""The model monitor: a state machine with one job, the alarms on its findings, and who reacts."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from mlops_constructs.acknowledgements import acknowledge
from mlops_constructs.alarms import Runbook, alarm_name, alarm_when_any
from mlops_constructs.encryption import READ, WRITE
from mlops_constructs.events import on_event
from mlops_constructs.grants import grant_key
from mlops_constructs.monitor_states import MonitorStates
from mlops_constructs.pipeline_grants import (
    PROCESSING_JOBS,
    grant_job_control,
    grant_job_events,
    grant_passing,
)
from mlops_constructs.python_function import FunctionSource, PythonFunction, PythonFunctionProps
from mlops_constructs.sagemaker_jobs import JobSettings
from mlops_constructs.state_machine import StateMachineProps, add_state_machine

# Long enough for a late point of the metric; short enough to be over before the next run.
FINDING_PERIOD = cdk.Duration.minutes(5)
KINDS = (PROCESSING_JOBS,)


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """What a run may find, and somebody must hear of.

    Attributes:
        concern: What it is about; names the alarm, and tells the reacting function.
        metric: Number of violations; missing when nothing could be said.
        description: What it means, for whoever is woken by it.
    """

    concern: str
    metric: cloudwatch.IMetric
    description: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelMonitorProps:
    """Inputs of `ModelMonitor`.

    Attributes:
        name: Of the state machine; policies name its executions.
        monitor: What plans, publishes and explains.
        respond: What reacts to findings; it is told the alarms in its variable `ALARMS`.
        timeout: Longest run of a function.
        permanent_errors: Exceptions of theirs that no repetition mends.
        job_role: Role that SageMaker moves data with.
        job_name_prefix: Beginning of all jobs' names; grants end there.
        jobs: What all jobs have in common.
        findings: What has an alarm.
        undelivered: Takes events that were not acted upon.
        execution_timeout: Longest execution.
        key: Encrypts logs and variables; its policy admits CloudWatch Logs.
        topic: Told of failures, findings, and what was done about them.
        topic_key: Encrypts the topic.
        log_retention: How long logs are kept.
        removal_policy: What becomes of logs when the stack is deleted.
    """

    name: str
    monitor: FunctionSource
    respond: FunctionSource
    timeout: cdk.Duration
    permanent_errors: Sequence[str]
    job_role: iam.Role
    job_name_prefix: str
    jobs: JobSettings
    findings: Sequence[Finding]
    undelivered: sqs.Queue
    execution_timeout: cdk.Duration
    key: kms.IKey
    topic: sns.ITopic
    topic_key: kms.IKey
    log_retention: logs.RetentionDays
    removal_policy: cdk.RemovalPolicy


class ModelMonitor(Construct):
    """Predictions, labels and a baseline -> findings -> alarms -> a decision.

    Attributes:
        state_machine: A run looks at the predictions of a span of time.
        role: Its role; it starts jobs, and may change nothing else.
        monitor: Function between the jobs, to grant to.
        respond: Function that reacts to alarms, to grant to.
        alarms: Concern to alarm.
    """

    def __init__(self, scope: Construct, construct_id: str, *, props: ModelMonitorProps) -> None:
        super().__init__(scope, construct_id)
        self._props = props
        self.alarms = {each.concern: self._add_alarm(each) for each in props.findings}
        self.monitor = self._add_function("Monitor", props.monitor)
        acknowledge(
            self.monitor.function,
            "Serverless-LambdaDLQ",
            reason="A state machine invokes it and waits; it catches what fails.",
        )
        names = {alarm_name(self, _id(concern)): concern for concern in self.alarms}
        self.respond = self._add_function(
            "Respond", props.respond, {"ALARMS": json.dumps(names, sort_keys=True)}
        )
        self._react()
        self.role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal("states.amazonaws.com"),
            description="Looks at what a model has predicted",
        )
        self._grant()
        self.state_machine: sfn.StateMachine = self._add_state_machine()

    def _add_alarm(self, finding: Finding) -> cloudwatch.Alarm:
        return alarm_when_any(
            self,
            _id(finding.concern),
            metric=finding.metric,
            description=finding.description,
            runbook=Runbook.MODEL_MONITOR,
            topic=self._props.topic,
        )

    def _add_function(
        self, name: str, source: FunctionSource, variables: Mapping[str, str] | None = None
    ) -> PythonFunction:
        props = self._props
        return PythonFunction(
            self,
            name,
            props=PythonFunctionProps(
                source=source,
                timeout=props.timeout,
                service_name="monitor",
                environment=dict(variables or {}),
                key=props.key,
                log_retention=props.log_retention,
                removal_policy=props.removal_policy,
            ),
        )

    def _react(self) -> None:
        """Let the function hear of alarms that go off; what ends by itself needs no reaction."""
        on_event(
            self,
            "Found",
            pattern={
                "source": ["aws.cloudwatch"],
                "detail-type": ["CloudWatch Alarm State Change"],
                "resources": [alarm.alarm_arn for alarm in self.alarms.values()],
                "detail": {"state": {"value": ["ALARM"]}},
            },
            function=self.respond,
            undelivered=self._props.undelivered,
            description="The monitor found something, and somebody must do something about it",
        )

    def _grant(self) -> None:
        props = self._props
        for action, resource in (
            ("lambda:InvokeFunction", self.monitor.function.function_arn),
            ("sns:Publish", props.topic.topic_arn),
        ):
            iam.Grant.add_to_principal(
                grantee=self.role, actions=[action], resource_arns=[resource]
            ).assert_success()
        grant_key(props.topic_key, self.role, actions=READ + WRITE)
        grant_job_control(self.role, props.job_name_prefix, kinds=KINDS)
        grant_job_events(self.role, kinds=KINDS)
        grant_passing(self.role, props.job_role, service="sagemaker.amazonaws.com")

    def _add_state_machine(self) -> sfn.StateMachine:
        props = self._props
        states = MonitorStates(
            monitor_arn=self.monitor.function.function_arn,
            seconds=int(props.timeout.to_seconds()),
            permanent_errors=props.permanent_errors,
            jobs=props.jobs,
            topic_arn=props.topic.topic_arn,
            timeout_seconds=int(props.execution_timeout.to_seconds()),
        )
        return add_state_machine(
            self,
            StateMachineProps(
                name=props.name,
                definition=json.dumps(states.definition()),
                role=self.role,
                failure="The model could not be looked at: `ops monitor list` says why; drift and "
                "bad quality would go unseen.",
                runbook=Runbook.MODEL_MONITOR,
                key=props.key,
                topic=props.topic,
                log_retention=props.log_retention,
                removal_policy=props.removal_policy,
            ),
        )


def _id(concern: str) -> str:
    return f"{concern.capitalize()}Alarm"
