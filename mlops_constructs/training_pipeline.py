"""The training pipeline: a workflow of jobs, the functions between them, and who may do what."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from mlops_constructs.alarms import Runbook
from mlops_constructs.pipeline_grants import PROCESSING_JOBS, TRAINING_JOBS, TUNING_JOBS
from mlops_constructs.python_function import FunctionSource
from mlops_constructs.sagemaker_jobs import JobSettings
from mlops_constructs.sagemaker_training import TrainingSpecification
from mlops_constructs.training_states import TrainingFunctions, TrainingStates
from mlops_constructs.workflow import Workflow, WorkflowSettings

SNAPSHOT = "Snapshot"
FUNCTIONS = (SNAPSHOT, "Gate", "Register", "Settle")
KINDS = (PROCESSING_JOBS, TRAINING_JOBS, TUNING_JOBS)


@dataclass(frozen=True, kw_only=True, slots=True)
class TrainingPipelineProps:
    """Inputs of `TrainingPipeline`.

    Attributes:
        workflow: What workflows of every kind are given.
        sources: What each of `FUNCTIONS` runs.
        snapshot_timeout: Longest run of the snapshot function.
        timeout: Longest run of the others.
        permanent_errors: Exceptions of the functions that no repetition mends.
        job_role: Role that SageMaker moves data with.
        job_name_prefix: Beginning of all jobs' names; grants end there.
        jobs: What all jobs have in common.
        training: What is trained.
        execution_timeout: Longest execution.
    """

    workflow: WorkflowSettings
    sources: Mapping[str, FunctionSource]
    snapshot_timeout: cdk.Duration
    timeout: cdk.Duration
    permanent_errors: Sequence[str]
    job_role: iam.Role
    job_name_prefix: str
    jobs: JobSettings
    training: TrainingSpecification
    execution_timeout: cdk.Duration


class TrainingPipeline(Workflow):
    """Curated data -> snapshot -> jobs -> gate -> registered model, and everybody is told.

    Its role starts jobs, and may neither register nor approve.

    Attributes:
        functions: The functions by the names in `FUNCTIONS`, to grant to.
        state_machine: The pipeline.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, props: TrainingPipelineProps
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            settings=props.workflow,
            service_name="training",
            description="Runs the training pipeline",
        )
        timeouts = {SNAPSHOT: props.snapshot_timeout}
        self.functions = {
            name: self._add_step(
                name, props.sources[name], timeout=timeouts.get(name, props.timeout)
            )
            for name in FUNCTIONS
        }
        self._allow_jobs(KINDS, props.job_name_prefix, props.job_role)
        self._allow_announcing()
        self.state_machine: sfn.StateMachine = self._add_state_machine(
            self._states(props).definition(),
            failure="A training did not end well: `ops runs show` says which step, why, and "
            "where its log is.",
            runbook=Runbook.TRAINING,
        )

    def _states(self, props: TrainingPipelineProps) -> TrainingStates:
        arns = {name: each.function.function_arn for name, each in self.functions.items()}
        return TrainingStates(
            functions=TrainingFunctions(
                snapshot_arn=arns[SNAPSHOT],
                gate_arn=arns["Gate"],
                register_arn=arns["Register"],
                settle_arn=arns["Settle"],
                snapshot_seconds=int(props.snapshot_timeout.to_seconds()),
                seconds=int(props.timeout.to_seconds()),
                permanent_errors=props.permanent_errors,
            ),
            jobs=props.jobs,
            training=props.training,
            topic_arn=props.workflow.topic.topic_arn,
            timeout_seconds=int(props.execution_timeout.to_seconds()),
        )
