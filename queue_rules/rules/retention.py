"""How long messages are kept on their way, and which queue may send to which."""

from collections.abc import Iterator
from typing import Any

from queue_rules import identities
from queue_rules.application import Application, Queue
from queue_rules.findings import SQS_API, SQS_GUIDE, Severity, Violation, cannot_check, rule
from queue_rules.rules.common import DAY, consumed_queues, of_unknown_queues
from queue_rules.values import Unknown

MAX_RETENTION_SECONDS = 14 * DAY


@rule(
    "R11",
    "Dead letters kept longer than messages, messages longer than their retries",
    severity=Severity.ERROR,
    consequence="On standard queues age counts from the first send, so an old message expires "
    "soon after it is dead-lettered, or before it ever is: it vanishes without a trace.",
    source=SQS_GUIDE + "setting-up-dead-letter-queue-retention.html",
)
def retention(application: Application) -> Iterator[Violation]:
    """Retention of the DLQ > that of the source > mrc V."""
    yield from of_unknown_queues(application)
    for queue in consumed_queues(application):
        if queue.dead_letter_arn is None:
            continue
        match (queue.retention, queue.visibility_timeout, queue.max_receive_count):
            case (int(kept), int(visibility), int(count)):
                if count * visibility >= kept:
                    yield Violation(
                        queue.resource,
                        f"{count} receives of {visibility} s take {count * visibility} s, but "
                        f"messages expire after {kept} s",
                        f"set MessageRetentionPeriod above {count * visibility}",
                    )
            case values:
                yield cannot_check(queue.resource, values)
        yield from _dead_letters(application, queue)


def _dead_letters(application: Application, queue: Queue) -> Iterator[Violation]:
    if queue.is_fifo is True:
        return  # a message of a FIFO queue gets a new age when it is dead-lettered
    target = application.dead_letter_queue(queue)
    if target is queue:
        return
    if not isinstance(target, Queue):
        yield cannot_check(queue.resource, [target])
        return
    match (queue.retention, target.retention):
        case (int(kept), int(kept_dead)):
            if kept_dead <= kept:
                yield Violation(
                    target.resource,
                    f"it keeps dead letters {kept_dead} s, but its source "
                    f"{queue.resource.logical_id} keeps messages {kept} s",
                    f"keep them longer here (at most {MAX_RETENTION_SECONDS} s), and less long in "
                    "the source",
                )
        case values:
            yield cannot_check(target.resource, values)


@rule(
    "R12",
    "Queues say whose dead letters they take, without a cycle",
    severity=Severity.WARNING,
    consequence="Any queue of the account can send its dead letters to this one; or CloudFormation "
    "or SQS refuses the deployment.",
    source=SQS_API + "API_SetQueueAttributes.html",
)
def redrive_allow_policy(application: Application) -> Iterator[Violation]:
    """`denyAll` on source queues; `byQueue` with fixed names only."""
    for queue in consumed_queues(application):
        if not application.sources(queue):
            yield from _source(queue)
    for queue in application.queues:
        for source in application.sources(queue):
            yield from _target(queue, source)


def _policy(queue: Queue) -> tuple[Any, Any]:
    policy = queue.resource.properties.mapping("RedriveAllowPolicy")
    if isinstance(policy, Unknown):
        return policy, policy
    return policy.text("redrivePermission"), policy.items("sourceQueueArns")


def _source(queue: Queue) -> Iterator[Violation]:
    permission, _ = _policy(queue)
    if isinstance(permission, Unknown):
        yield cannot_check(queue.resource, [permission])
    elif permission != "denyAll":
        yield Violation(
            queue.resource,
            "it is nobody's dead-letter queue, but any queue may make it one",
            "set RedriveAllowPolicy to {redrivePermission: denyAll}",
        )


def _target(queue: Queue, source: Queue) -> Iterator[Violation]:
    permission, arns = _policy(queue)
    name = source.resource.logical_id
    if isinstance(permission, Unknown):
        yield cannot_check(queue.resource, [permission])
    elif permission == "denyAll":
        yield Violation(
            queue.resource,
            f"it takes nobody's dead letters (denyAll), but {name} sends its own here",
            "remove RedriveAllowPolicy, or name the source in byQueue",
        )
    elif permission == "byQueue" and _refer_to_each_other(queue, source):
        yield Violation(
            queue.resource,
            f"byQueue refers to {name}, and the RedrivePolicy of {name} to this queue: a cycle "
            "that CloudFormation refuses",
            "give both queues fixed names and write the ARN in byQueue with Fn::Sub, or remove "
            "RedriveAllowPolicy",
        )
    elif permission == "byQueue":
        allowed = [arns] if isinstance(arns, Unknown) else arns
        if any(isinstance(each, str) and identities.same_arn(each, source.arn) for each in allowed):
            return
        if any(isinstance(each, Unknown) for each in allowed):
            yield cannot_check(queue.resource, allowed)
            return
        yield Violation(
            queue.resource,
            f"byQueue does not name {name}, which sends its dead letters here",
            f"add the ARN of {name} to sourceQueueArns",
        )


def _refer_to_each_other(queue: Queue, source: Queue) -> bool:
    here, there = queue.resource, source.resource
    return (
        here.stack == there.stack
        and there.logical_id in set(_references(here.definition.get("Properties")))
        and here.logical_id in set(_references(there.definition.get("Properties")))
    )


def _references(value: Any) -> Iterator[str]:
    """Yield the logical ids that a definition refers to."""
    match value:
        case {"Ref": str(logical_id)}:
            yield logical_id
        case {"Fn::GetAtt": [str(logical_id), *_]}:
            yield logical_id
        case {"Fn::GetAtt": str(path)}:
            yield path.partition(".")[0]
        case {"Fn::Sub": str(text) | [str(text), *_]}:
            yield from (each.partition(".")[0] for each in identities.variables(text))
        case dict():
            for each in value.values():
                yield from _references(each)
        case list():
            for each in value:
                yield from _references(each)
