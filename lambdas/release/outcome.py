"""What a release has come to, and how it is told."""

import json
from dataclasses import dataclass
from typing import Any

from lambdas.release.inspection import told
from lambdas.shared.announcements import as_message, as_subject, cut
from schemas.releases import ReleaseStatus, Serving

_MAX_INPUT_CHARACTERS = 1_000
_STATUS_COMMAND = "python -m ops endpoint status"


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """What an execution has come to.

    Attributes:
        status: In one word.
        execution_arn: The execution.
        input: What it was started with.
        target: What should serve, or was asked for; without a champion when nobody got so far.
        previous: What served before.
        reason: Why it failed, was skipped or changed nothing.
        trouble: Why what served before could not be restored.
        is_untouched: Whether it failed before anything was changed.
        note: What the person who asked wrote.
    """

    status: ReleaseStatus
    execution_arn: str
    input: Any
    target: Serving
    previous: Serving
    reason: str
    trouble: str
    is_untouched: bool
    note: str

    @property
    def full_reason(self) -> str:
        """Return all that went wrong, in one text, for the table of releases."""
        restored = f"what served before was not restored: {self.trouble}" if self.trouble else ""
        return "; ".join(filter(None, (self.reason, restored)))

    def to_json(self) -> dict[str, str]:
        """Return `$.settled` of the state machine."""
        return {"status": self.status, "subject": self._subject(), "message": self._message()}

    def _subject(self) -> str:
        what = f" of {told(self.target)}" if self.target.champion else ""
        why = f": {self.reason}" if self.reason else ""
        return as_subject(f"Release{what} {self.status.value}{why}")

    def _message(self) -> str:
        given = cut(json.dumps(self.input, default=str), _MAX_INPUT_CHARACTERS)
        return as_message(
            self._headline(),
            "",
            *self._details(),
            f"What to do: {self._remedy()}",
            f"Input: {given}",
            f"Execution: {self.execution_arn}",
        )

    def _headline(self) -> str:
        target, previous = told(self.target), told(self.previous)
        match self.status:
            case ReleaseStatus.SUCCEEDED:
                return f"Released: {target} serves, checked with golden records."
            case ReleaseStatus.UNCHANGED:
                return f"Nothing to update: {target} serves, checked with golden records."
            case ReleaseStatus.SKIPPED:
                return f"Not released: {self.reason}. What serves is unchanged: {previous}."
            case ReleaseStatus.FAILED if self.is_untouched:
                return "The release failed before anything was changed."
            case ReleaseStatus.FAILED:
                return f"The release of {target} failed; {previous} serves again, as before."
            case _:
                return (
                    f"The release of {target} failed, and {previous}, which served before, could "
                    "not be restored. Somebody has to look now."
                )

    def _details(self) -> list[str]:
        lines = [f"Why: {self.reason}"] if self.reason else []
        if self.trouble:
            lines.append(f"Not restored: {self.trouble}")
        lines += [f"Target: {name} {arn}" for name, arn in self.target.variants.items()]
        lines += [f"Before: {name} {arn}" for name, arn in self.previous.variants.items()]
        return [*lines, *([f"Note: {self.note}"] if self.note else [])]

    def _remedy(self) -> str:
        match self.status:
            case ReleaseStatus.SUCCEEDED if self.previous.champion:
                return f"nothing; `python -m ops rollback` goes back to {told(self.previous)}"
            case ReleaseStatus.SUCCEEDED | ReleaseStatus.UNCHANGED | ReleaseStatus.SKIPPED:
                return f"nothing; `{_STATUS_COMMAND}` tells what serves"
            case ReleaseStatus.FAILED:
                return (
                    "mend the cause, then `python -m ops release` again, or reject the model; "
                    f"`{_STATUS_COMMAND}` tells what serves"
                )
            case _:
                return (
                    f"`{_STATUS_COMMAND}` tells what serves; `python -m ops rollback` brings "
                    f"{told(self.previous)} back, and with `--to VERSION` any other one"
                    if self.previous.champion
                    else f"`{_STATUS_COMMAND}` tells what serves; no model served well before, so "
                    "mend the cause, then `python -m ops release` again"
                )
