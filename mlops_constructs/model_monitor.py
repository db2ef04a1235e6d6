"""The model monitor: a workflow with one job, the alarms on its findings, and who reacts."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from mlops_constructs.alarms import Runbook, alarm_name, alarm_when_any
from mlops_constructs.events import on_event
from mlops_constructs.monitor_states import MonitorStates
from mlops_constructs.pipeline_grants import PROCESSING_JOBS
from mlops_constructs.python_function import FunctionSource
from mlops_constructs.sagemaker_jobs import JobSettings
from mlops_constructs.workflow import Workflow, WorkflowSettings

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
        workflow: What workflows of every kind are given.
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
    """

    workflow: WorkflowSettings
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


class ModelMonitor(Workflow):
    """Predictions, labels and a baseline -> findings -> alarms -> a decision.

    A run looks at the predictions of a span of time; its role starts jobs, and may change nothing
    else.

    Attributes:
        alarms: Concern to alarm.
        monitor: Function between the jobs, to grant to.
        respond: Function that reacts to alarms, to grant to.
        state_machine: The state machine.
    """

    def __init__(self, scope: Construct, construct_id: str, *, props: ModelMonitorProps) -> None:
        super().__init__(
            scope,
            construct_id,
            settings=props.workflow,
            service_name="monitor",
            description="Looks at what a model has predicted",
        )
        self.alarms = {
            each.concern: self._add_alarm(each, props.workflow.topic) for each in props.findings
        }
        self.monitor = self._add_step("Monitor", props.monitor, timeout=props.timeout)
        names = {alarm_name(self, _id(concern)): concern for concern in self.alarms}
        self.respond = self._add_function(
            "Respond",
            props.respond,
            timeout=props.timeout,
            environment={"ALARMS": json.dumps(names, sort_keys=True)},
        )
        self._react(props.undelivered)
        self._allow_announcing()
        self._allow_jobs(KINDS, props.job_name_prefix, props.job_role)
        self.state_machine: sfn.StateMachine = self._add_state_machine(
            self._states(props).definition(),
            failure="The model could not be looked at: `ops monitor list` says why; drift and "
            "bad quality would go unseen.",
            runbook=Runbook.MODEL_MONITOR,
        )

    def _add_alarm(self, finding: Finding, topic: sns.ITopic) -> cloudwatch.Alarm:
        return alarm_when_any(
            self,
            _id(finding.concern),
            metric=finding.metric,
            description=finding.description,
            runbook=Runbook.MODEL_MONITOR,
            topic=topic,
        )

    def _react(self, undelivered: sqs.Queue) -> None:
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
            undelivered=undelivered,
            description="The monitor found something, and somebody must do something about it",
        )

    def _states(self, props: ModelMonitorProps) -> MonitorStates:
        return MonitorStates(
            monitor_arn=self.monitor.function.function_arn,
            seconds=int(props.timeout.to_seconds()),
            permanent_errors=props.permanent_errors,
            jobs=props.jobs,
            topic_arn=props.workflow.topic.topic_arn,
            timeout_seconds=int(props.execution_timeout.to_seconds()),
        )


def _id(concern: str) -> str:
    return f"{concern.capitalize()}Alarm"
