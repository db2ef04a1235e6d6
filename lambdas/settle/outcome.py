"""What an execution has come to, and how it is told."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from lambdas.settle.history import Place
from lambdas.shared.announcements import as_message, as_subject, cut
from lambdas.shared.explanations import TRAINING_LOGS, Failure, explain
from schemas.runs import RunStatus
from schemas.training import Decision, GateResult, PlannedRun, Verdict
from schemas.watchdog import stopped

_MAX_INPUT_CHARACTERS = 1_000

_STATUS = {
    Verdict.REGISTER: RunStatus.REGISTERED,
    Verdict.REFUSE: RunStatus.REFUSED,
    Verdict.REPRODUCED: RunStatus.REPRODUCED,
    Verdict.DIFFERS: RunStatus.DIFFERS,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """What an execution has come to.

    Attributes:
        execution_arn: The execution.
        input: What it was started with.
        status: What became of its run.
        run: The run; None when the execution failed before it had one.
        failure: What went wrong; None when nothing did.
        place: Where it went wrong.
        gate: What the gate said; None when it was not asked.
        model_package_arn: What was registered; empty when nothing was.
    """

    execution_arn: str
    input: Any
    status: RunStatus
    run: PlannedRun | None
    failure: Failure | None
    place: Place
    gate: GateResult | None
    model_package_arn: str

    @classmethod
    def from_event(cls, event: Mapping[str, Any], place: Place) -> "Outcome":
        """Read the state that an execution has got to.

        Args:
            event: Its state: `execution_arn`, `input`, and what its states have added.
            place: Where it failed, if it did.
        """
        run, gate = event.get("run") or {}, event.get("gate")
        is_planned = run.get("decision") == Decision.TRAIN
        result = GateResult.from_json(gate) if gate else None
        failure = _failure(event, result)
        return cls(
            execution_arn=event["execution_arn"],
            input=event.get("input"),
            status=RunStatus.FAILED if failure or not result else _STATUS[result.decision],
            run=PlannedRun.from_json(run) if is_planned else None,
            failure=failure,
            place=place,
            gate=result,
            model_package_arn=(event.get("registration") or {}).get("model_package_arn", ""),
        )

    def watched(self, told: str) -> "Outcome":
        """Return it with what the watchdog has said of a job of its run, if it failed of that.

        Args:
            told: As the run has it; empty when the watchdog has stopped nothing.
        """
        failure = self.failure
        if not told or failure is None or failure.log_group != TRAINING_LOGS:
            return self
        beginning = stopped(failure.log_stream_prefix)
        if told.startswith(beginning):
            why = told.removeprefix(f"{failure.log_stream_prefix} was ")
        else:  # one training of the tuning that failed
            why = f"{failure.why.rstrip('.')}; {told}"
        return replace(self, failure=replace(failure, why=why))

    @property
    def reason(self) -> str:
        """Why, in one text, for the table of runs."""
        if self.failure is not None:
            where = f"{self.failure.job or self.place.state}: ".removeprefix(": ")
            return f"{where}{self.failure.why}"
        return "; ".join(self.gate.reasons) if self.gate else ""

    @property
    def subject(self) -> str:
        """One line, as a message's subject may be."""
        name = f"run {self.run.run_id}" if self.run else "execution"
        return as_subject(f"Training {name} {self.status.value}: {self.reason}")

    @property
    def message(self) -> str:
        """Everything that somebody who was told needs to know next."""
        return as_message(self._headline(), "", *self._details(), *self._background())

    def _headline(self) -> str:
        name = f"Training run {self.run.run_id}" if self.run else "A training"
        return {
            RunStatus.REGISTERED: f"{name} has registered a model; it waits for approval.",
            RunStatus.REFUSED: f"{name} was refused by the gate; the champion stays.",
            RunStatus.REPRODUCED: f"{name} has reproduced a registered model exactly.",
            RunStatus.DIFFERS: f"{name} has not reproduced the registered model.",
        }.get(self.status, f"{name} failed.")

    def _details(self) -> list[str]:
        if self.failure is None:
            lines = [f"Why: {reason}" for reason in (self.gate.reasons if self.gate else ())]
            if self.model_package_arn:
                lines.append(f"Model package: {self.model_package_arn}")
            return lines
        lines = [f"State: {self.place.state}"] if self.place.state else []
        if self.failure.job:
            lines.append(f"Job: {self.failure.job}")
        return [*lines, f"Why: {self.failure.why}", *self._log()]

    def _log(self) -> list[str]:
        failure = self.failure
        if failure and failure.log_group:
            return [
                f"Log: group {failure.log_group}, streams that begin with "
                f"{failure.log_stream_prefix}",
                f"     aws logs tail {failure.log_group} --since 7d "
                f"--log-stream-name-prefix {failure.log_stream_prefix}",
            ]
        if self.place.function:
            return [f"Log: of the function {self.place.function}"]
        return []

    def _background(self) -> list[str]:
        lines = []
        if self.run:
            window = self.run.window
            lines.append(
                f"Window: trained on {window.train_from} to {window.holdout_from} (exclusive), "
                f"judged on {window.holdout_from} to {window.holdout_to} (exclusive)"
            )
        if self.run and self.run.reproduces:
            lines.append(f"Reproduces: {self.run.reproduces}")
        if self.gate:
            lines.append(f"Evaluation: {self.gate.evaluation_uri}")
        given = json.dumps(self.input, default=str)
        return [
            *lines,
            f"Input: {cut(given, _MAX_INPUT_CHARACTERS)}",
            f"Execution: {self.execution_arn}",
        ]


def _failure(event: Mapping[str, Any], gate: GateResult | None) -> Failure | None:
    if "error" in event:
        return explain(event["error"])
    if gate is not None:
        return None
    if job := event.get("training_job"):
        return explain({"Cause": json.dumps(job)})
    return Failure(why="the execution came to its end without a decision of the gate")
