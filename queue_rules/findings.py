"""What rules say: findings, and the registry of the rules."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from queue_rules.application import Application, Resource
from queue_rules.values import Unknown

LAMBDA_GUIDE = "https://docs.aws.amazon.com/lambda/latest/dg/"
SQS_GUIDE = "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/"
SQS_API = "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/"


class Severity(StrEnum):
    """How bad a finding is."""

    ERROR = "error"
    WARNING = "warning"
    CANNOT_CHECK = "cannot-check"


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """One rule that one resource breaks.

    Attributes:
        rule: Id of the rule, such as `R1`.
        title: The rule in a few words.
        severity: How bad it is.
        stack: Stack of the resource.
        resource: Logical id of the resource to change.
        construct_path: Path of the construct that made it; None when the template does not tell.
        template: File; None when the template was never in one.
        origin: What the resource is written as: itself, or the loop or SAM function that makes it.
        message: What is wrong, with the figures.
        consequence: What happens if it stays.
        remedy: What to set instead.
        source: Where the rule comes from.
        suppressed: Reason why it is accepted; None when it is not.
        suppressed_in: `template` or `file`, where that is said; None when it is not.
    """

    rule: str
    title: str
    severity: Severity
    stack: str
    resource: str
    construct_path: str | None
    template: str | None
    origin: str
    message: str
    consequence: str
    remedy: str
    source: str
    suppressed: str | None = None
    suppressed_in: str | None = None


@dataclass(frozen=True, slots=True)
class Violation:
    """What a rule's check yields; its rule adds the rest.

    Attributes:
        resource: The resource to change.
        message: What is wrong, with the figures.
        remedy: What to set instead.
        severity: How bad it is; None for what the rule says.
        consequence: What happens if it stays; None for what the rule says.
    """

    resource: Resource
    message: str
    remedy: str
    severity: Severity | None = None
    consequence: str | None = None


NOT_TOLD = Unknown("it is not told")

Check = Callable[[Application], Iterator[Violation]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Rule:
    """One rule.

    Attributes:
        id: `R` and a number; an anchor in docs/queue-rules.md, in lower case.
        title: What it asks for, in a few words.
        severity: How bad a violation is, unless the violation says otherwise.
        consequence: What happens where it is broken.
        source: Where it comes from.
        check: Yields what breaks it.
    """

    id: str
    title: str
    severity: Severity
    consequence: str
    source: str
    check: Check

    def findings(self, application: Application) -> Iterator[Finding]:
        """Yield what breaks this rule."""
        for violation in self.check(application):
            resource = violation.resource
            yield Finding(
                rule=self.id,
                title=self.title,
                severity=violation.severity or self.severity,
                stack=resource.stack,
                resource=resource.logical_id,
                construct_path=resource.construct_path,
                template=None if resource.template is None else str(resource.template),
                origin=resource.origin,
                message=violation.message,
                consequence=violation.consequence or self.consequence,
                remedy=violation.remedy,
                source=self.source,
            )


REGISTERED: list[Rule] = []


def rule(
    id_: str, title: str, *, severity: Severity, consequence: str, source: str
) -> Callable[[Check], Check]:
    """Register the function beneath as the check of a rule."""

    def register(check: Check) -> Check:
        REGISTERED.append(
            Rule(
                id=id_,
                title=title,
                severity=severity,
                consequence=consequence,
                source=source,
                check=check,
            )
        )
        return check

    return register


def cannot_check(resource: Resource, values: Iterable[object]) -> Violation:
    """Return that a rule cannot be checked, because of the first unknown among `values`."""
    unknown = next((each for each in values if isinstance(each, Unknown)), NOT_TOLD)
    return Violation(
        resource,
        f"cannot be checked: {unknown.reason}",
        unknown.remedy
        or "give the templates that tell (several paths are read together), or "
        "--parameter NAME=VALUE",
        Severity.CANNOT_CHECK,
    )
