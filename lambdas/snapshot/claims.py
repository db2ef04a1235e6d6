"""Who may run what: one run per snapshot, code and parameters at a time, and one model for ever."""

from dataclasses import replace

from lambdas.shared.errors import TransientError
from lambdas.shared.executions import IsRunning
from lambdas.shared.runs import RunTable
from schemas.runs import RunStatus, TrainingRun, Trigger

_AUTOMATIC = frozenset({Trigger.SCHEDULE, Trigger.NEW_DATA, Trigger.QUALITY})
_MAX_CROSSINGS = 5


def why_not(existing: TrainingRun | None, wanted: TrainingRun, is_running: IsRunning) -> str:
    """Return why `wanted` must not begin; empty when it may.

    Args:
        existing: The run as the table has it; None when it was never begun.
        wanted: The run that an execution wants to begin.
        is_running: Tells whether an execution, by its ARN, is still running.
    """
    if existing is None or holds(existing, wanted):
        return ""
    if existing.status is RunStatus.REGISTERED:
        return (
            f"run {existing.run_id} has registered {existing.model_package_arn} from the same "
            "snapshot, code and parameters; a model is trained anew only when one of them changes "
            "(`ops reproduce` trains it again for comparison)"
        )
    if existing.status is RunStatus.RUNNING and is_running(existing.execution_arn):
        return (
            f"run {existing.run_id} of the same snapshot, code and parameters is under way in "
            f"{existing.execution_arn}"
        )
    if existing.status is RunStatus.REFUSED and wanted.trigger in _AUTOMATIC:
        return (
            f"run {existing.run_id} of the same snapshot, code and parameters was refused "
            f"({existing.reason}); it is tried again when one of them changes, or by hand"
        )
    return ""


def holds(existing: TrainingRun, wanted: TrainingRun) -> bool:
    """Return whether the execution that wants to run holds the claim already: it is a retry."""
    return existing.status is RunStatus.RUNNING and existing.execution_arn == wanted.execution_arn


class Claims:
    """Claims runs for executions.

    Args:
        runs: The table.
        is_running: Tells whether an execution, by its ARN, is still running.
    """

    def __init__(self, runs: RunTable, is_running: IsRunning) -> None:
        self._runs = runs
        self._is_running = is_running

    def why_not(self, wanted: TrainingRun) -> str:
        """Return why `wanted` would not be claimed now; empty when it would."""
        return why_not(self._runs.get(wanted.run_id), wanted, self._is_running)

    def claim(self, wanted: TrainingRun) -> tuple[TrainingRun | None, str]:
        """Claim a run, however often it is tried.

        Returns:
            The run as it is in the table now, or None and why it must not begin.

        Raises:
            TransientError: `claims-crossing`; other executions keep changing the run.
        """
        for _ in range(_MAX_CROSSINGS):
            existing = self._runs.get(wanted.run_id)
            if reason := why_not(existing, wanted, self._is_running):
                return None, reason
            if existing is not None and holds(existing, wanted):
                return existing, ""
            attempt = 1 if existing is None else existing.attempt + 1
            claimed = replace(wanted, attempt=attempt)
            if self._runs.replace(existing, claimed):
                return claimed, ""
        raise TransientError(
            "claims-crossing", "several executions want the same run; it is tried again"
        )
