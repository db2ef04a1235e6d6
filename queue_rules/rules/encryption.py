"""Whether messages are encrypted, with a key that their senders may use."""

from collections.abc import Iterator

from queue_rules import identities
from queue_rules.application import Application, Queue, Resource
from queue_rules.findings import SQS_GUIDE, Severity, Violation, cannot_check, rule
from queue_rules.policies import key_statements, queue_statements
from queue_rules.values import Unknown

KEY = "AWS::KMS::Key"
KEY_ALIAS = "AWS::KMS::Alias"
MANAGED_BY_SQS = "alias/aws/sqs"


@rule(
    "R20",
    "SSE-SQS, or a key of one's own whose policy names the sending service",
    severity=Severity.ERROR,
    consequence="S3, SNS and EventBridge cannot use a key that does not name them: the deployment "
    "fails, or their messages are dropped without a word.",
    source=SQS_GUIDE + "sqs-key-management.html",
)
def encryption(application: Application) -> Iterator[Violation]:
    """`alias/aws/sqs` names no service and cannot be made to."""
    for queue in application.queues:
        properties = queue.resource.properties
        key = properties.text("KmsMasterKeyId")
        if isinstance(key, Unknown):
            yield cannot_check(queue.resource, [key])
        elif not key:
            yield from _managed(queue)
        elif key.endswith(MANAGED_BY_SQS):
            yield Violation(
                queue.resource,
                f"it is encrypted with {MANAGED_BY_SQS}, whose policy no service is named in",
                "set SqsManagedSseEnabled to true, or use a key of your own that names the service",
            )
        else:
            yield from _own_key(application, queue, key)


def _managed(queue: Queue) -> Iterator[Violation]:
    stated = queue.resource.properties.flag("SqsManagedSseEnabled", default=False)
    if isinstance(stated, Unknown):
        yield cannot_check(queue.resource, [stated])
    elif not stated:
        yield Violation(
            queue.resource,
            "no encryption is stated",
            "set SqsManagedSseEnabled to true, or KmsMasterKeyId to a key of your own",
            Severity.WARNING,
            "Whether messages are encrypted at rest is left to the defaults of the day.",
        )


def _own_key(application: Application, queue: Queue, address: str) -> Iterator[Violation]:
    senders = list(_sending_services(application, queue))
    if unknown := [each for each in senders if isinstance(each, Unknown)]:
        yield cannot_check(queue.resource, unknown)
    services = sorted({each for each in senders if isinstance(each, str)})
    if not services:
        return
    key = _key(application, address)
    if isinstance(key, Unknown):
        yield cannot_check(queue.resource, [key])
        return
    named = list(_named_services(key))
    for service in services:
        if service in named or "*" in named:
            continue
        if unknown := [each for each in named if isinstance(each, Unknown)]:
            yield cannot_check(key, unknown)
            continue
        yield Violation(
            key,
            f"it encrypts the queue {queue.resource.logical_id}, to which {service} sends, but "
            f"its policy does not name {service}",
            f"allow {service} kms:GenerateDataKey* and kms:Decrypt in the key's policy",
        )


def _named_services(key: Resource) -> Iterator[str | Unknown]:
    for statement in key_statements(key):
        if isinstance(statement.is_allow, Unknown):
            yield statement.is_allow
        elif statement.is_allow:
            yield from statement.services


def _sending_services(application: Application, queue: Queue) -> Iterator[str | Unknown]:
    for statement in queue_statements(application):
        services = [each for each in statement.services if each != "*"]
        if statement.is_allow is False or not services:
            continue
        urls = statement.queues
        if any(isinstance(each, str) and identities.same_url(each, queue) for each in urls):
            yield from (
                [statement.is_allow] if isinstance(statement.is_allow, Unknown) else services
            )
        else:
            yield from (each for each in urls if isinstance(each, Unknown))


def _key(application: Application, address: str) -> Resource | Unknown:
    for alias in application.of_type(KEY_ALIAS):
        if identities.is_named(address, alias) or address == alias.properties.raw("AliasName"):
            target = alias.properties.text("TargetKeyId")
            address = target if isinstance(target, str) else address
    for key in application.of_type(KEY):
        if identities.is_named(address, key):
            return key
    return Unknown(f"the policy of the key {address} is not in the templates")
