"""Acknowledging findings of cdk-nag, one by one, with a reason that a reviewer can check."""

from typing import Any

import aws_cdk as cdk
from constructs import IConstruct


def acknowledge(
    construct: IConstruct, rule: str, *, reason: str, finding: str | None = None
) -> None:
    """Acknowledge `rule` at `construct` and what it contains.

    Args:
        construct: Where the finding is; never a stack.
        rule: Its id, such as `AwsSolutions-S1`.
        reason: Why it does not apply or is accepted here.
        finding: Which of the rule's findings, for rules that have several per resource, such as
            `Resource::*`. It may hold references to this stack, and imports of other stacks.
    """
    identifier = rule
    if finding is not None:
        identifier = f"{rule}[{_as_nag_writes(cdk.Stack.of(construct).resolve(finding))}]"
    cdk.Validations.of(construct).acknowledge(cdk.Acknowledgment(id=identifier, reason=reason))


def _as_nag_writes(value: Any) -> str:
    """Flatten intrinsic functions as cdk-nag does: `<Bucket.Arn>/prefix/*`."""
    match value:
        case {"Fn::Join": [str(delimiter), list(parts)]}:
            return delimiter.join(_as_nag_writes(part) for part in parts)
        case {"Fn::GetAtt": [str(resource), str(attribute)]}:
            return f"<{resource}.{attribute}>"
        case {"Fn::ImportValue": name}:
            return _as_nag_writes(name)
        case {"Ref": str(resource)}:
            return f"<{resource}>"
        case str():
            return value
    raise ValueError(f"cannot write {value!r} as cdk-nag does; acknowledge a plain finding")
