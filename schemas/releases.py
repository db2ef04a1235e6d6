"""Releases: what the endpoint should serve, what it serves, and how it came to be.

The table's partition key is `release_id`. There is an item per release, and one, `CURRENT`, that
says what serves; whoever changes the endpoint holds that item, so there is one release at a time.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from typing import Any

RELEASE_ID = "release_id"
CURRENT = "current"
STATUS_INDEX = "by-status"
"""Global secondary index: partition key `status`, sort key `began_at`."""

CHAMPION = "champion"
CHALLENGER = "challenger"
"""Names of the endpoint's production variants."""
NO_MODEL = "none"
"""How the stack's parameters say that there is no such model."""
WHOLE = 100
"""Percent of the requests; weights of the variants add up to it."""
MAX_CHALLENGER_PERCENT = 50
"""A challenger that gets most requests is a release without its guards."""

APPROVAL_EVENT = "SageMaker Model Package State Change"


class Parameter(StrEnum):
    """Parameters of the inference stack that a release changes."""

    CHAMPION_PACKAGE_ARN = "ChampionPackageArn"
    CHALLENGER_PACKAGE_ARN = "ChallengerPackageArn"
    CHAMPION_WEIGHT = "ChampionWeight"
    CHALLENGER_WEIGHT = "ChallengerWeight"
    GUARDS = "Guards"


class Guards(StrEnum):
    """Whether an update goes by way of a canary, and alarms undo it."""

    ON = "on"
    OFF = "off"
    """All at once: when an alarm calls for this very update, which it would undo, because errors of
    the old fleet count, too; and when variants come or go, which guarded updates do not support.
    https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails-exclusions.html
    """


class InferenceResource(StrEnum):
    """Logical ids in the inference stack that a release looks up."""

    ENDPOINT = "Endpoint"
    ENDPOINT_CONFIG = "EndpointConfig"


class Action(StrEnum):
    """What is asked of a release."""

    RELEASE = "release"
    ROLLBACK = "rollback"
    AB_START = "ab-start"
    AB_WEIGHTS = "ab-weights"
    AB_STOP = "ab-stop"


class ReleaseTrigger(StrEnum):
    """Who asked for a release."""

    APPROVAL = "approval"
    MANUAL = "manual"
    MONITOR = "monitor"
    """A model was found to be worse than what may serve at all."""


class ReleaseDecision(StrEnum):
    """What an execution does next."""

    WAIT = "wait"
    UPDATE = "update"
    VERIFY = "verify"
    SKIP = "skip"
    GIVE_UP = "give-up"


class ReleaseStatus(StrEnum):
    """What became of a release."""

    RUNNING = "running"
    SUCCEEDED = "succeeded"
    UNCHANGED = "unchanged"
    SKIPPED = "skipped"
    FAILED = "failed"
    """What served before serves again."""
    UNRECOVERED = "unrecovered"
    """What served before could not be restored; a person has to look."""
    ABANDONED = "abandoned"
    """Its execution ended without a word, and another one has taken over."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Serving:
    """What the endpoint serves.

    Attributes:
        champion: ARN of the model package that answers; empty before the first release.
        challenger: ARN of the one that is tried beside it; empty without one.
        challenger_percent: Share of the requests that the challenger gets, 1 to
            `MAX_CHALLENGER_PERCENT`; 0 without one.
    """

    champion: str = ""
    challenger: str = ""
    challenger_percent: int = 0

    def to_parameters(self) -> dict[str, str]:
        """Return the parameters of the inference stack."""
        return {
            Parameter.CHAMPION_PACKAGE_ARN: self.champion or NO_MODEL,
            Parameter.CHALLENGER_PACKAGE_ARN: self.challenger or NO_MODEL,
            Parameter.CHAMPION_WEIGHT: str(WHOLE - self.challenger_percent),
            Parameter.CHALLENGER_WEIGHT: str(self.challenger_percent),
        }

    @classmethod
    def from_parameters(cls, parameters: Mapping[str, str]) -> "Serving":
        """Read the parameters of the inference stack; others are ignored."""
        champion, challenger = (
            parameters.get(name, NO_MODEL)
            for name in (Parameter.CHAMPION_PACKAGE_ARN, Parameter.CHALLENGER_PACKAGE_ARN)
        )
        return cls(
            champion="" if champion == NO_MODEL else champion,
            challenger="" if challenger == NO_MODEL else challenger,
            challenger_percent=int(parameters.get(Parameter.CHALLENGER_WEIGHT, "0")),
        )

    @property
    def variants(self) -> dict[str, str]:
        """Variant's name to the ARN of its model package."""
        found = {CHAMPION: self.champion, CHALLENGER: self.challenger}
        return {name: arn for name, arn in found.items() if arn}

    def to_json(self) -> dict[str, Any]:
        """Return what `from_json` reads."""
        return asdict(self)

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "Serving":
        """Read what `to_json` wrote, by this release or another one."""
        known = {each.name: document[each.name] for each in fields(cls) if each.name in document}
        return cls(**known | {"challenger_percent": int(known.get("challenger_percent", 0))})


@dataclass(frozen=True, kw_only=True, slots=True)
class ReleaseRequest:
    """Input of the release state machine; approvals send their event instead.

    Attributes:
        action: What is asked for.
        model_package_arn: What to release, or to try as a challenger. Of a rollback: the model to
            go back to; empty for the one that served before.
        challenger_percent: Of `ab-start` and `ab-weights`: 1 to `MAX_CHALLENGER_PERCENT`.
        note: Why, for those who look later.
        instead_of: Of a rollback that the monitor asks for: the model that must not serve any
            longer. When the turn of the release comes and another one serves, it has nothing to do.
    """

    action: Action
    model_package_arn: str = ""
    challenger_percent: int = 0
    note: str = ""
    instead_of: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return the input of the state machine, without what is not asked for."""
        return {name: value for name, value in asdict(self).items() if value}


@dataclass(frozen=True, kw_only=True, slots=True)
class Release:
    """One release in the table.

    Attributes:
        release_id: Name of the execution of the state machine.
        status: What became of it.
        action: What was asked for.
        trigger: Who asked.
        execution_arn: The execution.
        target: What should serve.
        previous: What served before.
        note: What the person who asked wrote.
        reason: Why it failed, was skipped or changed nothing; for people.
        began_at: ISO 8601 in UTC.
        restoring_since: When it failed, ISO 8601 in UTC; empty when it has not.
        ended_at: ISO 8601 in UTC; empty while it runs.
    """

    release_id: str
    status: ReleaseStatus
    action: Action
    trigger: ReleaseTrigger
    execution_arn: str
    target: Serving = Serving()
    previous: Serving = Serving()
    note: str = ""
    reason: str = ""
    began_at: str = ""
    restoring_since: str = ""
    ended_at: str = ""

    def to_item(self) -> dict[str, Any]:
        """Return the item that `from_item` reads."""
        return {name: getattr(value, "value", value) for name, value in asdict(self).items()}

    @classmethod
    def from_item(cls, item: Mapping[str, Any]) -> "Release":
        """Read an item as boto3's table resource returns it (numbers are `Decimal`)."""
        known = {each.name: item[each.name] for each in fields(cls) if each.name in item}
        return cls(
            **known
            | {
                "status": ReleaseStatus(known["status"]),
                "action": Action(known["action"]),
                "trigger": ReleaseTrigger(known["trigger"]),
                "target": Serving.from_json(known.get("target", {})),
                "previous": Serving.from_json(known.get("previous", {})),
            }
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Current:
    """The item `CURRENT`: what serves, as the last release left it, and who may change it.

    Attributes:
        serving: What serves.
        release_id: The release that brought it; empty before the first.
        since: When, ISO 8601 in UTC.
        held_by: Execution that is changing it; empty when none is.
    """

    serving: Serving = Serving()
    release_id: str = ""
    since: str = ""
    held_by: str = ""

    def to_item(self) -> dict[str, Any]:
        """Return the item that `from_item` reads."""
        return {
            RELEASE_ID: CURRENT,
            "serving": self.serving.to_json(),
            "serving_release_id": self.release_id,
            "since": self.since,
            "held_by": self.held_by,
        }

    @classmethod
    def from_item(cls, item: Mapping[str, Any]) -> "Current":
        """Read an item as boto3's table resource returns it."""
        return cls(
            serving=Serving.from_json(item.get("serving", {})),
            release_id=item.get("serving_release_id", ""),
            since=item.get("since", ""),
            held_by=item.get("held_by", ""),
        )
