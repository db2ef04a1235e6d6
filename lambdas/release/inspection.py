"""Whether what should serve really serves: neither CloudFormation nor `InService` tells.

When an alarm undoes an update, the endpoint is in service with its old configuration, and
CloudFormation may report success.
"""

from collections.abc import Iterator
from typing import Any, NoReturn

from lambdas.release.endpoint import IN_SERVICE, Endpoint, Endpoints
from lambdas.release.stack import InferenceStack, Stack, is_same_name
from lambdas.shared.errors import PermanentError
from schemas.registry import version_of
from schemas.releases import CHALLENGER, CHAMPION, WHOLE, ReleaseDecision, Serving

NOT_SERVING, ROLLED_BACK = "not-serving", "rolled-back"
_PERCENT_TOLERANCE = 1e-6


class Inspection:
    """Looks at what serves.

    Args:
        stack: Says what should.
        endpoints: Say what does.
    """

    def __init__(self, stack: InferenceStack, endpoints: Endpoints) -> None:
        self._stack = stack
        self._endpoints = endpoints

    def inspect(self, expected: Serving, token: str) -> dict[str, Any]:
        """Return `$.inspected`: exactly `expected` serves, or it is too early to tell.

        Scaling changes an endpoint, too, and may take minutes right after a release.

        Args:
            expected: What should.
            token: Of the stack's update, for the reason when it has failed.

        Raises:
            PermanentError: `not-serving` or `rolled-back`; something else serves, or nothing.
        """
        stack = self._stack.read()
        if stack.is_changing:
            return _too_early(f"stack {stack.name} is {stack.status}")
        self._check_stack(stack, expected, token)
        endpoint = self._endpoints.read()
        if endpoint is None or not expected.champion:
            self._check_presence(expected, endpoint)
            return _inspected(expected, "")
        if endpoint.is_changing:
            return _too_early(f"endpoint {self._endpoints.name} is {endpoint.status}")
        if endpoint.status != IN_SERVICE:
            self._refuse(endpoint, NOT_SERVING, f"is {endpoint.status}")
        wanted = self._stack.endpoint_config_name()
        if not is_same_name(endpoint.config_name, wanted):
            self._refuse(
                endpoint,
                ROLLED_BACK,
                f"was given the configuration {wanted}, but serves {endpoint.config_name}: "
                "SageMaker has undone the update",
            )
        if differences := list(self._differences(expected, endpoint)):
            self._refuse(endpoint, NOT_SERVING, "; ".join(differences))
        return _inspected(expected, endpoint.config_name)

    def _check_stack(self, stack: Stack, expected: Serving, token: str) -> None:
        if stack.serving == expected:
            return
        why = self._stack.why_failed(token) or "see its events"
        raise PermanentError(
            NOT_SERVING,
            f"stack {stack.name} is {stack.status} and says that {told(stack.serving)} should "
            f"serve, not {told(expected)}: {why}",
            stack.name,
        )

    def _check_presence(self, expected: Serving, endpoint: Endpoint | None) -> None:
        if (endpoint is None) == (not expected.champion):
            return
        name = self._endpoints.name
        raise PermanentError(
            NOT_SERVING,
            f"there is no endpoint {name}: somebody deleted it past its stack; see the stack's "
            "drift"
            if endpoint is None
            else f"endpoint {name} is there although no model should serve; delete it",
            name,
        )

    def _differences(self, expected: Serving, endpoint: Endpoint) -> Iterator[str]:
        found = self._endpoints.packages(endpoint.config_name)
        challenger = expected.challenger_percent
        percents = {CHAMPION: WHOLE - challenger, CHALLENGER: challenger}
        for variant in sorted({*found, *expected.variants}):
            arn, wanted = found.get(variant, ""), expected.variants.get(variant, "")
            if arn != wanted:
                yield f"variant {variant} is {arn or 'nothing'}, not {wanted or 'nothing'}"
                continue
            percent = endpoint.percents.get(variant, 0.0)
            if abs(percent - percents[variant]) > _PERCENT_TOLERANCE:
                yield f"variant {variant} gets {percent:g} %, not {percents[variant]} %"

    def _refuse(self, endpoint: Endpoint, code: str, what: str) -> NoReturn:
        parts = [f"endpoint {self._endpoints.name} {what}"]
        if endpoint.failure_reason:
            parts.append(f"SageMaker says: {endpoint.failure_reason}")
        if alarms := self._endpoints.alarms(self._stack.alarm_names()):
            states = [f"{each.name} is {each.state} since {each.since}" for each in alarms]
            parts.append(f"Alarms that undo updates: {', '.join(states)}")
        if endpoint.config_name:
            parts.append(f"What serves: {self._what_serves(endpoint.config_name)}")
        raise PermanentError(code, ". ".join(parts), self._endpoints.name)

    def _what_serves(self, config_name: str) -> str:
        packages = self._endpoints.packages(config_name)
        return ", ".join(f"{arn or 'unknown'} as {name}" for name, arn in sorted(packages.items()))


def told(serving: Serving) -> str:
    """Return what serves in words, such as `model 7, and model 8 for 10 %`."""
    if not serving.champion:
        return "no model"
    champion = f"model {version_of(serving.champion)}"
    if not serving.challenger:
        return champion
    challenger = version_of(serving.challenger)
    return f"{champion}, and model {challenger} for {serving.challenger_percent} %"


def _inspected(serving: Serving, config_name: str) -> dict[str, Any]:
    return {
        "decision": ReleaseDecision.VERIFY,
        "serving": serving.to_json(),
        "endpoint_config_name": config_name,
    }


def _too_early(reason: str) -> dict[str, Any]:
    return {"decision": ReleaseDecision.WAIT, "reason": reason}
