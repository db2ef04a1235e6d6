"""Ends what runs in an environment that is about to be deleted."""

import re
from collections.abc import Callable, Iterator
from typing import Any

from botocore.exceptions import ClientError

from ops import executions
from ops.deployment import Deployment
from ops.errors import OpsError, code_of
from ops.jobs import JobKind, JobRef
from ops.output import Advance, ignore
from ops.pacing import Poll

CAUSE = "the environment is being emptied (`ops empty`)"
# SageMaker gives a program two minutes to end, and may upload for longer.
LONGEST_STOP_SECONDS = 600
POLL_SECONDS = 2
_OF_RUN = r"\d{6}-[0-9a-f]{8}-\d+-"
_OF_SCORING = r"score-.+-(?:requests|scores)-\d"
_OF_MONITORING = r"monitor-[0-9a-f]{8}-monitor-\d"
_UNDER_WAY = ("InProgress", "Stopping")
# It has ended meanwhile.
_TOO_LATE = frozenset({"ValidationException", "ResourceNotFound", "ExecutionDoesNotExist"})


def job_prefix(deployment: Deployment) -> str:
    """Return what the names of an environment's jobs begin with."""
    return f"{deployment.environment.name}-"


def is_job_name(deployment: Deployment, name: str) -> bool:
    """Whether a name is one of an environment's jobs, or of their log streams.

    Jobs and logs of an account have one namespace, so the beginning alone may be a stranger's:
    ours goes on with the id of a run, such as `local-201303-1a2b3c4d-1-train-0`, or is one of the
    two of a scoring, such as `local-score-2013-04-1a2b-requests-0`, or the one of a monitoring,
    such as `local-monitor-1a2b3c4d-monitor-0`.
    """
    prefix = re.escape(job_prefix(deployment))
    return re.match(rf"{prefix}(?:{_OF_RUN}|{_OF_SCORING}|{_OF_MONITORING})", name) is not None


def stop_executions(deployment: Deployment, machine_arn: str, *, advance: Advance = ignore) -> int:
    """Stop the executions of a state machine; return how many were running."""
    stopped = 0
    running = list(executions.listed(deployment, machine_arn, status=executions.RUNNING))
    for execution in running:
        _unless_too_late(
            deployment.connection.stepfunctions.stop_execution,
            executionArn=execution["executionArn"],
            error="Emptied",
            cause=CAUSE,
        )
        stopped += 1
        advance(1)
    return stopped


def stop_jobs(
    deployment: Deployment,
    *,
    advance: Advance = ignore,
    timeout_seconds: float = LONGEST_STOP_SECONDS,
) -> int:
    """Stop the environment's jobs, and wait until they write nothing any more.

    Returns:
        How many were running.

    Raises:
        OpsError: some have not ended in time.
    """
    asked: set[str] = set()
    left: list[JobRef] = []
    for _ in Poll(timeout_seconds, POLL_SECONDS):
        left = list(jobs_under_way(deployment))
        for job in left:
            if job.name not in asked:
                _stop(deployment, job)
                asked.add(job.name)
                advance(1)
        if not left:
            return len(asked)
    raise OpsError(
        f"{len(left)} jobs still run, for example {left[0]}",
        "Wait until they have stopped, then run the command again",
    )


def jobs_under_way(deployment: Deployment) -> Iterator[JobRef]:
    """Yield the environment's jobs that have not ended; tunings first, or they begin new ones."""
    client = deployment.connection.sagemaker
    for kind in (JobKind.TUNING, JobKind.TRAINING, JobKind.PROCESSING, JobKind.TRANSFORM):
        operation = {
            JobKind.TUNING: "list_hyper_parameter_tuning_jobs",
            JobKind.TRAINING: "list_training_jobs",
            JobKind.PROCESSING: "list_processing_jobs",
            JobKind.TRANSFORM: "list_transform_jobs",
        }[kind]
        paginator: Any = client.get_paginator(operation)  # type: ignore[call-overload]
        for status in _UNDER_WAY:
            pages = paginator.paginate(NameContains=job_prefix(deployment), StatusEquals=status)
            for page in pages:
                for each in page[f"{kind.type_name}Summaries"]:
                    name = each[f"{kind.type_name}Name"]
                    if is_job_name(deployment, name):
                        yield JobRef(kind=kind, name=name)


def _stop(deployment: Deployment, job: JobRef) -> None:
    client = deployment.connection.sagemaker
    stoppers: dict[JobKind, Callable[..., Any]] = {
        JobKind.PROCESSING: client.stop_processing_job,
        JobKind.TRAINING: client.stop_training_job,
        JobKind.TUNING: client.stop_hyper_parameter_tuning_job,
        JobKind.TRANSFORM: client.stop_transform_job,
    }
    _unless_too_late(stoppers[job.kind], **{f"{job.kind.type_name}Name": job.name})


def _unless_too_late(stop: Callable[..., Any], **which: str) -> None:
    try:
        stop(**which)
    except ClientError as error:
        if code_of(error) not in _TOO_LATE:
            raise
