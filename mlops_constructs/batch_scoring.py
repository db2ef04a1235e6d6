"""Batch scoring: a state machine that runs two jobs, and what it may do."""

import json
from dataclasses import dataclass

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sns as sns
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from mlops_constructs.alarms import Runbook
from mlops_constructs.pipeline_grants import (
    PROCESSING_JOBS,
    TRANSFORM_JOBS,
    grant_job_control,
    grant_job_events,
    grant_passing,
)
from mlops_constructs.scoring_states import ScoringStates
from mlops_constructs.state_machine import StateMachineProps, add_state_machine

KINDS = (PROCESSING_JOBS, TRANSFORM_JOBS)


@dataclass(frozen=True, kw_only=True, slots=True)
class BatchScoringProps:
    """Inputs of `BatchScoring`.

    Attributes:
        name: Of the state machine.
        states: What it does.
        job_role: Role that SageMaker moves data with; scores are written as the model's own role.
        key: Encrypts logs; its policy admits CloudWatch Logs.
        topic: Told by the alarms.
        log_retention: How long logs are kept.
        removal_policy: What becomes of logs when the stack is deleted.
    """

    name: str
    states: ScoringStates
    job_role: iam.Role
    key: kms.IKey
    topic: sns.ITopic
    log_retention: logs.RetentionDays
    removal_policy: cdk.RemovalPolicy


class BatchScoring(Construct):
    """A month of curated data -> requests -> scores by the model that serves.

    Attributes:
        state_machine: Its input is `{"month": "YYYY-MM"}`.
        role: Its role, to grant to.
    """

    def __init__(self, scope: Construct, construct_id: str, *, props: BatchScoringProps) -> None:
        super().__init__(scope, construct_id)
        self.role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal("states.amazonaws.com"),
            description="Scores a month with the model that serves",
        )
        grant_job_control(self.role, props.states.job_name_prefix, kinds=KINDS)
        grant_job_events(self.role, kinds=KINDS)
        grant_passing(self.role, props.job_role, service="sagemaker.amazonaws.com")
        self.state_machine: sfn.StateMachine = add_state_machine(
            self,
            StateMachineProps(
                name=props.name,
                definition=json.dumps(props.states.definition()),
                role=self.role,
                failure="A month could not be scored: the execution's error says why; `ops score` "
                "tries again.",
                runbook=Runbook.PREDICTIONS,
                key=props.key,
                topic=props.topic,
                log_retention=props.log_retention,
                removal_policy=props.removal_policy,
            ),
        )
