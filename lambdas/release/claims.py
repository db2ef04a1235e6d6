"""Who may change the endpoint: one execution at a time.

Whoever holds the item `CURRENT` may; it is let go when the outcome is written down. A holder whose
execution has ended can no longer do that, so its claim is void.
"""

from dataclasses import dataclass, replace

from lambdas.release.request import Request
from lambdas.shared.clock import Clock, timestamp
from lambdas.shared.errors import TransientError
from lambdas.shared.executions import IsRunning
from lambdas.shared.releases import ReleaseTable
from schemas.releases import Current, Release, ReleaseStatus, Serving

_MAX_CROSSINGS = 5


@dataclass(frozen=True, kw_only=True, slots=True)
class Execution:
    """An execution of the state machine.

    Attributes:
        arn: Its address; holds the claim.
        name: Key of its release in the table.
    """

    arn: str
    name: str


class Claims:
    """Claims the endpoint for executions.

    Args:
        table: The releases.
        is_running: Tells whether an execution, by its ARN, is still running.
        clock: Tells the time.
    """

    def __init__(self, table: ReleaseTable, is_running: IsRunning, clock: Clock) -> None:
        self._table = table
        self._is_running = is_running
        self._clock = clock

    def claim(
        self, execution: Execution, request: Request, found: Serving
    ) -> tuple[Current | None, str]:
        """Claim the endpoint, however often it is tried.

        Args:
            execution: Who wants it.
            request: What for.
            found: What the stack says should serve, for the case that nobody has written it down.

        Returns:
            What serves, as the last release left it, or None and why the execution has to wait.

        Raises:
            TransientError: `claims-crossing`; other executions keep changing it.
        """
        for _ in range(_MAX_CROSSINGS):
            existing = self._table.current()
            current = existing or Current(serving=found)
            if current.held_by == execution.arn:
                return current, ""
            if current.held_by and self._is_running(current.held_by):
                return None, f"another release is under way in {current.held_by}"
            wanted = replace(current, held_by=execution.arn)
            begun = self._begun(execution, request, current.serving)
            if self._table.change(existing, wanted, begun, *self._abandoned(current.held_by)):
                return wanted, ""
        raise TransientError(
            "claims-crossing", "several executions want the endpoint; it is tried again"
        )

    def _begun(self, execution: Execution, request: Request, previous: Serving) -> Release:
        return Release(
            release_id=execution.name,
            status=ReleaseStatus.RUNNING,
            action=request.wanted.action,
            trigger=request.trigger,
            execution_arn=execution.arn,
            previous=previous,
            note=request.wanted.note,
            began_at=timestamp(self._clock()),
        )

    def _abandoned(self, execution_arn: str) -> list[Release]:
        """Return what becomes of the release of a holder that ended without a word."""
        release = self._table.get(execution_arn.rpartition(":")[2]) if execution_arn else None
        if release is None or release.status is not ReleaseStatus.RUNNING:
            return []
        return [
            replace(
                release,
                status=ReleaseStatus.ABANDONED,
                reason="its execution ended without an outcome; the next release has taken over",
                ended_at=timestamp(self._clock()),
            )
        ]
