"""Who may send to a queue, and how."""

from collections.abc import Iterator

from queue_rules import identities
from queue_rules.application import Application, Queue
from queue_rules.findings import SQS_GUIDE, Severity, Violation, cannot_check, rule
from queue_rules.policies import Statement, queue_statements
from queue_rules.values import Unknown

# ARNs of buckets name no account; those of everything else do.
SERVICES_WITHOUT_ACCOUNT = ("s3.amazonaws.com",)


@rule(
    "R19",
    "Services send for one resource of one account, and over TLS",
    severity=Severity.ERROR,
    consequence="Somebody else's bucket or topic may send to the queue through the service, which "
    "acts for both (a confused deputy).",
    source=SQS_GUIDE + "sqs-security-best-practices.html",
)
def senders(application: Application) -> Iterator[Violation]:
    """`aws:SourceArn` and `aws:SourceAccount` for a service principal; a deny without TLS."""
    statements = list(queue_statements(application))
    for statement in statements:
        yield from _conditions(statement)
    for queue in application.queues:
        yield from _tls(queue, statements)


def _conditions(statement: Statement) -> Iterator[Violation]:
    services = [each for each in statement.services if each != "*"]
    keys = statement.condition_keys
    missing = [each for each in ("aws:SourceArn", "aws:SourceAccount") if each.lower() not in keys]
    if statement.is_allow is False or not services or not missing:
        return
    unknown = [
        each
        for each in (statement.is_allow, *services, *statement.unknown_conditions)
        if isinstance(each, Unknown)
    ]
    named = [each for each in services if isinstance(each, str)]
    if unknown:
        yield cannot_check(statement.policy, unknown)
    if named and statement.is_allow is True and not statement.unknown_conditions:
        yield _unconditional(statement, named, missing)


def _unconditional(statement: Statement, services: list[str], missing: list[str]) -> Violation:
    told_by_arn = missing == ["aws:SourceAccount"] and not any(
        each in SERVICES_WITHOUT_ACCOUNT for each in services
    )
    return Violation(
        statement.policy,
        f"{', '.join(services)} may send without a condition on {' and '.join(missing)}",
        f"add {' and '.join(missing)} to the statement's conditions",
        # The ARN of a topic or rule names its account; that of a bucket does not.
        Severity.WARNING if told_by_arn else None,
    )


def _tls(queue: Queue, statements: list[Statement]) -> Iterator[Violation]:
    unsure: list[Unknown] = []
    for statement in statements:
        denies = _denies_without_tls(statement)
        for url in statement.queues if denies else []:
            is_of_queue = url if isinstance(url, Unknown) else _is_of(queue, url)
            if is_of_queue is True and denies is True:
                return
            if is_of_queue:
                unsure += [each for each in (is_of_queue, denies) if isinstance(each, Unknown)]
    if unsure:
        yield cannot_check(queue.resource, unsure)
        return
    yield Violation(
        queue.resource,
        "no policy denies requests without TLS",
        "deny sqs:* where aws:SecureTransport is false, in a queue policy",
        Severity.WARNING,
        "Whoever sends or receives without TLS does so in the clear.",
    )


def _is_of(queue: Queue, url: object) -> bool:
    return isinstance(url, str) and identities.same_url(url, queue)


def _denies_without_tls(statement: Statement) -> bool | Unknown:
    if statement.is_allow is True:
        return False
    value = statement.condition_keys.get("aws:securetransport", [])
    values = value if isinstance(value, list) else [value]
    if any(not isinstance(each, Unknown) and str(each).lower() == "false" for each in values):
        return statement.is_allow or True
    unknown = [each for each in values if isinstance(each, Unknown)]
    return next(iter(unknown + statement.unknown_conditions), False)
