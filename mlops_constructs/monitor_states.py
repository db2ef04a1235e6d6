"""The state machine that looks at what a model has predicted, and publishes what it finds."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from mlops_constructs.sagemaker_jobs import JobSettings, processing_job
from mlops_constructs.states import ALL, State, announcement, choice, never_retry, retry, task

FAILED = "Explain"
"""Where every failure goes: it is recorded and announced, then the execution fails."""

_RUN = "$.run"
_CALL_SECONDS = 60


@dataclass(frozen=True, kw_only=True, slots=True)
class MonitorStates:
    """Everything that the definition is made of.

    Attributes:
        monitor_arn: Function that plans, publishes and explains.
        seconds: Its timeout.
        permanent_errors: Exceptions of it that no repetition mends.
        jobs: What all jobs have in common.
        topic_arn: Told of failures; findings have alarms.
        timeout_seconds: Longest execution.
    """

    monitor_arn: str
    seconds: int
    permanent_errors: Sequence[str]
    jobs: JobSettings
    topic_arn: str
    timeout_seconds: int

    def definition(self) -> dict[str, Any]:
        """Return the state machine in Amazon States Language."""
        return {
            "Comment": "Predictions and labels -> drift, quality, violations: plan, look, publish",
            "StartAt": "Begin",
            "TimeoutSeconds": self.timeout_seconds,
            "States": {
                "Begin": _BEGIN,
                "Plan": self._step("plan", {"input.$": "$.input"}, _RUN, "IsDue"),
                "IsDue": choice({(f"{_RUN}.decision", "run"): "Look"}, default="NothingToDo"),
                "NothingToDo": {"Type": "Succeed"},
                "Look": processing_job(
                    self.jobs,
                    "monitor",
                    arguments={},
                    inputs={"data": f"{_RUN}.input_uri", "baseline": f"{_RUN}.baseline_uri"},
                    manifest_inputs=["data"],
                    output_uri=f"{_RUN}.output_uri",
                    failed=FAILED,
                    next_state="Publish",
                ),
                "Publish": self._step("publish", {"run.$": _RUN}, None, "Done"),
                "Done": {"Type": "Succeed"},
                FAILED: self._step(
                    "fail", {"state.$": "$"}, "$.settled", "Announce", failed="NotSettled"
                ),
                "Announce": announcement(
                    self.topic_arn, "$.settled", failed="NotSettled", next_state="Failed"
                ),
                "Failed": {
                    "Type": "Fail",
                    "ErrorPath": "$.settled.subject",
                    "CausePath": "$.settled.message",
                },
                "NotSettled": _NOT_SETTLED,
            },
        }

    def _step(
        self,
        step: str,
        payload: dict[str, Any],
        result_path: str | None,
        next_state: str,
        *,
        failed: str = FAILED,
    ) -> State:
        """Return a task that calls the function; its steps are idempotent, so it tries again."""
        return task(
            self.monitor_arn,
            {
                "step": step,
                "execution_arn.$": "$$.Execution.Id",
                "execution_name.$": "$$.Execution.Name",
                **payload,
            },
            retries=[
                never_retry(self.permanent_errors),
                retry([ALL], seconds=2, attempts=5),
            ],
            failed=failed,
            timeout_seconds=self.seconds,
            result_path=result_path,
            next_state=next_state,
        )


# Whatever the input is, the state is an object from here on, to which results and errors are added.
_BEGIN: State = {
    "Type": "Pass",
    "Parameters": {"input.$": "$$.Execution.Input"},
    "Next": "Plan",
}
_NOT_SETTLED: State = {
    "Type": "Fail",
    "Error": "NotSettled",
    "Cause": "The failure could not be recorded or announced; see the last error in this "
    "execution's history.",
}
