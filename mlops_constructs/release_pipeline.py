"""The release pipeline: a state machine, its two functions, and what it may change."""

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
from mlops_constructs.pipeline_grants import grant_passing
from mlops_constructs.python_function import FunctionSource, PythonFunction, PythonFunctionProps
from mlops_constructs.release_states import ReleaseStates
from mlops_constructs.state_machine import StateMachineProps, add_state_machine

RELEASE, SMOKE_TEST = "Release", "SmokeTest"
FUNCTIONS = (RELEASE, SMOKE_TEST)


@dataclass(frozen=True, kw_only=True, slots=True)
class ReleasePipelineProps:
    """Inputs of `ReleasePipeline`.

    Attributes:
        name: Of the state machine; policies name its executions.
        sources: What each of `FUNCTIONS` runs.
        timeout: Longest run of a function.
        permanent_errors: Exceptions of theirs that no repetition mends.
        stack_arn: Pattern of the ARN of the stack that releases update.
        deployment_role: Role that CloudFormation updates it with.
        poll: Time between two looks at an update.
        execution_timeout: Longest execution.
        key: Encrypts logs and variables; its policy admits CloudWatch Logs.
        topic: Told of every outcome, and by the alarm.
        topic_key: Encrypts the topic.
        log_retention: How long logs are kept.
        removal_policy: What becomes of logs when the stack is deleted.
    """

    name: str
    sources: Mapping[str, FunctionSource]
    timeout: cdk.Duration
    permanent_errors: Sequence[str]
    stack_arn: str
    deployment_role: iam.Role
    poll: cdk.Duration
    execution_timeout: cdk.Duration
    key: kms.IKey
    topic: sns.ITopic
    topic_key: kms.IKey
    log_retention: logs.RetentionDays
    removal_policy: cdk.RemovalPolicy


class ReleasePipeline(Construct):
    """An approved model -> the endpoint, guarded, verified, and undone when it goes wrong.

    Attributes:
        state_machine: The pipeline.
        role: Its role: it may update the one stack, with the one role.
        functions: The functions by the names in `FUNCTIONS`, to grant to.
    """

    def __init__(self, scope: Construct, construct_id: str, *, props: ReleasePipelineProps) -> None:
        super().__init__(scope, construct_id)
        self._props = props
        self.functions = {name: self._add_function(name) for name in FUNCTIONS}
        self.role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal("states.amazonaws.com"),
            description="Releases models by updating their stack",
        )
        self._grant()
        self.state_machine: sfn.StateMachine = self._add_state_machine()

    def _add_function(self, name: str) -> PythonFunction:
        props = self._props
        function = PythonFunction(
            self,
            name,
            props=PythonFunctionProps(
                source=props.sources[name],
                timeout=props.timeout,
                service_name="release",
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
            _allow(self.role, "lambda:InvokeFunction", function.function.function_arn)
        _allow(self.role, "sns:Publish", props.topic.topic_arn)
        grant_key(props.topic_key, self.role, actions=READ + WRITE)
        _allow(self.role, "cloudformation:DescribeStacks", props.stack_arn)
        self.role.add_to_principal_policy(
            iam.PolicyStatement(
                actions=["cloudformation:UpdateStack"],
                resources=[props.stack_arn],
                # With any other role an update could do what a release must not.
                conditions={
                    "StringEquals": {"cloudformation:RoleArn": props.deployment_role.role_arn}
                },
            )
        )
        acknowledge(
            self.role,
            "AwsSolutions-IAM5",
            finding=f"Resource::{props.stack_arn}",
            reason="ARNs of stacks end with an id that CloudFormation draws.",
        )
        grant_passing(self.role, props.deployment_role, service="cloudformation.amazonaws.com")

    def _add_state_machine(self) -> sfn.StateMachine:
        props = self._props
        arns = {name: each.function.function_arn for name, each in self.functions.items()}
        states = ReleaseStates(
            release_arn=arns[RELEASE],
            smoke_test_arn=arns[SMOKE_TEST],
            seconds=int(props.timeout.to_seconds()),
            permanent_errors=props.permanent_errors,
            deployment_role_arn=props.deployment_role.role_arn,
            topic_arn=props.topic.topic_arn,
            poll_seconds=int(props.poll.to_seconds()),
            timeout_seconds=int(props.execution_timeout.to_seconds()),
        )
        return add_state_machine(
            self,
            StateMachineProps(
                name=props.name,
                definition=json.dumps(states.definition()),
                role=self.role,
                failure="A release did not succeed: `ops releases list` says why, and "
                "`ops endpoint status` what serves now.",
                runbook=Runbook.RELEASES,
                key=props.key,
                topic=props.topic,
                log_retention=props.log_retention,
                removal_policy=props.removal_policy,
            ),
        )


def _allow(role: iam.Role, action: str, resource: str) -> None:
    iam.Grant.add_to_principal(
        grantee=role, actions=[action], resource_arns=[resource]
    ).assert_success()
