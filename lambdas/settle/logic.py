"""Writes an outcome into the table of runs."""

from dataclasses import replace

from lambdas.settle.outcome import Outcome
from lambdas.shared.clock import Clock, timestamp
from lambdas.shared.errors import TransientError
from lambdas.shared.failures import storable
from lambdas.shared.runs import RunTable
from lambdas.shared.telemetry import logger
from schemas.runs import RunStatus, TrainingRun

# A model that is registered stays so, whatever fails afterwards.
_FINAL = frozenset({RunStatus.REGISTERED})


def settle(outcome: Outcome, runs: RunTable, clock: Clock) -> Outcome:
    """Write `outcome`, once; a claim that another execution has taken over is left alone.

    Returns:
        The outcome, with what the watchdog has written to the run.

    Raises:
        TransientError: `run-changing`; somebody else is changing the run.
    """
    existing = _claimed(outcome, runs)
    if existing is None or existing.execution_arn != outcome.execution_arn:
        logger.info("no claim to settle", execution_arn=outcome.execution_arn)
        return outcome
    outcome = outcome.watched(existing.watchdog)
    if existing.status in {outcome.status, *_FINAL}:
        return outcome
    settled = replace(
        existing,
        status=outcome.status,
        reason=storable(outcome.reason),
        model_package_arn=outcome.model_package_arn or existing.model_package_arn,
        evaluation_uri=outcome.gate.evaluation_uri if outcome.gate else "",
        ended_at=timestamp(clock()),
    )
    if not runs.replace(existing, settled):
        raise TransientError("run-changing", f"run {existing.run_id} is being changed")
    return outcome


def _claimed(outcome: Outcome, runs: RunTable) -> TrainingRun | None:
    """Return the run that the execution claimed, even when it failed while claiming it."""
    if outcome.run is not None:
        return runs.get(outcome.run.run_id)
    return runs.claimed_by(outcome.execution_arn)
