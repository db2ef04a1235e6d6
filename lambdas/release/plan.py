from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import TYPE_CHECKING, Any

from schemas.releases import Action, ReleaseDecision, Serving

if TYPE_CHECKING:
    from mypy_boto3_cloudformation.type_defs import ParameterTypeDef


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """`$.release` of the state machine.

    Attributes:
        decision: What the execution does next.
        reason: Why it waits, skips or only verifies; for people.
        release_id: Key of the release in the table.
        execution_arn: The execution.
        stack_name: Stack to update.
        action: What was asked for; None while the execution waits.
        target: What should serve.
        previous: What served before, and serves again when the release fails.
        token: ClientRequestToken of the update.
        parameters: Parameters of the update.
    """

    decision: ReleaseDecision
    reason: str
    release_id: str
    execution_arn: str
    stack_name: str
    action: Action | None = None
    target: Serving = Serving()
    previous: Serving = Serving()
    token: str = ""
    parameters: "list[ParameterTypeDef]" = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """Return what `from_json` reads."""
        return asdict(self)

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "Plan":
        """Read what `to_json` wrote, by this release or another one."""
        known = {each.name: document[each.name] for each in fields(cls) if each.name in document}
        action = known.get("action")
        return cls(
            **known
            | {
                "decision": ReleaseDecision(known["decision"]),
                "action": Action(action) if action else None,
                "target": Serving.from_json(known.get("target", {})),
                "previous": Serving.from_json(known.get("previous", {})),
            }
        )

    @property
    def changes(self) -> bool:
        """Whether the execution goes on to change or verify what serves."""
        return self.decision in {ReleaseDecision.UPDATE, ReleaseDecision.VERIFY}
