"""Writes down what a release has come to, and lets go of the endpoint."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from lambdas.release.claims import Execution
from lambdas.release.outcome import Outcome
from lambdas.release.plan import Plan
from lambdas.release.restoration import why_failed
from lambdas.release.stack import InferenceStack
from lambdas.shared.clock import Clock, timestamp
from lambdas.shared.errors import TransientError
from lambdas.shared.failures import storable
from lambdas.shared.releases import ReleaseTable
from lambdas.shared.telemetry import logger
from schemas.releases import Current, Release, ReleaseDecision, ReleaseStatus, Serving

SUCCEEDED, FAILED, UNRECOVERED = "succeeded", "failed", "unrecovered"
"""What the state machine says of its executions."""


class Settlement:
    """Settles releases.

    Args:
        stack: Tells why its update failed.
        table: The releases.
        clock: Tells the time.
    """

    def __init__(self, *, stack: InferenceStack, table: ReleaseTable, clock: Clock) -> None:
        self._stack = stack
        self._table = table
        self._clock = clock

    def settle(self, said: str, state: Mapping[str, Any], execution: Execution) -> Outcome:
        """Write the outcome down, once; a claim that another execution has taken is left alone.

        Args:
            said: How the execution ended: `SUCCEEDED`, `FAILED` or `UNRECOVERED`.
            state: Its state: `input`, and what its states have added.
            execution: The execution.

        Raises:
            TransientError: `claim-changing`; somebody else is changing the claim.
        """
        plan = Plan.from_json(state["release"]) if state.get("release") else None
        release = self._table.get(execution.name)
        outcome = self._outcome(said, state, execution, plan, release)
        current = self._table.current()
        if current is None or current.held_by != execution.arn or release is None:
            logger.info("no claim to settle", execution_arn=execution.arn)
            return outcome
        settled = replace(
            release,
            status=outcome.status,
            target=outcome.target,
            reason=storable(outcome.full_reason),
            ended_at=timestamp(self._clock()),
        )
        if not self._table.change(current, _let_go(current, settled), settled):
            raise TransientError("claim-changing", "the endpoint's claim is being changed")
        return outcome

    def _outcome(
        self,
        said: str,
        state: Mapping[str, Any],
        execution: Execution,
        plan: Plan | None,
        release: Release | None,
    ) -> Outcome:
        # A plan that waits has no target; a later one may have failed after it was written down.
        has_target = plan is not None and plan.decision is not ReleaseDecision.WAIT
        target = plan.target if plan and has_target else release.target if release else Serving()
        previous = release.previous if release else plan.previous if plan else Serving()
        status = _status(said, plan, target, previous)
        why = "" if said == SUCCEEDED else why_failed(state, plan, self._stack)
        first = release.reason if release and release.restoring_since else why
        restore = state.get("restore") or {}
        return Outcome(
            status=status,
            execution_arn=execution.arn,
            input=state.get("input"),
            target=target,
            previous=previous,
            reason=first or (plan.reason if plan else ""),
            trouble=self._trouble(restore, why, first) if said == UNRECOVERED else "",
            is_untouched=restore.get("decision") == ReleaseDecision.SKIP,
            note=release.note if release else "",
        )

    def _trouble(self, restore: Mapping[str, Any], why: str, first: str) -> str:
        """Return why what served before could not be restored."""
        if restore.get("decision") == ReleaseDecision.GIVE_UP:
            return str(restore["reason"])
        if storable(why) != storable(first):
            return why
        token = restore.get("token", "")
        return (self._stack.why_failed(token) if token else "") or "see the execution's history"


def _status(said: str, plan: Plan | None, target: Serving, previous: Serving) -> ReleaseStatus:
    if said == UNRECOVERED:
        return ReleaseStatus.UNRECOVERED
    if said != SUCCEEDED or plan is None:
        return ReleaseStatus.FAILED
    if plan.decision is ReleaseDecision.SKIP:
        return ReleaseStatus.SKIPPED
    return ReleaseStatus.UNCHANGED if target == previous else ReleaseStatus.SUCCEEDED


def _let_go(current: Current, release: Release) -> Current:
    """Return what serves now, held by nobody."""
    is_new = release.status is ReleaseStatus.SUCCEEDED or (
        release.status is ReleaseStatus.UNCHANGED and not current.release_id
    )
    if not is_new:
        return replace(current, held_by="")
    return Current(serving=release.target, release_id=release.release_id, since=release.ended_at)
