"""Monitoring of the model that serves: what a run looks at, what it finds, and what is decided.

A run reads the predictions of a span of time, the labels that have arrived for them, and the
baseline of the model that serves. Its files, below `monitoring/<id>/` in the artifacts bucket:

    input/          what the job is told: request, baseline, thresholds
    output/         what it found: statistics, violations, summary, and a page for people

Statistics, constraints and violations have the formats of SageMaker Model Monitor.
https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-interpreting-results.html
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from schemas.documents import known
from schemas.findings import Concern
from schemas.names import MONITORING_PREFIX

MONITORING_ID = "monitoring_id"
"""Partition key of the table: the run's id, which is the name of its execution."""
CURRENT = "current"
"""The item that says which run is under way, and which were the last that ended well."""

OVERRIDES_KEY = f"{MONITORING_PREFIX}overrides.json"
"""What people have changed of the thresholds; see `schemas.constraints`."""

REQUEST_FILE = "request.json"
STATISTICS_FILE = "statistics.json"
CONSTRAINTS_FILE = "constraints.json"
SCORES_FILE = "score-statistics.json"
"""Of the scores that the model gave its holdout: the baseline of its predictions."""
EVALUATION_FILE = "evaluation.json"
VIOLATIONS_FILE = "constraint_violations.json"
SUMMARY_FILE = "monitoring.json"
REPORT_FILE = "report.html"


def input_prefix(monitoring_id: str) -> str:
    """Return the prefix of what a run's job is told."""
    return f"{MONITORING_PREFIX}{monitoring_id}/input/"


def output_prefix(monitoring_id: str) -> str:
    """Return the prefix of what a run's job found."""
    return f"{MONITORING_PREFIX}{monitoring_id}/output/"


def manifest_key(monitoring_id: str) -> str:
    """Return where the list of the predictions and labels of a run lies, for SageMaker."""
    return f"{MONITORING_PREFIX}{monitoring_id}/data.manifest"


class MonitoringTrigger(StrEnum):
    """Why a run was begun."""

    SCHEDULE = "schedule"
    MANUAL = "manual"


class MonitoringStatus(StrEnum):
    """What became of a run."""

    RUNNING = "running"
    DONE = "done"
    SKIPPED = "skipped"
    FAILED = "failed"


@dataclass(frozen=True, kw_only=True, slots=True)
class MonitoringRequest:
    """`request.json`: what the job looks at.

    Attributes:
        monitoring_id: The run.
        model_package_arn: The champion; its predictions are judged, and its baseline is the norm.
        since: First moment of the predictions, ISO 8601 in UTC.
        until: First moment after them.
        min_labels: Fewest labelled predictions that say anything about quality.
    """

    monitoring_id: str
    model_package_arn: str
    since: str
    until: str
    min_labels: int

    def to_text(self) -> str:
        """Return it as JSON."""
        return json.dumps(asdict(self), sort_keys=True, indent=1)

    @classmethod
    def from_text(cls, text: str) -> "MonitoringRequest":
        """Read what `to_text` wrote; other keys are ignored."""
        return cls(**known(cls, json.loads(text)))


class Reaction(StrEnum):
    """What was done about a violation."""

    WARNED = "warned"
    RETRAINING = "retraining"
    ROLLBACK = "rollback"
    NOTHING = "nothing"


@dataclass(frozen=True, kw_only=True, slots=True)
class Decision:
    """What was decided about one concern of a run; an item of the table.

    Attributes:
        monitoring_id: The run.
        concern: What it is about.
        reaction: What was done.
        reason: Why this and nothing else, for people.
        execution_arn: Execution that was begun; empty when none was.
        model_package_arn: Of a rollback: the model that comes back; empty otherwise.
        decided_at: ISO 8601 in UTC.
        is_announced: Whether people have been told, which comes last: until then nobody knows
            whether anything was begun.
    """

    monitoring_id: str
    concern: Concern
    reaction: Reaction
    reason: str
    execution_arn: str = ""
    model_package_arn: str = ""
    decided_at: str = ""
    is_announced: bool = False

    @property
    def key(self) -> str:
        """Its key in the table."""
        return decision_key(self.monitoring_id, self.concern)

    @property
    def is_settled(self) -> bool:
        """Whether nothing is left to do about the same findings.

        Bad quality that began no training, because of another one, may begin one later.
        """
        is_put_off = self.concern is Concern.QUALITY and self.reaction is Reaction.NOTHING
        return self.is_announced and not is_put_off

    def to_item(self) -> dict[str, Any]:
        """Return the item that `from_item` reads."""
        return asdict(self) | {
            MONITORING_ID: self.key,
            "of": self.monitoring_id,
            "concern": self.concern.value,
            "reaction": self.reaction.value,
        }

    @classmethod
    def from_item(cls, item: Mapping[str, Any]) -> "Decision":
        """Read an item as boto3's table resource returns it."""
        return cls(
            **known(cls, item)
            | {
                "monitoring_id": item["of"],
                "concern": Concern(item["concern"]),
                "reaction": Reaction(item["reaction"]),
            }
        )


def decision_key(monitoring_id: str, concern: Concern) -> str:
    """Return the table's key of the decision about one concern of a run."""
    return f"{monitoring_id}#{concern}"


@dataclass(frozen=True, kw_only=True, slots=True)
class MonitoringRun:
    """One run in the table.

    Attributes:
        monitoring_id: Name of its execution.
        status: What became of it.
        trigger: Why it was begun.
        execution_arn: The execution.
        model_package_arn: The model whose baseline is the norm; empty when nothing served.
        since: First moment of the predictions, ISO 8601 in UTC.
        until: First moment after them.
        digest: Of everything that decides its outcome; an equal one finds nothing new.
        summary_uri: `monitoring.json`; empty until it is done.
        report_uri: The page for people; likewise.
        predictions: Predictions that it looked at.
        labelled: Those of the champion whose outcome is known, repeated ones once.
        auc: As text with four digits; empty with too few labels.
        violations: Concern to the number of its violations; without those that could not be judged.
        reason: Why it was skipped or failed, or its outcome in a sentence.
        began_at: ISO 8601 in UTC.
        ended_at: ISO 8601 in UTC; empty while it runs.
        published_at: When its metrics were published, ISO 8601 in UTC; empty before that. Until
            then no alarm has heard of what it found.
    """

    monitoring_id: str
    status: MonitoringStatus
    trigger: MonitoringTrigger
    execution_arn: str
    model_package_arn: str = ""
    since: str = ""
    until: str = ""
    digest: str = ""
    summary_uri: str = ""
    report_uri: str = ""
    predictions: int = 0
    labelled: int = 0
    auc: str = ""
    violations: Mapping[str, int] = field(default_factory=dict)
    reason: str = ""
    began_at: str = ""
    ended_at: str = ""
    published_at: str = ""

    def to_item(self) -> dict[str, Any]:
        """Return the item that `from_item` reads."""
        return {name: getattr(value, "value", value) for name, value in asdict(self).items()}

    @classmethod
    def from_item(cls, item: Mapping[str, Any]) -> "MonitoringRun":
        """Read an item as boto3's table resource returns it (numbers are `Decimal`)."""
        values = known(cls, item)
        values |= {
            name: int(values[name]) for name in ("predictions", "labelled") if name in values
        }
        violations = {name: int(count) for name, count in values.get("violations", {}).items()}
        return cls(
            **values
            | {
                "status": MonitoringStatus(values["status"]),
                "trigger": MonitoringTrigger(values["trigger"]),
                "violations": violations,
            }
        )


def runs_of(items: Sequence[Mapping[str, Any]]) -> list[MonitoringRun]:
    """Return the runs among the items of the table, newest first."""
    runs = [MonitoringRun.from_item(each) for each in items if "status" in each]
    return sorted(runs, key=lambda each: (each.began_at, each.monitoring_id), reverse=True)


def decisions_of(items: Sequence[Mapping[str, Any]]) -> list[Decision]:
    """Return the decisions among the items of the table, newest first."""
    decisions = [Decision.from_item(each) for each in items if "reaction" in each]
    return sorted(decisions, key=lambda each: (each.decided_at, each.key), reverse=True)
