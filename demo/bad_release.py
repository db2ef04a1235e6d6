"""A bad model is approved, released by its approval, and undone by the deployed alarm."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from demo import releases, traffic
from demo.bad_model import Fault, register_bad_model
from demo.client import Call
from demo.traffic import Errors
from demo.watch import Watch
from ops import approval, endpoint_status, executions, models
from ops.alarms import IN_ALARM
from ops.deployment import Deployment
from ops.executions import Execution
from schemas.releases import WHOLE, ReleaseStatus, Serving

ALARM = "ChampionErrorsAlarm"
FAILED_WITH = "model-failed"
"""What the predict function says when a model answers with an error."""
LONGEST_RECOVERY_SECONDS = 120
_ANNOUNCED = "AnnounceFailure"
_RESTORED = "Restore"
# Chance decides which fleet answers a call: so many standard deviations above the canary's share
# are still chance.
_DEVIATIONS = 4


@dataclass(frozen=True, kw_only=True, slots=True)
class BadRelease:
    """What came of it.

    Attributes:
        version: Version of the bad model.
        status: What became of the release.
        reason: Why it failed, as it was announced.
        canary_percent: Share of the new fleet that got requests first.
        calls: Calls that ended while it ran.
        errors: Those that were not answered.
        began: Second of the approval, on the demo's clock.
        alarm: Second at which the alarm fired; None when it did not.
        undone: Second from which the release brought back what served before; None if it did not.
        ended: Second at which the release had ended.
        violations: What did not go as it must.
    """

    version: int
    status: ReleaseStatus
    reason: str
    canary_percent: float
    calls: int
    errors: Errors
    began: float
    alarm: float | None
    undone: float | None
    ended: float
    violations: tuple[str, ...]

    @property
    def seconds_to_alarm(self) -> float | None:
        """From the first error to the alarm."""
        first = self.errors.first
        return None if self.alarm is None or first is None else self.alarm - first

    @property
    def seconds_to_last_error(self) -> float | None:
        """From the first error to the last one."""
        first, last = self.errors.first, self.errors.last
        return None if first is None or last is None else last - first


@dataclass(slots=True)
class BadReleases:
    """Releases bad models while a client keeps calling.

    Attributes:
        deployment: The app.
        clock: Seconds since the demo began.
        watch: Sees the alarms.
        report: Told what happens.
    """

    deployment: Deployment
    clock: Callable[[], float]
    watch: Watch
    report: releases.Report

    def release(self, champion: int, calls: Callable[[], list[Call]]) -> BadRelease:
        """Release a bad copy of the champion, and wait until all is well again.

        Args:
            champion: Version that serves.
            calls: Returns every call of the client so far.
        """
        good = models.find(self.deployment, str(champion))
        canary = _canary_percent(self.deployment)
        began = self.clock()
        bad = register_bad_model(self.deployment, good, fault=Fault.RAISES)
        outcome = releases.await_release(self.deployment, bad.arn, self.report)
        ended = self.clock()
        approval.reject(self.deployment, bad, "It answered errors; its release was undone")
        execution = executions.read(self.deployment, outcome.execution_arn)
        met = [each for each in calls() if began <= each.ended <= ended]
        return BadRelease(
            version=bad.version,
            status=outcome.status,
            reason=outcome.reason,
            canary_percent=canary,
            calls=len(met),
            errors=traffic.errors_in(met),
            began=began,
            alarm=self._fired(began),
            undone=self._second_of(execution, _RESTORED),
            ended=ended,
            violations=(
                *_wrong_outcome(outcome.status, execution),
                *wrong_errors(met, canary),
                *self._not_as_before(Serving(champion=good.arn)),
                *self._wrong_alarm(began),
            ),
        )

    def _fired(self, since: float) -> float | None:
        changes = (
            each.second
            for each in self.watch.changes
            if ALARM in each.alarm and each.state == IN_ALARM and each.second >= since
        )
        return next(changes, None)

    def _second_of(self, execution: Execution, state: str) -> float | None:
        """Return when an execution entered a state first, on the demo's clock."""
        for visit in execution.visits:
            if visit.state == state:
                return self.clock() - (datetime.now(UTC) - visit.entered_at).total_seconds()
        return None

    def _wrong_alarm(self, since: float) -> Iterator[str]:
        self.report("waiting until the alarm recovers")
        seconds = LONGEST_RECOVERY_SECONDS
        if self._fired(since) is None:
            yield "the alarm for errors did not fire while a bad model was released"
        elif not self.watch.wait_until_recovered(ALARM, timeout_seconds=seconds):
            yield f"the alarm for errors did not recover within {seconds} seconds"

    def _not_as_before(self, wanted: Serving) -> Iterator[str]:
        # Looked up anew: it holds the parameters of the stack as they were.
        name, connection = self.deployment.environment.name, self.deployment.connection
        status = endpoint_status.look(Deployment.find(name, connection))
        yield from (f"after the bad release, {each}" for each in status.disagreements)
        if status.current.serving != wanted:
            words = endpoint_status.in_words(status.current.serving)
            yield f"after the bad release, {words}, which did not serve before"


def _canary_percent(deployment: Deployment) -> float:
    """Return the share of the canary; where there is none, the new model gets every request."""
    return float(getattr(deployment.environment.serving.endpoint, "canary_percent", WHOLE))


def _wrong_outcome(status: ReleaseStatus, execution: Execution) -> Iterator[str]:
    if status is not ReleaseStatus.FAILED:
        yield f"the release of the bad model ended as {status}, not as {ReleaseStatus.FAILED}"
    if not any(each.state == _ANNOUNCED and not each.error for each in execution.visits):
        yield "the failed release was not announced"


def wrong_errors(calls: Sequence[Call], canary_percent: float) -> Iterator[str]:
    """Yield what is wrong with the errors that a bad model's release has brought.

    Args:
        calls: Those that ended while it ran.
        canary_percent: Share of the new fleet that got requests first.
    """
    found = traffic.errors_in(calls)
    others = sorted({each.code for each in calls if not each.is_answered} - {FAILED_WITH})
    if others:
        yield f"calls failed otherwise than by the bad model: {', '.join(others)}"
    if not found.errors:
        yield "no call met the bad model"
        return
    share = canary_percent / WHOLE
    highest = share + _DEVIATIONS * (share * (1 - share) / found.calls) ** 0.5
    if found.share > highest:
        yield f"{found.share:.0%} of the calls failed, the canary gets {share:.0%}"
