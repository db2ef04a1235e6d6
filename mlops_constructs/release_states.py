"""The state machine that changes what an endpoint serves, and undoes it when that goes wrong."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from mlops_constructs.states import (
    ALL,
    State,
    announcement,
    choice,
    integration,
    never_retry,
    retry,
    task,
)

FAILED = "Restore"
"""Where every failure goes: what served before is brought back, then the execution fails."""

_RELEASE, _RESTORE = "$.release", "$.restore"
_CALL_SECONDS = 60
# A turn adds nine events to the history, which holds 25,000: two days' worth.
_TURN_SECONDS = 60
# CloudFormation is being used by somebody else, or AWS asks for patience.
_UPDATE_RETRIES = [retry([ALL], seconds=10, attempts=4)]
_UNDER_WAY = "*_IN_PROGRESS"
# The old resources are being removed; the next update has to wait for it, too.
_DONE = "UPDATE_COMPLETE"


@dataclass(frozen=True, kw_only=True, slots=True)
class ReleaseStates:
    """Everything that the definition is made of.

    Attributes:
        release_arn: Function that plans, inspects, restores and records.
        smoke_test_arn: Function that asks the endpoint what it must answer.
        seconds: Timeout of both.
        permanent_errors: Exceptions of theirs that no repetition mends.
        deployment_role_arn: Role that CloudFormation updates the stack with.
        topic_arn: Told of every outcome.
        poll_seconds: Time between two looks at an update.
        timeout_seconds: Longest execution.
    """

    release_arn: str
    smoke_test_arn: str
    seconds: int
    permanent_errors: Sequence[str]
    deployment_role_arn: str
    topic_arn: str
    poll_seconds: int
    timeout_seconds: int

    def definition(self) -> dict[str, Any]:
        """Return the state machine in Amazon States Language."""
        return {
            "Comment": "An approved model reaches its endpoint: plan, update the stack, verify "
            "what serves, smoke test, record; any failure brings back what served before",
            "StartAt": "Begin",
            "TimeoutSeconds": self.timeout_seconds,
            "States": {
                "Begin": _BEGIN,
                **self._plan(),
                **self._update("", _RELEASE, complete="Inspect", failed=FAILED),
                **self._verify(),
                **self._restore(),
                **self._end(),
            },
        }

    def _plan(self) -> dict[str, State]:
        return {
            "Plan": self._step("plan", {"input.$": "$.input"}, _RELEASE, "IsPlanned"),
            "IsPlanned": _decision(
                _RELEASE,
                {"wait": "WaitForTurn", "update": "Update", "verify": "Inspect", "skip": "Settle"},
                default=FAILED,
            ),
            "WaitForTurn": self._wait("Plan", seconds=_TURN_SECONDS),
        }

    def _update(self, suffix: str, path: str, *, complete: str, failed: str) -> dict[str, State]:
        """Return the states that update the stack to what the plan at `path` says."""
        parameters = {
            "StackName.$": f"{path}.stack_name",
            "UsePreviousTemplate": True,
            "Parameters.$": f"{path}.parameters",
            # Without it CloudFormation goes on with the role of the last update: the deployer's.
            "RoleARN": self.deployment_role_arn,
            "ClientRequestToken.$": f"{path}.token",
        }
        return {
            f"Update{suffix}": task(
                integration("aws-sdk:cloudformation:updateStack"),
                parameters,
                retries=_UPDATE_RETRIES,
                failed=failed,
                timeout_seconds=_CALL_SECONDS,
                result_path=None,
                next_state=f"Wait{suffix}",
            ),
            f"Wait{suffix}": self._wait(f"Look{suffix}"),
            f"Look{suffix}": task(
                integration("aws-sdk:cloudformation:describeStacks"),
                {"StackName.$": f"{path}.stack_name"},
                retries=[retry([ALL], seconds=5, attempts=8)],
                failed=failed,
                timeout_seconds=_CALL_SECONDS,
                result_selector={"status.$": "$.Stacks[0].StackStatus"},
                result_path="$.stack",
                next_state=f"IsUpdated{suffix}",
            ),
            f"IsUpdated{suffix}": {
                "Type": "Choice",
                "Choices": [
                    {"Variable": "$.stack.status", "StringEquals": _DONE, "Next": complete},
                    {
                        "Variable": "$.stack.status",
                        "StringMatches": _UNDER_WAY,
                        "Next": f"Wait{suffix}",
                    },
                ],
                "Default": failed,
            },
        }

    def _verify(self) -> dict[str, State]:
        release = {"release.$": _RELEASE, "expected": "target"}
        return {
            "Inspect": self._step("inspect", release, "$.inspected", "IsStill"),
            "IsStill": _decision(
                "$.inspected", {"wait": "WaitToInspect", "verify": "SmokeTest"}, default=FAILED
            ),
            "WaitToInspect": self._wait("Inspect"),
            "SmokeTest": self._invoke(
                self.smoke_test_arn,
                {"serving.$": f"{_RELEASE}.target"},
                result_path="$.smoke_test",
                next_state="Settle",
                failed=FAILED,
            ),
        }

    def _restore(self) -> dict[str, State]:
        # Whatever has failed, and wherever: the function finds out what there is to undo.
        whole = {"state.$": "$"}
        previous = {"release.$": _RELEASE, "expected": "previous"}
        lost = "SettleUnrecovered"
        return {
            FAILED: self._step("restore", whole, _RESTORE, "IsRestorable", failed=lost),
            "IsRestorable": _decision(
                _RESTORE,
                {
                    "wait": "WaitToRestore",
                    "update": "UpdateBack",
                    "verify": "InspectPrevious",
                    "skip": "SettleFailure",
                },
                default=lost,
            ),
            "WaitToRestore": self._wait(FAILED, seconds=_TURN_SECONDS),
            **self._update("Back", _RESTORE, complete="InspectPrevious", failed=lost),
            "InspectPrevious": self._step(
                "inspect", previous, "$.inspected", "IsPreviousStill", failed=lost
            ),
            "IsPreviousStill": _decision(
                "$.inspected",
                {"wait": "WaitToInspectPrevious", "verify": "SettleFailure"},
                default=lost,
            ),
            "WaitToInspectPrevious": self._wait("InspectPrevious"),
        }

    def _end(self) -> dict[str, State]:
        return {
            "Settle": self._settle("succeeded", "Announce"),
            "Announce": self._announce("Sweep"),
            "Sweep": self._step("sweep", {}, None, "Done", failed="Done"),
            "Done": {"Type": "Succeed"},
            "SettleFailure": self._settle("failed", "AnnounceFailure"),
            "SettleUnrecovered": self._settle("unrecovered", "AnnounceFailure"),
            "AnnounceFailure": self._announce("Failed"),
            "Failed": {
                "Type": "Fail",
                "ErrorPath": "$.settled.subject",
                "CausePath": "$.settled.message",
            },
            "NotSettled": {
                "Type": "Fail",
                "Error": "NotSettled",
                "Cause": "The outcome could not be recorded or announced; see the last error in "
                "this execution's history, and `ops endpoint status` for what serves.",
            },
        }

    def _settle(self, outcome: str, next_state: str) -> State:
        return self._step(
            "settle",
            {"outcome": outcome, "state.$": "$"},
            "$.settled",
            next_state,
            failed="NotSettled",
        )

    def _step(
        self,
        step: str,
        payload: dict[str, Any],
        result_path: str | None,
        next_state: str,
        *,
        failed: str = FAILED,
    ) -> State:
        return self._invoke(
            self.release_arn,
            {
                "step": step,
                "execution_arn.$": "$$.Execution.Id",
                "execution_name.$": "$$.Execution.Name",
                **payload,
            },
            result_path=result_path,
            next_state=next_state,
            failed=failed,
        )

    def _invoke(
        self,
        function_arn: str,
        payload: dict[str, Any],
        *,
        result_path: str | None,
        next_state: str,
        failed: str,
    ) -> State:
        """Return a task that calls a function; all are idempotent, so they are tried again."""
        return task(
            function_arn,
            payload,
            retries=[
                never_retry(self.permanent_errors),
                retry([ALL], seconds=2, attempts=6),
            ],
            failed=failed,
            timeout_seconds=self.seconds,
            result_path=result_path,
            next_state=next_state,
        )

    def _wait(self, next_state: str, *, seconds: int | None = None) -> State:
        return {"Type": "Wait", "Seconds": seconds or self.poll_seconds, "Next": next_state}

    def _announce(self, next_state: str) -> State:
        return announcement(self.topic_arn, "$.settled", failed="NotSettled", next_state=next_state)


def _decision(path: str, cases: dict[str, str], *, default: str) -> State:
    return choice({(f"{path}.decision", name): state for name, state in cases.items()},
                  default=default)  # fmt: skip


# Whatever the input is, the state is an object from here on, to which results and errors are added.
_BEGIN: State = {
    "Type": "Pass",
    "Parameters": {"input.$": "$$.Execution.Input"},
    "Next": "Plan",
}
