"""The release pipeline: a workflow with two functions, and what it may change."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from mlops_constructs.acknowledgements import acknowledge
from mlops_constructs.alarms import Runbook
from mlops_constructs.pipeline_grants import grant_passing
from mlops_constructs.python_function import FunctionSource
from mlops_constructs.release_states import ReleaseStates
from mlops_constructs.workflow import Workflow, WorkflowSettings

RELEASE, SMOKE_TEST = "Release", "SmokeTest"
FUNCTIONS = (RELEASE, SMOKE_TEST)


@dataclass(frozen=True, kw_only=True, slots=True)
class ReleasePipelineProps:
    """Inputs of `ReleasePipeline`.

    Attributes:
        workflow: What workflows of every kind are given.
        sources: What each of `FUNCTIONS` runs.
        timeout: Longest run of a function.
        permanent_errors: Exceptions of theirs that no repetition mends.
        stack_arn: Pattern of the ARN of the stack that releases update.
        deployment_role: Role that CloudFormation updates it with.
        poll: Time between two looks at an update.
        execution_timeout: Longest execution.
    """

    workflow: WorkflowSettings
    sources: Mapping[str, FunctionSource]
    timeout: cdk.Duration
    permanent_errors: Sequence[str]
    stack_arn: str
    deployment_role: iam.Role
    poll: cdk.Duration
    execution_timeout: cdk.Duration


class ReleasePipeline(Workflow):
    """An approved model -> the endpoint, guarded, verified, and undone when it goes wrong.

    Its role may update the one stack, with the one role.

    Attributes:
        functions: The functions by the names in `FUNCTIONS`, to grant to.
        state_machine: The pipeline.
    """

    def __init__(self, scope: Construct, construct_id: str, *, props: ReleasePipelineProps) -> None:
        super().__init__(
            scope,
            construct_id,
            settings=props.workflow,
            service_name="release",
            description="Releases models by updating their stack",
        )
        self.functions = {
            name: self._add_step(name, props.sources[name], timeout=props.timeout)
            for name in FUNCTIONS
        }
        self._allow_announcing()
        self._allow_updating(props.stack_arn, props.deployment_role)
        self.state_machine: sfn.StateMachine = self._add_state_machine(
            self._states(props).definition(),
            failure="A release did not succeed: `ops releases list` says why, and "
            "`ops endpoint status` what serves now.",
            runbook=Runbook.RELEASES,
        )

    def _allow_updating(self, stack_arn: str, deployment_role: iam.Role) -> None:
        self._allow("cloudformation:DescribeStacks", stack_arn)
        self.role.add_to_principal_policy(
            iam.PolicyStatement(
                actions=["cloudformation:UpdateStack"],
                resources=[stack_arn],
                # With any other role an update could do what a release must not.
                conditions={"StringEquals": {"cloudformation:RoleArn": deployment_role.role_arn}},
            )
        )
        acknowledge(
            self.role,
            "AwsSolutions-IAM5",
            finding=f"Resource::{stack_arn}",
            reason="ARNs of stacks end with an id that CloudFormation draws.",
        )
        grant_passing(self.role, deployment_role, service="cloudformation.amazonaws.com")

    def _states(self, props: ReleasePipelineProps) -> ReleaseStates:
        arns = {name: each.function.function_arn for name, each in self.functions.items()}
        return ReleaseStates(
            release_arn=arns[RELEASE],
            smoke_test_arn=arns[SMOKE_TEST],
            seconds=int(props.timeout.to_seconds()),
            permanent_errors=props.permanent_errors,
            deployment_role_arn=props.deployment_role.role_arn,
            topic_arn=props.workflow.topic.topic_arn,
            poll_seconds=int(props.poll.to_seconds()),
            timeout_seconds=int(props.execution_timeout.to_seconds()),
        )
