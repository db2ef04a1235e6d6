"""The training pipeline: a state machine, the functions between its jobs, and who may do what."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sns as sns
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from mlops_constructs.acknowledgements import acknowledge
from mlops_constructs.alarms import Runbook
from mlops_constructs.encryption import READ, WRITE
from mlops_constructs.grants import grant_key
from mlops_constructs.pipeline_grants import (
    PROCESSING_JOBS,
    TRAINING_JOBS,
    TUNING_JOBS,
    grant_job_control,
    grant_job_events,
    grant_passing,
)
from mlops_constructs.python_function import FunctionSource, PythonFunction, PythonFunctionProps
from mlops_constructs.sagemaker_jobs import JobSettings
from mlops_constructs.sagemaker_training import TrainingSpecification
from mlops_constructs.state_machine import StateMachineProps, add_state_machine
from mlops_constructs.training_states import TrainingFunctions, TrainingStates

FUNCTIONS = ("Snapshot", "Gate", "Register", "Settle")
KINDS = (PROCESSING_JOBS, TRAINING_JOBS, TUNING_JOBS)


@dataclass(frozen=True, kw_only=True, slots=True)
class TrainingPipelineProps:
    """Inputs of `TrainingPipeline`.

    Attributes:
        name: Of the state machine; policies name its executions.
        sources: What each of `FUNCTIONS` runs.
        snapshot_timeout: Longest run of the snapshot function.
        timeout: Longest run of the others.
        permanent_errors: Exceptions of the functions that no repetition mends.
        job_role: Role that SageMaker moves data with.
        job_name_prefix: Beginning of all jobs' names; grants end there.
        jobs: What all jobs have in common.
        training: What is trained.
        key: Encrypts logs and variables; its policy admits CloudWatch Logs.
        topic: Told of every outcome, and by the alarm.
        topic_key: Encrypts the topic.
        execution_timeout: Longest execution.
        log_retention: How long logs are kept.
        removal_policy: What becomes of logs when the stack is deleted.
    """

    name: str
    sources: Mapping[str, FunctionSource]
    snapshot_timeout: cdk.Duration
    timeout: cdk.Duration
    permanent_errors: Sequence[str]
    job_role: iam.Role
    job_name_prefix: str
    jobs: JobSettings
    training: TrainingSpecification
    key: kms.IKey
    topic: sns.ITopic
    topic_key: kms.IKey
    execution_timeout: cdk.Duration
    log_retention: logs.RetentionDays
    removal_policy: cdk.RemovalPolicy


class TrainingPipeline(Construct):
    """Curated data -> snapshot -> jobs -> gate -> registered model, and everybody is told.

    Attributes:
        state_machine: The pipeline.
        role: Its role; it starts jobs, and may neither register nor approve.
        functions: The functions by the names in `FUNCTIONS`, to grant to.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, props: TrainingPipelineProps
    ) -> None:
        super().__init__(scope, construct_id)
        self._props = props
        self.functions = {name: self._add_function(name) for name in FUNCTIONS}
        self.role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal("states.amazonaws.com"),
            description="Runs the training pipeline",
        )
        self._grant()
        self.state_machine = self._add_state_machine()

    def _add_function(self, name: str) -> PythonFunction:
        props = self._props
        function = PythonFunction(
            self,
            name,
            props=PythonFunctionProps(
                source=props.sources[name],
                timeout=props.snapshot_timeout if name == "Snapshot" else props.timeout,
                service_name="training",
                key=props.key,
                log_retention=props.log_retention,
                removal_policy=props.removal_policy,
            ),
        )
        acknowledge(
            function.function,
            "Serverless-LambdaDLQ",
            reason="A state machine invokes it and waits; it catches what fails.",
        )
        return function

    def _grant(self) -> None:
        props = self._props
        for function in self.functions.values():
            iam.Grant.add_to_principal(
                grantee=self.role,
                actions=["lambda:InvokeFunction"],
                resource_arns=[function.function.function_arn],
            ).assert_success()
        grant_job_control(self.role, props.job_name_prefix, kinds=KINDS)
        grant_job_events(self.role, kinds=KINDS)
        grant_passing(self.role, props.job_role, service="sagemaker.amazonaws.com")
        iam.Grant.add_to_principal(
            grantee=self.role, actions=["sns:Publish"], resource_arns=[props.topic.topic_arn]
        ).assert_success()
        grant_key(props.topic_key, self.role, actions=READ + WRITE)

    def _add_state_machine(self) -> sfn.StateMachine:
        props = self._props
        arns = {name: each.function.function_arn for name, each in self.functions.items()}
        states = TrainingStates(
            functions=TrainingFunctions(
                snapshot_arn=arns["Snapshot"],
                gate_arn=arns["Gate"],
                register_arn=arns["Register"],
                settle_arn=arns["Settle"],
                snapshot_seconds=int(props.snapshot_timeout.to_seconds()),
                seconds=int(props.timeout.to_seconds()),
                permanent_errors=props.permanent_errors,
            ),
            jobs=props.jobs,
            training=props.training,
            topic_arn=props.topic.topic_arn,
            timeout_seconds=int(props.execution_timeout.to_seconds()),
        )
        return add_state_machine(
            self,
            StateMachineProps(
                name=props.name,
                definition=json.dumps(states.definition()),
                role=self.role,
                failure="A training did not end well: `ops runs show` says which step, why, and "
                "where its log is.",
                runbook=Runbook.TRAINING,
                key=props.key,
                topic=props.topic,
                log_retention=props.log_retention,
                removal_policy=props.removal_policy,
            ),
        )
