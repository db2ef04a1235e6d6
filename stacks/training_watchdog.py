"""The watchdog of an environment's training jobs: what it is told, and what it may do."""

from dataclasses import asdict

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sqs as sqs

from config import EnvironmentConfig
from mlops_constructs.encryption import READ, WRITE
from mlops_constructs.grants import grant_items, grant_key
from mlops_constructs.sagemaker_jobs import OVERHEAD_SECONDS
from mlops_constructs.training_watchdog import TrainingWatchdog, TrainingWatchdogProps
from schemas.watchdog import WatchdogLimits
from stacks.data_lake import DataLakeStack
from stacks.functions import BaseFunctions
from stacks.grants import allow
from stacks.model_registry import ModelRegistryStack
from stacks.training_functions import PERMANENT_ERRORS
from stacks.training_jobs import TRAINING_LOGS
from stacks.workflows import workflow_settings


def add_training_watchdog(
    stack: cdk.Stack,
    *,
    environment: EnvironmentConfig,
    functions: BaseFunctions,
    data_lake: DataLakeStack,
    registry: ModelRegistryStack,
    job_role: iam.Role,
    undelivered: sqs.Queue,
) -> TrainingWatchdog:
    """Watch every training job of an environment, those of tunings included.

    Args:
        stack: Where it is created.
        environment: Whose jobs they are.
        functions: Sources of functions.
        data_lake: Whose topic is told when a job is not watched.
        registry: Whose runs say why a job was stopped.
        job_role: Role of the jobs.
        undelivered: Takes events that were not acted upon.
    """
    limits = asdict(environment.training.watchdog)
    look = cdk.Duration.seconds(limits.pop("look_seconds"))
    watchdog = TrainingWatchdog(
        stack,
        "Watchdog",
        props=TrainingWatchdogProps(
            workflow=workflow_settings(
                "watchdog", environment=environment, data_lake=data_lake, registry=registry
            ),
            source=functions.source(
                "watchdog",
                "Looks at training jobs, and stops those that are not worth their time",
                environment={
                    "RUNS_TABLE_NAME": registry.runs_table.table_name,
                    "JOB_NAME_PREFIX": environment.name,
                    "LIMITS": WatchdogLimits(**limits).to_text(),
                },
            ),
            timeout=cdk.Duration.minutes(1),
            permanent_errors=PERMANENT_ERRORS,
            job_name_prefix=f"{environment.name}-",
            job_role=job_role,
            look=look,
            # Those who wait for a job stop it after one overhead; nothing is left to watch then.
            execution_timeout=cdk.Duration.seconds(
                environment.training.job_timeout_seconds + 2 * OVERHEAD_SECONDS
            ),
            undelivered=undelivered,
        ),
    )
    _grant(watchdog.watchdog.role, environment, registry)
    return watchdog


def _grant(role: iam.Role, environment: EnvironmentConfig, registry: ModelRegistryStack) -> None:
    stack = cdk.Stack.of(role)
    # Also of what Lambda sends to the queue when the function fails.
    grant_key(registry.key, role, actions=READ + WRITE)
    grant_items(registry.runs_table, role, actions=("dynamodb:UpdateItem",))
    jobs = stack.format_arn(
        service="sagemaker", resource="training-job", resource_name=f"{environment.name}-*"
    )
    allow(
        role,
        ("sagemaker:DescribeTrainingJob", "sagemaker:StopTrainingJob"),
        jobs,
        wildcard=f"Jobs are created at run time; the grant ends at {environment.name}'s.",
    )
    streams = stack.format_arn(
        service="logs",
        resource="log-group",
        resource_name=f"{TRAINING_LOGS}:*",
        arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME,
    )
    allow(
        role,
        ("logs:FilterLogEvents",),
        streams,
        wildcard="Each job has log streams of its own in SageMaker's group.",
    )
