"""The state machine that watches one training job: look, wait, look again, until it is over."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from mlops_constructs.states import ALL, ERROR_PATH, State, choice, never_retry, retry, task

MOST_EVENTS = 25_000
"""Events of an execution's history, after which Step Functions ends it.

https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
"""
_LOOK = "$.look"
_ATTEMPTS = 5
# States entered and left, a function's call scheduled, begun and ended; and each retry of the call.
_EVENTS_PER_LOOK = 9 + 3 * _ATTEMPTS


@dataclass(frozen=True, kw_only=True, slots=True)
class WatchdogStates:
    """Everything that the definition is made of.

    Attributes:
        watchdog_arn: Function that looks at a job.
        seconds: Its timeout.
        permanent_errors: Exceptions of it that no repetition mends.
        look_seconds: Time between two looks.
        timeout_seconds: Longest execution.
    """

    watchdog_arn: str
    seconds: int
    permanent_errors: Sequence[str]
    look_seconds: int
    timeout_seconds: int

    def __post_init__(self) -> None:
        """Refuse what would end in the middle, with the job unwatched."""
        looks = self.timeout_seconds // self.look_seconds + 1
        if looks * _EVENTS_PER_LOOK >= MOST_EVENTS:
            least = self.timeout_seconds * _EVENTS_PER_LOOK // MOST_EVENTS + 1
            raise ValueError(
                f"look_seconds is {self.look_seconds}: in {self.timeout_seconds} seconds an "
                f"execution could pass {MOST_EVENTS:,} events, its end; use {least} or more"
            )

    def definition(self) -> dict[str, Any]:
        """Return the state machine in Amazon States Language."""
        return {
            "Comment": "A running training job -> looks at its log, until it is over or stopped",
            "StartAt": "Look",
            "TimeoutSeconds": self.timeout_seconds,
            "States": {
                "Look": self._look(),
                "IsOver": choice({(f"{_LOOK}.decision", "wait"): "Wait"}, default="Over"),
                "Wait": {"Type": "Wait", "Seconds": self.look_seconds, "Next": "Look"},
                "Over": {"Type": "Succeed"},
                "Unwatched": {
                    "Type": "Fail",
                    "ErrorPath": f"{ERROR_PATH}.Error",
                    "CausePath": f"{ERROR_PATH}.Cause",
                },
            },
        }

    def _look(self) -> State:
        """Return the task that looks; a look can be taken again, so it is, many times."""
        return task(
            self.watchdog_arn,
            {"job_name.$": "$.job_name"},
            retries=[
                never_retry(self.permanent_errors),
                retry([ALL], seconds=2, attempts=_ATTEMPTS),
            ],
            failed="Unwatched",
            timeout_seconds=self.seconds,
            result_path=_LOOK,
            next_state="IsOver",
        )
