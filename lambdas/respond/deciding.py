"""What follows from what a run has found: drift warns, quality decides, the floor rolls back."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from lambdas.respond.champions import last_good
from lambdas.respond.machines import StateMachine
from lambdas.shared.clock import Clock, timestamp
from lambdas.shared.monitoring import MonitoringTable, Retraining
from lambdas.shared.releases import ReleaseTable
from schemas.findings import Concern, Summary
from schemas.monitoring import Decision, Reaction
from schemas.registry import version_of

# A list of executions may be some seconds old: a training that was just begun is under way.
_JUST_BEGUN = timedelta(seconds=15)


@dataclass(frozen=True, kw_only=True, slots=True)
class Choice:
    """A decision that is not written down yet.

    Attributes:
        decision: What is decided.
        retraining: Written with it; None when no training is to begin.
        seen: The last training, as it was when this was decided.
    """

    decision: Decision
    retraining: Retraining | None = None
    seen: Retraining | None = None


class Deciding:
    """Decides, and changes nothing.

    Args:
        table: Tells which training bad quality has begun last.
        releases: What serves, and what served.
        training: Trains models.
        release: Releases them.
        cooldown: Time after a retraining in which bad quality begins no other one.
        min_labels: Fewest labelled predictions that say anything about quality.
        clock: Tells the time.
    """

    def __init__(
        self,
        *,
        table: MonitoringTable,
        releases: ReleaseTable,
        training: StateMachine,
        release: StateMachine,
        cooldown: timedelta,
        min_labels: int,
        clock: Clock,
    ) -> None:
        self._table = table
        self._releases = releases
        self._training = training
        self._release = release
        self._cooldown = max(cooldown, _JUST_BEGUN)
        self._min_labels = min_labels
        self._clock = clock

    def decide(self, monitoring_id: str, concern: Concern, summary: Summary) -> Choice:
        """Return what is to be done about one concern of a run."""
        if concern is Concern.DRIFT:
            reason = self._why_no_more(summary)
            return Choice(decision=self._decision(monitoring_id, concern, Reaction.WARNED, reason))
        # The job says nothing of quality then; nothing may follow from it even if it does.
        if summary.labelled < self._min_labels:
            return self._nothing(
                monitoring_id,
                concern,
                f"only {summary.labelled:,} predictions have labels, of {self._min_labels:,} that "
                "say anything about quality",
            )
        if concern is Concern.FLOOR:
            return self._rollback(monitoring_id, summary)
        return self._retraining(monitoring_id, summary)

    def half_done(self) -> Decision | None:
        """Return the decision for the last training, as long as nobody knows whether it was begun.

        Whoever decided was cut off, or could not begin it. When the cooldown is over it stands in
        nobody's way: the next run with bad quality begins one of its own.
        """
        last = self._table.retraining()
        if last is None or self._clock() >= self._over(last):
            return None
        decision = self._table.decision(last.monitoring_id, Concern.QUALITY)
        return None if decision is None or decision.is_announced else decision

    def _over(self, last: Retraining) -> datetime:
        """Return the end of the cooldown."""
        return datetime.fromisoformat(last.begun_at) + self._cooldown

    def _why_no_more(self, summary: Summary) -> str:
        rule = "no retraining: drift warns, quality decides"
        auc = summary.quality.get("auc")
        if summary.labelled < self._min_labels or auc is None:
            return f"{rule}; {summary.labelled:,} labelled predictions do not tell quality"
        if summary.of(Concern.QUALITY) or summary.of(Concern.FLOOR):
            return "drift warns, quality decides; quality is bad, too, and decided upon by itself"
        return f"{rule}; quality is as it should be, AUC {auc.value:.4f}"

    def _retraining(self, monitoring_id: str, summary: Summary) -> Choice:
        concern, seen, now = Concern.QUALITY, self._table.retraining(), self._clock()
        if reason := self._why_no_training(seen, now, summary.model_package_arn):
            return self._nothing(monitoring_id, concern, reason)
        return Choice(
            decision=self._decision(
                monitoring_id,
                concern,
                Reaction.RETRAINING,
                "quality is bad; the gate decides whether the model that is trained is better",
                execution_arn=self._training.execution_arn(concern, monitoring_id),
            ),
            retraining=Retraining(monitoring_id=monitoring_id, begun_at=timestamp(now)),
            seen=seen,
        )

    def _why_no_training(self, seen: Retraining | None, now: datetime, judged: str) -> str:
        current = self._releases.current()
        serving = current.serving.champion if current else ""
        # An older one serves after a rollback, which is no reason not to train.
        if serving and version_of(serving) > version_of(judged):
            return f"model {version_of(serving)} has taken the place of model {version_of(judged)}"
        if seen is not None and now < (over := self._over(seen)):
            return (
                f"run {seen.monitoring_id} has begun a training at {seen.begun_at}; bad quality "
                f"begins the next one after {timestamp(over)} at the earliest"
            )
        running = self._training.running()
        return f"a training is under way: {running}" if running else ""

    def _rollback(self, monitoring_id: str, summary: Summary) -> Choice:
        concern, judged = Concern.FLOOR, summary.model_package_arn
        arn, reason = last_good(judged, self._releases.current(), self._releases.newest_first())
        if not arn:
            return self._nothing(monitoring_id, concern, reason)
        return Choice(
            decision=self._decision(
                monitoring_id,
                concern,
                Reaction.ROLLBACK,
                f"model {version_of(judged)} is worse than what may serve at all, so model "
                f"{version_of(arn)}, which served before, comes back",
                execution_arn=self._release.execution_arn(concern, monitoring_id),
                model_package_arn=arn,
            )
        )

    def _nothing(self, monitoring_id: str, concern: Concern, reason: str) -> Choice:
        return Choice(decision=self._decision(monitoring_id, concern, Reaction.NOTHING, reason))

    def _decision(
        self,
        monitoring_id: str,
        concern: Concern,
        reaction: Reaction,
        reason: str,
        *,
        execution_arn: str = "",
        model_package_arn: str = "",
    ) -> Decision:
        return Decision(
            monitoring_id=monitoring_id,
            concern=concern,
            reaction=reaction,
            reason=reason,
            execution_arn=execution_arn,
            model_package_arn=model_package_arn,
            decided_at=timestamp(self._clock()),
        )
