"""Begins releases, tells what they do, and says what they have come to."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from ops import endpoints, following, releases
from ops.deployment import Deployment
from ops.executions import Execution, StateVisit
from ops.following import Look, Started
from ops.stack_events import StackNews
from schemas.names import Output
from schemas.registry import version_of
from schemas.releases import Current, Release, ReleaseRequest, ReleaseStatus

LONGEST_RELEASE_SECONDS: Final = 3 * 3600

_WELL = frozenset({ReleaseStatus.SUCCEEDED, ReleaseStatus.UNCHANGED})
# What the states of the release's state machine do, for people; a wait is no news.
_WORDS = {
    "Plan": "checking what is asked for, and waiting for its turn",
    "Update": "updating the stack",
    "Look": "waiting until the stack is updated",
    "Inspect": "verifying what really serves",
    "SmokeTest": "asking the endpoint the golden records",
    "Restore": "FAILED: bringing back what served before",
    "UpdateBack": "updating the stack back",
    "LookBack": "waiting until the stack is as it was",
    "InspectPrevious": "verifying that what served before serves again",
    "Settle": "recording what serves",
    "Announce": "announcing it",
    "Sweep": "deleting what former releases left behind",
    "SettleFailure": "recording the failure",
    "SettleUnrecovered": "recording that what served before could not be brought back",
    "AnnounceFailure": "announcing the failure",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class ReleaseOutcome:
    """What a release has come to.

    Attributes:
        release_id: Name of its execution.
        execution_arn: Its address.
        status: What became of it; `running` while it runs.
        reason: Why, for people; empty when it simply succeeded.
        current: What serves now.
    """

    release_id: str
    execution_arn: str
    status: ReleaseStatus
    reason: str
    current: Current

    @property
    def is_ok(self) -> bool:
        """Whether what was asked for is so."""
        return self.status in _WELL


def begin(deployment: Deployment, request: ReleaseRequest) -> Started:
    """Start a release; it waits for its turn when another one runs."""
    arn = request.model_package_arn
    label = f"{request.action}-{version_of(arn)}" if arn else request.action.value
    return following.begin(
        deployment, label, request.to_json(), machine=Output.RELEASE_STATE_MACHINE_ARN
    )


def conclude(deployment: Deployment, execution: Execution) -> ReleaseOutcome:
    """Return what a release has come to.

    An execution that found nothing to do, was refused or was stopped may not be in the table.
    """
    known = releases.get(deployment, execution.name)
    status = _status(known, execution)
    announced = "" if status in _WELL else _announced(execution)
    return ReleaseOutcome(
        release_id=execution.name,
        execution_arn=execution.arn,
        status=status,
        reason=(known.reason if known else "") or announced,
        current=releases.current(deployment),
    )


def _status(known: Release | None, execution: Execution) -> ReleaseStatus:
    if known and (known.status is not ReleaseStatus.RUNNING or execution.is_running):
        return known.status
    if execution.is_running:
        return ReleaseStatus.RUNNING
    told = execution.output.get("settled", {}).get("status")
    # An execution that ended without recording its outcome has let go of nothing.
    return ReleaseStatus(told) if told else ReleaseStatus.FAILED


def _announced(execution: Execution) -> str:
    told = execution.output.get("settled", {}).get("message", "")
    return str(told) or execution.cause or execution.error


class Narrator:
    """Tells what a release does: its states in words, its stack's events, the endpoint's stages.

    Args:
        deployment: Where it runs.
    """

    def __init__(self, deployment: Deployment) -> None:
        self._deployment = deployment
        self._stack_news = StackNews(deployment)
        self._told = ""
        self._stage = ""

    def __call__(self, before: Look | None, now: Look) -> Iterator[str]:
        """Yield, one line each, what has happened from one look to the next."""
        known = before.execution.visits if before else ()
        for number, visit in enumerate(now.execution.visits):
            yield from self._of_visit(known[number] if number < len(known) else None, visit)
        yield from self._stack_news.since(now.execution.began_at)
        stage = endpoints.progress(self._deployment) if now.execution.is_running else ""
        if stage and stage != self._stage:
            yield f"  endpoint {stage}"
        self._stage = stage

    def _of_visit(self, before: StateVisit | None, now: StateVisit) -> Iterator[str]:
        words = _WORDS.get(now.state, now.state)
        # It looks at the stack again and again: that is said once.
        if before is None and words != self._told:
            yield words
            self._told = words
        if now.error and (before is None or not before.error):
            yield f"  failed ({now.error}), attempt {now.attempts}"
