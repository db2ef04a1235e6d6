"""Looks at a training job, and stops one that is not worth its time."""

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from lambdas.shared.clock import Clock
from lambdas.shared.telemetry import logger
from lambdas.watchdog.jobs import Job, Jobs
from lambdas.watchdog.lines import parsed, since_last_start
from lambdas.watchdog.notes import RunNotes
from lambdas.watchdog.rules import Progress, violation
from schemas.watchdog import WatchdogLimits

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient


class Decision(StrEnum):
    """Whether a job must be looked at again."""

    WAIT = "wait"
    OVER = "over"


@dataclass(frozen=True, kw_only=True, slots=True)
class Look:
    """What came of a look, and why."""

    decision: Decision
    reason: str


def watch(job_name: str, stepfunctions: "SFNClient", state_machine_arn: str) -> bool:
    """Begin to watch a job, unless it is watched already; return whether it was not.

    A job is told of several times: at each of its stages, and by each event more than once. Names
    of jobs, and of executions, are never used twice, so one execution per job is all there can be.
    """
    try:
        stepfunctions.start_execution(
            stateMachineArn=state_machine_arn,
            name=job_name,
            input=json.dumps({"job_name": job_name}),
        )
    except stepfunctions.exceptions.ExecutionAlreadyExists:
        return False
    return True


def look(
    job_name: str, *, jobs: Jobs, notes: RunNotes, limits: WatchdogLimits, clock: Clock
) -> Look:
    """Stop a job that breaks a rule, once its run says why.

    Doing it again changes nothing: what is written first stays, and what is stopping stops.
    """
    job = jobs.get(job_name)
    if job.is_over:
        return Look(decision=Decision.OVER, reason=f"the job is {job.status}")
    if job.is_trained:
        return Look(decision=Decision.WAIT, reason=f"the job is {job.stage}")
    elapsed = (clock() - job.started_at).total_seconds() if job.started_at else 0.0
    lines = since_last_start(list(parsed(jobs.messages(job))))
    broken = violation(Progress(lines=lines, elapsed_seconds=elapsed, limits=limits))
    if broken is None:
        return Look(decision=Decision.WAIT, reason=f"nothing is wrong in {len(lines)} lines")
    return _stop(job, broken, jobs, notes)


def _stop(job: Job, broken: str, jobs: Jobs, notes: RunNotes) -> Look:
    """Stop a job, and say so first: whoever settles its run must find the reason there."""
    is_new = notes.write(job.name, broken)
    logger.info("job is to be stopped", job_name=job.name, reason=broken, noted=is_new)
    if jobs.stop(job):
        return Look(decision=Decision.OVER, reason=f"stopped: {broken}")
    # The answer to an earlier request may have been lost: then it is that which stops the job.
    now = jobs.get(job.name)
    if not now.has_ended_by_itself:
        return Look(decision=Decision.WAIT, reason=f"the job is {now.status}: {broken}")
    notes.take_back(job.name)
    return Look(decision=Decision.OVER, reason=f"ended by itself before it was stopped: {broken}")
