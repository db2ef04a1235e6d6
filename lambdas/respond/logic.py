"""Reacts to an alarm: once for each concern of a run, however often the alarm comes.

What is decided is written down first, on the condition that nobody has decided yet. What follows is
done by whoever finds a decision of which people were not told, and can be done again without harm:
an execution has a name of its own, and begins once. A training that was decided upon and perhaps
not begun is finished first: it stands in the way of any other.
"""

import json
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from lambdas.respond.deciding import Deciding
from lambdas.respond.machines import StateMachine
from lambdas.respond.wording import Told
from lambdas.shared.clock import Clock
from lambdas.shared.errors import TransientError
from lambdas.shared.monitoring import MonitoringTable, read_summary
from lambdas.shared.objects import Objects
from lambdas.shared.telemetry import logger
from schemas.findings import Concern, Summary
from schemas.monitoring import REPORT_FILE, Decision, Reaction, output_prefix
from schemas.releases import Action, ReleaseRequest
from schemas.runs import Trigger

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient

# Longer than what follows a decision takes, shorter than Lambda waits before it tries again.
_AT_WORK = timedelta(seconds=45)
_MAX_CROSSINGS = 5


class Response:
    """Reacts to alarms.

    Args:
        table: Runs and decisions.
        artifacts: Where findings lie.
        deciding: Decides.
        training: Trains models.
        release: Releases them.
        sns: Tells people.
        topic_arn: Where.
        environment: Name of the environment.
        clock: Tells the time.
    """

    def __init__(
        self,
        *,
        table: MonitoringTable,
        artifacts: Objects,
        deciding: Deciding,
        training: StateMachine,
        release: StateMachine,
        sns: "SNSClient",
        topic_arn: str,
        environment: str,
        clock: Clock,
    ) -> None:
        self._table = table
        self._artifacts = artifacts
        self._deciding = deciding
        self._training = training
        self._release = release
        self._sns = sns
        self._topic_arn = topic_arn
        self._environment = environment
        self._clock = clock

    def respond(self, concern: Concern) -> Decision | None:
        """React to an alarm about `concern`.

        Returns:
            What was decided, now or before; None when the last run that could say anything of it
            has found nothing of the kind.

        Raises:
            PermanentError: `summary-missing`, `summary-unusable`.
            TransientError: it is to be tried again, such as `being-told`: somebody else is at it.
        """
        if concern is Concern.QUALITY and (half_done := self._deciding.half_done()):
            self._check_alone(half_done)
            self._finish(half_done, self._summary(half_done.monitoring_id))
        monitoring_id = self._table.current().last_word(concern)
        if not monitoring_id:
            logger.info("no run could say anything of it yet", concern=concern)
            return None
        known = self._table.decision(monitoring_id, concern)
        if known is not None and known.is_announced:
            return known
        summary = self._summary(monitoring_id)
        if not summary.of(concern):
            logger.info("the last run has found nothing of the kind", run=monitoring_id)
            return None
        decision = self._decided(monitoring_id, concern, summary)
        if not decision.is_announced:
            self._finish(decision, summary)
        return decision

    def _summary(self, monitoring_id: str) -> Summary:
        return read_summary(monitoring_id, self._artifacts)

    def _finish(self, decision: Decision, summary: Summary) -> None:
        self._act(decision, summary)
        self._tell(decision, summary)
        self._table.mark_announced(decision)

    def _decided(self, monitoring_id: str, concern: Concern, summary: Summary) -> Decision:
        """Return what was decided; only one of many that ask at the same time goes on with it."""
        for _ in range(_MAX_CROSSINGS):
            known = self._table.decision(monitoring_id, concern)
            if known is not None:
                self._check_alone(known)
                return known
            choice = self._deciding.decide(monitoring_id, concern, summary)
            if self._table.decide(choice.decision, retraining=choice.retraining, seen=choice.seen):
                return choice.decision
        raise TransientError(
            "decisions-crossing", "several runs want to begin a training; it is tried again"
        )

    def _check_alone(self, decision: Decision) -> None:
        since = datetime.fromisoformat(decision.decided_at)
        if not decision.is_announced and self._clock() < since + _AT_WORK:
            raise TransientError(
                "being-told",
                f"{decision.key} was decided a moment ago by somebody else, who is about to tell "
                "people; the next attempt makes sure of it",
                decision.key,
            )

    def _act(self, decision: Decision, summary: Summary) -> None:
        match decision.reaction:
            case Reaction.RETRAINING:
                text = json.dumps({"trigger": Trigger.QUALITY})
                self._training.begin(decision.execution_arn, text)
            case Reaction.ROLLBACK:
                request = ReleaseRequest(
                    action=Action.ROLLBACK,
                    model_package_arn=decision.model_package_arn,
                    note=f"Monitoring run {decision.monitoring_id}: {decision.reason}",
                    instead_of=summary.model_package_arn,
                )
                self._release.begin(decision.execution_arn, json.dumps(request.to_json()))
            case Reaction.WARNED | Reaction.NOTHING:
                pass

    def _tell(self, decision: Decision, summary: Summary) -> None:
        report = f"{output_prefix(decision.monitoring_id)}{REPORT_FILE}"
        told = Told(
            decision=decision,
            summary=summary,
            report_uri=self._artifacts.uri(report),
            environment=self._environment,
            region=self._sns.meta.region_name,
        )
        self._sns.publish(TopicArn=self._topic_arn, Subject=told.subject, Message=told.message)
