"""How a decision is told to people."""

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote

from lambdas.shared.announcements import as_message, as_subject, cut
from schemas.findings import Concern, Summary
from schemas.keys import split_uri
from schemas.monitoring import Decision, Reaction
from schemas.registry import version_of

_MAX_LINE_CHARACTERS = 300

_MEANINGS = {
    Concern.DRIFT: "What {model} is asked, or answers, is not what it was trained on.",
    Concern.QUALITY: "{model} is worse than on its holdout, more than chance explains.",
    Concern.FLOOR: "{model} is worse than what may serve at all.",
}
_REACTIONS = {
    Reaction.WARNED: "a warning",
    Reaction.RETRAINING: "a training is begun",
    Reaction.ROLLBACK: "the model before comes back",
    Reaction.NOTHING: "nothing is done",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """A decision, and all that it rests on.

    Attributes:
        decision: What was decided.
        summary: What the run found.
        report_uri: The page for people.
        environment: Name of the environment.
        region: Region of the report.
    """

    decision: Decision
    summary: Summary
    report_uri: str
    environment: str
    region: str

    @property
    def subject(self) -> str:
        """One line, as a message's subject may be."""
        count = len(self._violations())
        found = f"{count} violation{'' if count == 1 else 's'} of {self.decision.concern}"
        return as_subject(
            f"{self.environment}, {self._model}: {found}; {_REACTIONS[self.decision.reaction]}"
        )

    @property
    def message(self) -> str:
        """Everything that somebody who was told needs to know next."""
        summary, decision = self.summary, self.decision
        meaning = _MEANINGS[decision.concern].format(model=self._model)
        return as_message(
            f"{meaning[0].upper()}{meaning[1:]}",
            "",
            f"Decided: {_REACTIONS[decision.reaction]}: {decision.reason}",
            *self._next(),
            f"Predictions: {summary.predictions:,} from {summary.since} to {summary.until}, "
            f"{summary.judged:,} of this model, {summary.labelled:,} of those with labels",
            # Before the violations, of which there may be more than a message holds.
            *self._report(),
            "",
            "Violations:",
            *(f"- {each}" for each in self._violations()),
        )

    @property
    def _model(self) -> str:
        return f"model {version_of(self.summary.model_package_arn)}"

    def _next(self) -> Iterator[str]:
        decision = self.decision
        if decision.execution_arn:
            yield f"Execution: {decision.execution_arn}"
        if decision.reaction is not Reaction.NOTHING:
            return
        if decision.concern is Concern.FLOOR:
            yield (
                "What to do: `python -m ops rollback --to VERSION` brings another model back, "
                "`python -m ops train` makes a new one"
            )
        elif decision.concern is Concern.QUALITY:
            yield "What to do: `python -m ops train` trains by hand"

    def _report(self) -> list[str]:
        bucket, key = split_uri(self.report_uri)
        return [
            f"Report: https://{self.region}.console.aws.amazon.com/s3/object/{bucket}"
            f"?region={self.region}&prefix={quote(key, safe='')}",
            f"        {self.report_uri}",
            f"        python -m ops monitor report {self.decision.monitoring_id}",
        ]

    def _violations(self) -> list[str]:
        """Return a line for each violation; names and values are data, and may be anything."""
        return [
            _plain(f"{each.feature_name} ({each.constraint_check_type}): {each.description}")
            for each in self.summary.of(self.decision.concern)
        ]


def _plain(text: str) -> str:
    """Return `text` as one line that cannot pass for several, or change how others look."""
    visible = "".join(each if each.isprintable() else " " for each in text)
    return cut(" ".join(visible.split()), _MAX_LINE_CHARACTERS)
