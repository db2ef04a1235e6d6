"""The watchdog of training jobs: told of each job that begins, it watches until the job is over."""

from collections.abc import Sequence
from dataclasses import dataclass

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from mlops_constructs.alarms import Runbook
from mlops_constructs.events import on_event
from mlops_constructs.python_function import FunctionSource, PythonFunction
from mlops_constructs.watchdog_states import WatchdogStates
from mlops_constructs.workflow import Workflow, WorkflowSettings


@dataclass(frozen=True, kw_only=True, slots=True)
class TrainingWatchdogProps:
    """Inputs of `TrainingWatchdog`.

    Attributes:
        workflow: What workflows of every kind are given.
        source: What begins to watch jobs, and looks at them; it is told the state machine in its
            variable `STATE_MACHINE_ARN`.
        timeout: Longest run of a look.
        permanent_errors: Exceptions of the function that no repetition mends.
        job_name_prefix: Beginning of the names of the jobs that are watched.
        job_role: Role of these jobs; others' jobs may have names that begin alike.
        look: Time between two looks.
        execution_timeout: Longest watch; longer than any job.
        undelivered: Takes events that were not acted upon.
    """

    workflow: WorkflowSettings
    source: FunctionSource
    timeout: cdk.Duration
    permanent_errors: Sequence[str]
    job_name_prefix: str
    job_role: iam.IRole
    look: cdk.Duration
    execution_timeout: cdk.Duration
    undelivered: sqs.Queue


class TrainingWatchdog(Workflow):
    """A running training job -> looks at it, one after the other -> stopped, if need be.

    Attributes:
        watchdog: The function, to grant to.
        state_machine: An execution watches one job, and is named like it.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, props: TrainingWatchdogProps
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            settings=props.workflow,
            service_name="watchdog",
            description="Watches a training job",
        )
        self.watchdog = self._add_watchdog(props)
        self.state_machine: sfn.StateMachine = self._add_state_machine(
            self._states(props).definition(),
            failure="A training job is not watched any longer, so nothing but its own time "
            "limit stops it when it goes wrong; the execution has the job's name and says why.",
            runbook=Runbook.TRAINING,
        )
        self._listen(props)

    def _add_watchdog(self, props: TrainingWatchdogProps) -> PythonFunction:
        # Written out: the state machine names the function, and a reference back were a cycle.
        machine = cdk.Stack.of(self).format_arn(
            service="states",
            resource="stateMachine",
            resource_name=props.workflow.name,
            arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME,
        )
        function = self._add_function(
            "Function",
            props.source,
            timeout=props.timeout,
            environment={"STATE_MACHINE_ARN": machine},
        )
        iam.Grant.add_to_principal(
            grantee=function.role, actions=["states:StartExecution"], resource_arns=[machine]
        ).assert_success()
        self._allow("lambda:InvokeFunction", function.function.function_arn)
        return function

    def _states(self, props: TrainingWatchdogProps) -> WatchdogStates:
        return WatchdogStates(
            watchdog_arn=self.watchdog.function.function_arn,
            seconds=int(props.timeout.to_seconds()),
            permanent_errors=props.permanent_errors,
            look_seconds=int(props.look.to_seconds()),
            timeout_seconds=int(props.execution_timeout.to_seconds()),
        )

    def _listen(self, props: TrainingWatchdogProps) -> None:
        """Hear of jobs at work. Executions must be named, which a rule cannot do by itself."""
        on_event(
            self,
            "Begun",
            pattern={
                "source": ["aws.sagemaker"],
                "detail-type": ["SageMaker Training Job State Change"],
                "detail": {
                    "TrainingJobName": [{"prefix": props.job_name_prefix}],
                    "RoleArn": [props.job_role.role_arn],
                    "TrainingJobStatus": ["InProgress"],
                },
            },
            function=self.watchdog,
            undelivered=props.undelivered,
            description="A training job is at work, and must be watched",
        )
