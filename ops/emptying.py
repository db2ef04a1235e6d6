"""Empties an environment: ends what runs, and deletes everything that CloudFormation cannot."""

from collections.abc import Iterator
from typing import Any

from botocore.exceptions import ClientError

from ops import empty_serving, jobs, stopping
from ops.deployment import Deployment
from ops.empty import Emptied, check_deletable, empty_buckets
from ops.errors import code_of
from ops.output import Advance, ignore

# Somebody has deleted it meanwhile.
_GONE = frozenset({"ValidationException", "ResourceNotFound", "ResourceNotFoundException"})


def empty_environment(deployment: Deployment, *, advance: Advance = ignore) -> list[Emptied]:
    """Stop what runs, then delete everything that CloudFormation cannot.

    May be called again after an interruption; what is gone already is not missed.

    Args:
        deployment: From `Deployment.look`: stacks may be missing.
        advance: Called with numbers of things that were stopped or deleted.

    Raises:
        OpsError: the environment is not ephemeral, or something cannot be stopped or deleted.
    """
    check_deletable(deployment)
    return [
        # First: what runs goes on writing.
        *_stop(deployment, advance),
        *empty_serving.delete(deployment, advance),
        *_delete_models(deployment, advance),
        *empty_buckets(deployment, advance=advance),
        *_delete_logs(deployment, advance),
    ]


def _machines(deployment: Deployment) -> list[str]:
    return deployment.resources("AWS::StepFunctions::StateMachine")


def _stop(deployment: Deployment, advance: Advance) -> Iterator[Emptied]:
    machines = _machines(deployment)
    for machine in machines:
        stopped = stopping.stop_executions(deployment, machine, advance=advance)
        name = machine.rpartition(":")[2]
        yield Emptied(what="executions stopped", name=name, deleted=stopped)
    if machines:
        running = stopping.stop_jobs(deployment, advance=advance)
        yield Emptied(what="jobs stopped", name=deployment.environment.name, deleted=running)


def _delete_models(deployment: Deployment, advance: Advance) -> Iterator[Emptied]:
    client = deployment.connection.sagemaker
    for group in deployment.resources("AWS::SageMaker::ModelPackageGroup"):
        arns = list(_packages(deployment, group))
        for arn in arns:
            _unless_gone(client.delete_model_package, ModelPackageName=arn)
            advance(1)
        yield Emptied(what="models", name=group.rpartition("/")[2], deleted=len(arns))


def _packages(deployment: Deployment, group: str) -> Iterator[str]:
    pages = deployment.connection.sagemaker.get_paginator("list_model_packages").paginate(
        ModelPackageGroupName=group
    )
    try:
        for page in pages:
            yield from (each["ModelPackageArn"] for each in page["ModelPackageSummaryList"])
    except ClientError as error:
        if code_of(error) not in _GONE:
            raise


def _delete_logs(deployment: Deployment, advance: Advance) -> Iterator[Emptied]:
    """Delete the streams of the environment's jobs: the groups are the account's."""
    if not _machines(deployment):
        return
    prefix = stopping.job_prefix(deployment)
    for group in jobs.LOG_GROUPS:
        names = [
            stream.name
            for stream in jobs.log_streams(deployment, group, prefix)
            if stopping.is_job_name(deployment, stream.name)
        ]
        for name in names:
            _unless_gone(
                deployment.connection.logs.delete_log_stream,
                logGroupName=group,
                logStreamName=name,
            )
            advance(1)
        yield Emptied(what="log streams", name=group, deleted=len(names))


def _unless_gone(delete: Any, **which: str) -> None:
    try:
        delete(**which)
    except ClientError as error:
        if code_of(error) not in _GONE:
            raise
