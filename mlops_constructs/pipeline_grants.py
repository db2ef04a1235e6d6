"""What a state machine needs to run SageMaker jobs and wait for them.

Source: https://docs.aws.amazon.com/step-functions/latest/dg/connect-sagemaker.html
"""

from collections.abc import Iterable
from dataclasses import dataclass

import aws_cdk as cdk
from aws_cdk import aws_iam as iam

from mlops_constructs.acknowledgements import acknowledge


@dataclass(frozen=True, slots=True)
class JobKind:
    """A kind of job that state machines wait for.

    Attributes:
        path: As in ARNs.
        noun: Middle of its actions' names.
        rule: EventBridge rule, made by Step Functions itself, that tells it of the job's end.
    """

    path: str
    noun: str
    rule: str


_RULE = "StepFunctionsGetEventsForSageMaker{}JobsRule"
PROCESSING_JOBS = JobKind("processing-job", "ProcessingJob", _RULE.format("Processing"))
TRAINING_JOBS = JobKind("training-job", "TrainingJob", _RULE.format("Training"))
TUNING_JOBS = JobKind(
    "hyper-parameter-tuning-job", "HyperParameterTuningJob", _RULE.format("Tuning")
)
TRANSFORM_JOBS = JobKind("transform-job", "TransformJob", _RULE.format("Transform"))


def grant_job_control(role: iam.Role, name_prefix: str, *, kinds: Iterable[JobKind]) -> None:
    """Allow creating, watching and stopping jobs whose names begin with `name_prefix`."""
    stack = cdk.Stack.of(role)
    for kind in kinds:
        jobs = stack.format_arn(
            service="sagemaker", resource=kind.path, resource_name=f"{name_prefix}*"
        )
        verbs = ("Create", "Describe", "Stop")
        iam.Grant.add_to_principal(
            grantee=role,
            actions=[f"sagemaker:{verb}{kind.noun}" for verb in verbs]
            + ["sagemaker:AddTags", "sagemaker:ListTags"],
            resource_arns=[jobs],
        ).assert_success()
        acknowledge(
            role,
            "AwsSolutions-IAM5",
            finding=f"Resource::{jobs}",
            reason=f"Jobs are created at run time; the grant ends at the prefix {name_prefix}.",
        )


def grant_job_events(role: iam.Role, *, kinds: Iterable[JobKind]) -> None:
    """Allow the rules by which Step Functions learns that a job has ended."""
    stack = cdk.Stack.of(role)
    iam.Grant.add_to_principal(
        grantee=role,
        actions=["events:DescribeRule", "events:PutRule", "events:PutTargets"],
        resource_arns=[
            stack.format_arn(service="events", resource="rule", resource_name=kind.rule)
            for kind in kinds
        ],
    ).assert_success()


def grant_passing(role: iam.Role, passed: iam.Role, *, service: str) -> None:
    """Allow `role` to hand the role `passed` to one service."""
    role.add_to_principal_policy(
        iam.PolicyStatement(
            actions=["iam:PassRole"],
            resources=[passed.role_arn],
            conditions={"StringEquals": {"iam:PassedToService": service}},
        )
    )
