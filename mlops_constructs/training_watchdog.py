"""The watchdog of training jobs: told of each job that begins, it watches until the job is over."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from mlops_constructs.alarms import Runbook
from mlops_constructs.events import on_event
from mlops_constructs.python_function import FunctionSource, PythonFunction, PythonFunctionProps
from mlops_constructs.state_machine import StateMachineProps, add_state_machine
from mlops_constructs.watchdog_states import WatchdogStates


@dataclass(frozen=True, kw_only=True, slots=True)
class TrainingWatchdogProps:
    """Inputs of `TrainingWatchdog`.

    Attributes:
        name: Of the state machine.
        source: What begins to watch jobs, and looks at them; it is told the state machine in its
            variable `STATE_MACHINE_ARN`.
        timeout: Longest run of a look.
        permanent_errors: Exceptions of the function that no repetition mends.
        job_name_prefix: Beginning of the names of the jobs that are watched.
        look: Time between two looks.
        execution_timeout: Longest watch; longer than any job.
        undelivered: Takes events that were not acted upon.
        key: Encrypts logs and variables; its policy admits CloudWatch Logs.
        topic: Told when a job could not be watched.
        log_retention: How long logs are kept.
        removal_policy: What becomes of logs when the stack is deleted.
    """

    name: str
    source: FunctionSource
    timeout: cdk.Duration
    permanent_errors: Sequence[str]
    job_name_prefix: str
    look: cdk.Duration
    execution_timeout: cdk.Duration
    undelivered: sqs.Queue
    key: kms.IKey
    topic: sns.ITopic
    log_retention: logs.RetentionDays
    removal_policy: cdk.RemovalPolicy


class TrainingWatchdog(Construct):
    """A running training job -> looks at it, one after the other -> stopped, if need be.

    Attributes:
        watchdog: The function, to grant to.
        state_machine: An execution watches one job, and is named like it.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, props: TrainingWatchdogProps
    ) -> None:
        super().__init__(scope, construct_id)
        self._props = props
        self.watchdog = self._add_function()
        self.state_machine: sfn.StateMachine = self._add_state_machine()
        self._listen()

    def _add_function(self) -> PythonFunction:
        props = self._props
        # Written out: the state machine names the function, and a reference back were a cycle.
        machine = cdk.Stack.of(self).format_arn(
            service="states",
            resource="stateMachine",
            resource_name=props.name,
            arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME,
        )
        function = PythonFunction(
            self,
            "Function",
            props=PythonFunctionProps(
                source=props.source,
                timeout=props.timeout,
                service_name="watchdog",
                environment={"STATE_MACHINE_ARN": machine},
                key=props.key,
                log_retention=props.log_retention,
                removal_policy=props.removal_policy,
            ),
        )
        iam.Grant.add_to_principal(
            grantee=function.role, actions=["states:StartExecution"], resource_arns=[machine]
        ).assert_success()
        return function

    def _add_state_machine(self) -> sfn.StateMachine:
        props = self._props
        role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal("states.amazonaws.com"),
            description="Watches a training job",
        )
        iam.Grant.add_to_principal(
            grantee=role,
            actions=["lambda:InvokeFunction"],
            resource_arns=[self.watchdog.function.function_arn],
        ).assert_success()
        states = WatchdogStates(
            watchdog_arn=self.watchdog.function.function_arn,
            seconds=int(props.timeout.to_seconds()),
            permanent_errors=props.permanent_errors,
            look_seconds=int(props.look.to_seconds()),
            timeout_seconds=int(props.execution_timeout.to_seconds()),
        )
        return add_state_machine(
            self,
            StateMachineProps(
                name=props.name,
                definition=json.dumps(states.definition()),
                role=role,
                failure="A training job is not watched any longer, so nothing but its own time "
                "limit stops it when it goes wrong; the execution has the job's name and says why.",
                runbook=Runbook.TRAINING,
                key=props.key,
                topic=props.topic,
                log_retention=props.log_retention,
                removal_policy=props.removal_policy,
            ),
        )

    def _listen(self) -> None:
        """Hear of jobs at work. Executions must be named, which a rule cannot do by itself."""
        on_event(
            self,
            "Begun",
            pattern={
                "source": ["aws.sagemaker"],
                "detail-type": ["SageMaker Training Job State Change"],
                "detail": {
                    "TrainingJobName": [{"prefix": self._props.job_name_prefix}],
                    "TrainingJobStatus": ["InProgress"],
                },
            },
            function=self.watchdog,
            undelivered=self._props.undelivered,
            description="A training job is at work, and must be watched",
        )
