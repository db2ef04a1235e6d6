"""Batch scoring: a workflow of two jobs, and what it may do."""

from dataclasses import dataclass

from aws_cdk import aws_iam as iam
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from mlops_constructs.alarms import Runbook
from mlops_constructs.pipeline_grants import PROCESSING_JOBS, TRANSFORM_JOBS
from mlops_constructs.scoring_states import ScoringStates
from mlops_constructs.workflow import Workflow, WorkflowSettings

KINDS = (PROCESSING_JOBS, TRANSFORM_JOBS)


@dataclass(frozen=True, kw_only=True, slots=True)
class BatchScoringProps:
    """Inputs of `BatchScoring`.

    Attributes:
        workflow: What workflows of every kind are given.
        states: What it does.
        job_role: Role that SageMaker moves data with; scores are written as the model's own role.
    """

    workflow: WorkflowSettings
    states: ScoringStates
    job_role: iam.Role


class BatchScoring(Workflow):
    """A month of curated data -> requests -> scores by the model that serves.

    Attributes:
        state_machine: Its input is `{"month": "YYYY-MM"}`.
    """

    def __init__(self, scope: Construct, construct_id: str, *, props: BatchScoringProps) -> None:
        super().__init__(
            scope,
            construct_id,
            settings=props.workflow,
            service_name="scoring",
            description="Scores a month with the model that serves",
        )
        self._allow_jobs(KINDS, props.states.job_name_prefix, props.job_role)
        self.state_machine: sfn.StateMachine = self._add_state_machine(
            props.states.definition(),
            failure="A month could not be scored: the execution's error says why; `ops score` "
            "tries again.",
            runbook=Runbook.PREDICTIONS,
        )
