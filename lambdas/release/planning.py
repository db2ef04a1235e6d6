"""What a release begins with: the claim on the endpoint, what should serve, and that it may."""

import re
from dataclasses import replace
from typing import Any

from lambdas.release.claims import Claims, Execution
from lambdas.release.endpoint import Endpoints
from lambdas.release.inspection import told
from lambdas.release.packages import Packages
from lambdas.release.plan import Plan
from lambdas.release.request import Request, parse_request
from lambdas.release.stack import InferenceStack, Stack, is_same_name
from lambdas.release.targets import NotToReleaseError, Situation, target_of
from lambdas.shared.errors import PermanentError
from lambdas.shared.releases import ReleaseTable
from schemas.releases import Current, Guards, ReleaseDecision, ReleaseTrigger, Serving

# A ClientRequestToken has 1 to 128 letters, digits and hyphens.
# https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_UpdateStack.html
_NOT_IN_TOKENS = re.compile("[^A-Za-z0-9]")
_MAX_TOKEN_CHARACTERS = 128


class Planning:
    """Plans releases.

    Args:
        stack: The stack with the endpoint.
        endpoints: The endpoint.
        table: The releases.
        claims: Decides who may change the endpoint.
        packages: Models that may serve.
    """

    def __init__(
        self,
        *,
        stack: InferenceStack,
        endpoints: Endpoints,
        table: ReleaseTable,
        claims: Claims,
        packages: Packages,
    ) -> None:
        self._stack = stack
        self._endpoints = endpoints
        self._table = table
        self._claims = claims
        self._packages = packages

    def plan(self, document: Any, execution: Execution) -> Plan:
        """Plan the release that an execution asks for, however often it asks.

        Args:
            document: Input of the execution.
            execution: The execution.

        Raises:
            InvalidInputError: the input, or what serves, does not allow what is asked for.
            PermanentError: a model may not serve, or the stack cannot be updated.
            TransientError: it is to be tried again.
        """
        request = parse_request(document)
        stack = self._stack.read()
        waiting = Plan(
            decision=ReleaseDecision.WAIT,
            reason=f"stack {stack.name} is being changed ({stack.status})",
            release_id=execution.name,
            execution_arn=execution.arn,
            stack_name=stack.name,
        )
        if stack.is_changing:
            return waiting
        current, reason = self._claims.claim(execution, request, stack.serving)
        if current is None:
            return replace(waiting, reason=reason)
        # Between the look at the stack and the claim, another release may have come to its end.
        stack = self._stack.read()
        if stack.is_changing:
            return waiting
        # SageMaker refuses updates while it scales or patches the endpoint.
        endpoint = self._endpoints.read()
        if endpoint is not None and endpoint.is_changing:
            reason = f"endpoint {self._endpoints.name} is {endpoint.status}"
            return replace(waiting, reason=reason)
        return self._decide(request, current, stack, waiting)

    def _decide(self, request: Request, current: Current, stack: Stack, plan: Plan) -> Plan:
        plan = replace(plan, action=request.wanted.action, previous=current.serving)
        history = [
            each for each in self._table.newest_first() if each.release_id != plan.release_id
        ]
        situation = Situation(
            serving=current.serving,
            stack_serving=stack.serving,
            history=history,
            packages=self._packages,
        )
        try:
            target = target_of(request, situation)
        except NotToReleaseError as error:
            reason = f"{error}{_drift(stack, current)}"
            asked = Serving(champion=request.wanted.model_package_arn)
            return replace(plan, decision=ReleaseDecision.SKIP, reason=reason, target=asked)
        self._record(current, plan.release_id, target)
        _check_updatable(stack)
        guards = self._guards(request, stack, target)
        is_there = stack.serving == target
        if is_there and stack.other_guards and self._is_beside_its_stack():
            # Another value of some property makes CloudFormation update the endpoint once more.
            guards, is_there = stack.other_guards, False
        for arn in target.variants.values():
            self._packages.verify(arn)
        return replace(
            plan,
            decision=ReleaseDecision.VERIFY if is_there else ReleaseDecision.UPDATE,
            reason="the stack says so already" if is_there else "",
            target=target,
            token=token_of("release", plan.release_id),
            parameters=stack.parameters_for(target, guards),
        )

    def _is_beside_its_stack(self) -> bool:
        """Return whether the endpoint serves what the stack does not hold: an update was undone."""
        endpoint = self._endpoints.read()
        return endpoint is not None and not is_same_name(
            endpoint.config_name, self._stack.endpoint_config_name()
        )

    def _guards(self, request: Request, stack: Stack, target: Serving) -> Guards:
        """Return how to update: who mends what an alarm is about must not be undone by it.

        People do, and so does the monitor: it brings back a model that has served, and the alarm
        may well be about the one that is below the floor. An approval that comes while an alarm
        fires keeps its guards, and is undone.
        """
        if changes_variants(stack.serving, target):
            return Guards.OFF
        is_mending = request.trigger is not ReleaseTrigger.APPROVAL and any(
            each.is_firing for each in self._endpoints.alarms(self._stack.alarm_names())
        )
        return Guards.OFF if is_mending else Guards.ON

    def _record(self, current: Current, release_id: str, target: Serving) -> None:
        release = self._table.get(release_id)
        is_written = release is not None and self._table.change(
            current, current, replace(release, target=target)
        )
        if not is_written:
            raise PermanentError(
                "claim-lost",
                f"release {release_id} no longer holds the endpoint: somebody has changed the "
                "table of releases by hand; release again",
                release_id,
            )


def changes_variants(before: Serving, after: Serving) -> bool:
    """Return whether variants come or go, which guarded updates do not support.

    https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails-exclusions.html
    """
    return bool(before.variants and after.variants) and set(before.variants) != set(after.variants)


def token_of(purpose: str, release_id: str) -> str:
    """Return the ClientRequestToken of an update; the same one for every attempt."""
    return _NOT_IN_TOKENS.sub("-", f"{purpose}-{release_id}")[:_MAX_TOKEN_CHARACTERS]


def _drift(stack: Stack, current: Current) -> str:
    """Return a warning when somebody left the stack as no release has recorded it."""
    if stack.serving == current.serving:
        return ""
    return (
        f"; mind that stack {stack.name} says {told(stack.serving)}, which nobody has verified: "
        "see `ops endpoint status`, and release what should serve"
    )


def _check_updatable(stack: Stack) -> None:
    if not stack.is_updatable:
        raise PermanentError(
            "stack-stuck",
            f"stack {stack.name} is {stack.status}, and cannot be updated; {stack.remedy}",
            stack.name,
        )
