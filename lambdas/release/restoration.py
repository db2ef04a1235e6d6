"""What brings back what served before, after a release has failed anywhere."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from lambdas.release.claims import Execution
from lambdas.release.endpoint import Endpoint, Endpoints
from lambdas.release.inspection import told
from lambdas.release.plan import Plan
from lambdas.release.planning import changes_variants, token_of
from lambdas.release.stack import InferenceStack, Stack, is_same_name
from lambdas.shared.clock import Clock, timestamp
from lambdas.shared.errors import TransientError
from lambdas.shared.explanations import explain
from lambdas.shared.failures import storable
from lambdas.shared.releases import ReleaseTable
from schemas.releases import Current, Guards, Release, ReleaseDecision

if TYPE_CHECKING:
    from mypy_boto3_cloudformation.type_defs import ParameterTypeDef

# SageMaker would undo the restoration, too, as long as the alarm fires. One that fires for longer
# is not about the model alone, and then the old model comes back without guards.
ALARM_PATIENCE = timedelta(minutes=30)


@dataclass(frozen=True, kw_only=True, slots=True)
class Restoring:
    """`$.restore` of the state machine.

    Attributes:
        decision: What the execution does next.
        reason: Why; for people.
        stack_name: Stack to update.
        token: ClientRequestToken of the update.
        parameters: Parameters of the update.
    """

    decision: ReleaseDecision
    reason: str
    stack_name: str = ""
    token: str = ""
    parameters: "list[ParameterTypeDef]" = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """Return what the states read."""
        return asdict(self)


class Restoration:
    """Brings back what served before.

    Args:
        stack: The stack with the endpoint.
        endpoints: The endpoint.
        table: The releases.
        clock: Tells the time.
    """

    def __init__(
        self, *, stack: InferenceStack, endpoints: Endpoints, table: ReleaseTable, clock: Clock
    ) -> None:
        self._stack = stack
        self._endpoints = endpoints
        self._table = table
        self._clock = clock

    def restore(self, state: Mapping[str, Any], execution: Execution) -> Restoring:
        """Return what there is to undo, however often it is asked.

        Args:
            state: State of the execution: `release`, if it was planned, and `error`, if any.
            execution: The execution.

        Raises:
            PermanentError: `stack-missing`.
            TransientError: it is to be tried again.
        """
        plan = Plan.from_json(state["release"]) if state.get("release") else None
        current = self._table.current()
        if plan is None or not plan.changes:
            return _nothing("it failed before anything was changed")
        if current is None or current.held_by != execution.arn:
            return _nothing("another release has taken over")
        stack = self._stack.read()
        if stack.is_changing:
            return _wait(f"stack {stack.name} is {stack.status}")
        since = self._remember(current, plan, state)
        if not stack.is_updatable:
            return _give_up(f"stack {stack.name} is {stack.status}; {stack.remedy}")
        return self._decide(plan, stack, since)

    def _decide(self, plan: Plan, stack: Stack, since: datetime) -> Restoring:
        endpoint = self._endpoints.read()
        if endpoint is not None and endpoint.is_changing:
            return _wait(f"endpoint {self._endpoints.name} is {endpoint.status}")
        if stack.serving == plan.previous:
            return self._compare(plan, endpoint)
        firing = [each.name for each in self._endpoints.alarms(self._stack.alarm_names())
                  if each.is_firing]  # fmt: skip
        if firing and self._clock() - since < ALARM_PATIENCE:
            return _wait(f"{', '.join(firing)} would undo it, too")
        is_unguarded = bool(firing) or changes_variants(stack.serving, plan.previous)
        return Restoring(
            decision=ReleaseDecision.UPDATE,
            reason=f"{told(plan.previous)} served before",
            stack_name=stack.name,
            token=token_of("restore", plan.release_id),
            parameters=stack.parameters_for(
                plan.previous, Guards.OFF if is_unguarded else Guards.ON
            ),
        )

    def _compare(self, plan: Plan, endpoint: Endpoint | None) -> Restoring:
        """Return what is left to do when the stack is as it was before."""
        wanted = self._stack.endpoint_config_name()
        found = endpoint.config_name if endpoint else ""
        if is_same_name(found, wanted):
            return Restoring(
                decision=ReleaseDecision.VERIFY,
                reason=f"the stack says {told(plan.previous)} again",
                stack_name=plan.stack_name,
            )
        return _give_up(
            f"the stack says {told(plan.previous)} with the configuration {wanted or 'none'}, but "
            f"endpoint {self._endpoints.name} has {found or 'none'}, and CloudFormation sees "
            "nothing to update; release another model, then this one again"
        )

    def _remember(self, current: Current, plan: Plan, state: Mapping[str, Any]) -> datetime:
        """Write down, once, when and why the release failed; what comes later hides it."""
        release = self._table.get(plan.release_id)
        if release is not None and release.restoring_since:
            return datetime.fromisoformat(release.restoring_since)
        now = self._clock()
        if release is not None:
            failed = replace(
                release,
                restoring_since=timestamp(now),
                reason=storable(why_failed(state, plan, self._stack)),
            )
            self._write(current, failed)
        return now

    def _write(self, current: Current, release: Release) -> None:
        if not self._table.change(current, current, release):
            raise TransientError("claim-changing", "the endpoint's claim is being changed")


def why_failed(state: Mapping[str, Any], plan: Plan | None, stack: InferenceStack) -> str:
    """Return why an execution failed.

    Args:
        state: Its state: `error`, as a catcher gives it, or none when a stack's update failed.
        plan: The release; None when there was none yet.
        stack: Tells why its update failed.
    """
    if state.get("error"):
        return explain(state["error"]).why
    reason = stack.why_failed(plan.token) if plan is not None and plan.token else ""
    status = state.get("stack", {}).get("status", "unknown")
    return f"the update of the stack ended as {status}: {reason or 'see its events'}"


def _nothing(reason: str) -> Restoring:
    return Restoring(decision=ReleaseDecision.SKIP, reason=reason)


def _wait(reason: str) -> Restoring:
    return Restoring(decision=ReleaseDecision.WAIT, reason=reason)


def _give_up(reason: str) -> Restoring:
    return Restoring(decision=ReleaseDecision.GIVE_UP, reason=reason)
