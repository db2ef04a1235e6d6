"""Who may run: one execution at a time.

Whoever holds the item `CURRENT` runs; it is let go when the outcome is written down. A holder whose
execution has ended can no longer do that, so its claim is void.
"""

from dataclasses import dataclass, replace

from lambdas.monitor.request import Request
from lambdas.shared.clock import Clock, timestamp
from lambdas.shared.errors import PermanentError, TransientError
from lambdas.shared.executions import IsRunning
from lambdas.shared.failures import storable
from lambdas.shared.monitoring import MonitoringTable
from schemas.findings import Concern
from schemas.monitoring import MonitoringRun, MonitoringStatus

_MAX_CROSSINGS = 5
_OVER = frozenset({MonitoringStatus.DONE, MonitoringStatus.SKIPPED})


@dataclass(frozen=True, kw_only=True, slots=True)
class Execution:
    """An execution of the state machine.

    Attributes:
        arn: Its address; holds the claim.
        name: Id of its run.
    """

    arn: str
    name: str


class Claims:
    """Claims the right to run, and lets it go.

    Args:
        table: The runs.
        is_running: Tells whether an execution, by its ARN, is still running.
        clock: Tells the time.
    """

    def __init__(self, table: MonitoringTable, is_running: IsRunning, clock: Clock) -> None:
        self._table = table
        self._is_running = is_running
        self._clock = clock

    def claim(self, execution: Execution, request: Request) -> MonitoringRun:
        """Claim the right to run, however often it is tried.

        Returns:
            The run as it is in the table now. It is `RUNNING` when the execution holds the claim;
            otherwise it is over, such as `SKIPPED` because another one is under way.

        Raises:
            TransientError: `claims-crossing`; other executions keep changing the claim.
        """
        for _ in range(_MAX_CROSSINGS):
            existing, current = self._table.run(execution.name), self._table.current()
            if existing and existing.status in _OVER:
                return existing  # only the answer was lost
            is_held = current.held_by == execution.arn
            if existing and is_held and existing.status is MonitoringStatus.RUNNING:
                return existing
            wanted = self._begun(execution, request)
            if current.held_by and not is_held and self._is_running(current.held_by):
                reason = f"another run is under way in {current.held_by}"
                skipped = self._ended(wanted, MonitoringStatus.SKIPPED, reason)
                self._table.record(skipped)
                return skipped
            claimed = replace(current, held_by=execution.arn)
            abandoned = [] if is_held else self._abandoned(current.held_by)
            if self._table.change(current, claimed, wanted, *abandoned):
                return wanted
        raise TransientError("claims-crossing", "several executions want to run; it is tried again")

    def keep(self, execution: Execution, run: MonitoringRun) -> None:
        """Write what a run has come to know, as long as its execution holds the claim.

        Raises:
            PermanentError: `claim-lost`.
        """
        current = self._table.current()
        if current.held_by != execution.arn or not self._table.change(current, current, run):
            raise PermanentError(
                "claim-lost",
                f"run {execution.name} does not hold the claim any more: somebody has changed the "
                "table of monitoring by hand; look again with `python -m ops monitor run`",
                execution.name,
            )

    def end(
        self, execution: Execution, run: MonitoringRun, status: MonitoringStatus, reason: str
    ) -> MonitoringRun:
        """Write what has become of a run, and let the claim go if its execution holds it.

        Returns:
            The run as it was written.

        Raises:
            TransientError: `claim-changing`; somebody else is changing the claim.
        """
        ended = self._ended(run, status, reason)
        current = self._table.current()
        wanted = replace(
            current, held_by="" if current.held_by == execution.arn else current.held_by
        )
        if status is MonitoringStatus.DONE and not self._is_overtaken(run, current.latest):
            wanted = replace(wanted, latest=run.monitoring_id)
        if Concern.QUALITY in run.violations and not self._is_overtaken(run, current.judged):
            wanted = replace(wanted, judged=run.monitoring_id)
        if not self._table.change(current, wanted, ended):
            raise TransientError("claim-changing", "the claim is being changed")
        return ended

    def _is_overtaken(self, run: MonitoringRun, by: str) -> bool:
        """Return whether a run that ended before began later: one that is redriven ends late."""
        other = self._table.run(by) if by else None
        return other is not None and other.began_at > run.began_at

    def _begun(self, execution: Execution, request: Request) -> MonitoringRun:
        return MonitoringRun(
            monitoring_id=execution.name,
            status=MonitoringStatus.RUNNING,
            trigger=request.trigger,
            execution_arn=execution.arn,
            since=timestamp(request.since),
            until=timestamp(request.until),
            began_at=timestamp(self._clock()),
        )

    def _ended(self, run: MonitoringRun, status: MonitoringStatus, reason: str) -> MonitoringRun:
        return replace(
            run, status=status, reason=storable(reason), ended_at=timestamp(self._clock())
        )

    def _abandoned(self, execution_arn: str) -> list[MonitoringRun]:
        """Return what becomes of the run of a holder that ended without a word."""
        run = self._table.run(execution_arn.rpartition(":")[2]) if execution_arn else None
        if run is None or run.status is not MonitoringStatus.RUNNING:
            return []
        reason = "its execution ended without an outcome; the next run has taken over"
        return [self._ended(run, MonitoringStatus.FAILED, reason)]
