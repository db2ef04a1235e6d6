"""The state machine that turns curated data into a registered model, top-down."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mlops_constructs.sagemaker_jobs import JobSettings, processing_job
from mlops_constructs.sagemaker_training import (
    TRAINING_JOB,
    TrainingSpecification,
    best_training_state,
    training_state,
    tuning_state,
)
from mlops_constructs.states import (
    State,
    announcement,
    choice,
    filled,
    never_retry,
    retry,
    task,
)

RUN = "$.run"
REGISTER = "register"
TUNE = "tune"
SKIP = "skip"
QUALITY = "quality"
"""Trigger of a training that people were told of before it was begun."""

FAILED = "SettleFailure"
"""Where every failure ends: it is recorded and announced, then the execution fails."""

TRAINING_METRICS = {
    name: rf"{name}=([0-9.]+)" for name in ("train:auc", "validation:auc", "validation:logloss")
}


@dataclass(frozen=True, kw_only=True, slots=True)
class TrainingFunctions:
    """Names of the functions that decide and record; the jobs do the work between them.

    Attributes:
        snapshot_arn: Validates the input, fixes the data, claims the run.
        gate_arn: Decides whether the model is good enough.
        register_arn: Registers it, for approval.
        settle_arn: Records the outcome and words its announcement.
        snapshot_seconds: Timeout of the snapshot function.
        seconds: Timeout of the others.
        permanent_errors: Exceptions of theirs that no repetition mends.
    """

    snapshot_arn: str
    gate_arn: str
    register_arn: str
    settle_arn: str
    snapshot_seconds: int
    seconds: int
    permanent_errors: Sequence[str]


@dataclass(frozen=True, kw_only=True, slots=True)
class TrainingStates:
    """Everything that the definition is made of.

    Attributes:
        functions: Functions between the jobs.
        jobs: What all jobs have in common.
        training: What is trained.
        topic_arn: Told of every outcome.
        timeout_seconds: Longest execution.
    """

    functions: TrainingFunctions
    jobs: JobSettings
    training: TrainingSpecification
    topic_arn: str
    timeout_seconds: int

    def definition(self) -> dict[str, Any]:
        """Return the state machine in Amazon States Language."""
        return {
            "Comment": "Curated data -> registered model: snapshot, validate, preprocess, train or "
            "tune, evaluate, gate, register, announce",
            "StartAt": "Begin",
            "TimeoutSeconds": self.timeout_seconds,
            "States": {
                "Begin": _BEGIN,
                **self._prepare(),
                **self._find_model(),
                **self._judge(),
                **self._end(),
            },
        }

    def _prepare(self) -> dict[str, State]:
        functions = self.functions
        return {
            "Snapshot": self._invoke(
                functions.snapshot_arn, RUN, "IsDue", seconds=functions.snapshot_seconds
            ),
            "IsDue": choice({("$.run.decision", SKIP): "IsAwaited"}, default="Validate"),
            "IsAwaited": choice({("$.run.trigger", QUALITY): "Settle"}, default="NothingToDo"),
            "NothingToDo": {"Type": "Succeed"},
            "Validate": self._process(
                "profile",
                arguments=_months("train_from", "holdout_from", "holdout_to"),
                inputs={"data": "$.run.input_uri"},
                manifest_inputs=["data"],
                output="baseline",
                next_state="Preprocess",
            ),
            "Preprocess": self._process(
                "preprocess",
                arguments=_months("train_from", "holdout_from", "holdout_to"),
                inputs={"data": "$.run.input_uri"},
                manifest_inputs=["data"],
                output="prepared",
                next_state="TrainOrTune",
            ),
        }

    def _find_model(self) -> dict[str, State]:
        return {
            "TrainOrTune": choice({("$.run.mode", TUNE): "Tune"}, default="Train"),
            "Train": training_state(
                self.jobs, self.training, failed=FAILED, next_state="IsTrained"
            ),
            "Tune": tuning_state(self.jobs, self.training, failed=FAILED, next_state="BestModel"),
            "BestModel": best_training_state(failed=FAILED, next_state="IsTrained"),
            # Whether a job that was stopped fails its task, or ends it, AWS does not say.
            "IsTrained": choice(
                {(f"{TRAINING_JOB}.TrainingJobStatus", "Completed"): "Evaluate"}, default=FAILED
            ),
        }

    def _judge(self) -> dict[str, State]:
        functions = self.functions
        return {
            "Evaluate": self._process(
                "evaluate",
                arguments={},
                inputs={
                    "holdout": filled("{}prepared/holdout/", "$.run.prefix_uri"),
                    "summary": filled("{}prepared/summary/", "$.run.prefix_uri"),
                    "challenger": "$.training_job.ModelArtifacts.S3ModelArtifacts",
                    "champion": filled("{}champion/", "$.run.prefix_uri"),
                },
                output="evaluation",
                next_state="Gate",
            ),
            "Gate": self._invoke(functions.gate_arn, "$.gate", "IsGoodEnough"),
            "IsGoodEnough": choice({("$.gate.decision", REGISTER): "Register"}, default="Settle"),
            "Register": self._invoke(functions.register_arn, "$.registration", "Settle"),
        }

    def _end(self) -> dict[str, State]:
        settle = self.functions.settle_arn
        return {
            "Settle": self._invoke(settle, _OUTCOME, "Announce", failed="NotSettled"),
            "Announce": self._announce("Done"),
            "Done": {"Type": "Succeed"},
            FAILED: self._invoke(settle, _OUTCOME, "AnnounceFailure", failed="NotSettled"),
            "AnnounceFailure": self._announce("Failed"),
            "Failed": {
                "Type": "Fail",
                "ErrorPath": "$.outcome.subject",
                "CausePath": "$.outcome.message",
            },
            "NotSettled": {
                "Type": "Fail",
                "Error": "NotSettled",
                "Cause": "The outcome could not be recorded or announced; see the last error in "
                "this execution's history.",
            },
        }

    def _invoke(
        self,
        function_arn: str,
        result_path: str,
        next_state: str,
        *,
        failed: str = FAILED,
        seconds: int | None = None,
    ) -> State:
        """Return a task that calls a function with the whole state.

        All functions are idempotent, so whatever is not known to be permanent is tried again.
        """
        return task(
            function_arn,
            None,
            retries=[
                never_retry(self.functions.permanent_errors),
                retry(["States.ALL"], seconds=2, attempts=4),
            ],
            failed=failed,
            timeout_seconds=seconds or self.functions.seconds,
            result_path=result_path,
            next_state=next_state,
        )

    def _process(
        self, step: str, *, inputs: Mapping[str, str], output: str, **options: Any
    ) -> State:
        return processing_job(
            self.jobs,
            step,
            inputs=inputs,
            output_uri=filled(f"{{}}{output}", "$.run.prefix_uri"),
            failed=FAILED,
            **options,
        )

    def _announce(self, next_state: str) -> State:
        return announcement(self.topic_arn, _OUTCOME, failed="NotSettled", next_state=next_state)


_OUTCOME = "$.outcome"
# Whatever the input is, the state is an object from here on, to which results and errors are added.
_BEGIN: State = {
    "Type": "Pass",
    "Parameters": {
        "execution_arn.$": "$$.Execution.Id",
        "input.$": "$$.Execution.Input",
    },
    "Next": "Snapshot",
}


def _months(*names: str) -> dict[str, str]:
    """Return command line options for months of the run's window."""
    return {f"--{name.replace('_', '-')}": f"$.run.window.{name}" for name in names}
