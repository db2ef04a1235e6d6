"""Where messages go that could not be processed."""

from collections.abc import Iterator

from queue_rules import identities
from queue_rules.application import Application, Function, Queue
from queue_rules.findings import SQS_GUIDE, Severity, Violation, cannot_check, rule
from queue_rules.rules.common import DAY, consumed_queues, of_unknown_queues
from queue_rules.values import Unknown, plain

PARKING_RETENTION_SECONDS = 14 * DAY


@rule(
    "R10",
    "A dead-letter queue on the source queue, of the same type, account and Region",
    severity=Severity.ERROR,
    consequence="A bad message comes back until it expires, then vanishes without a trace; or the "
    "deployment fails.",
    source=SQS_GUIDE + "sqs-dead-letter-queues.html",
)
def dead_letter_queue(application: Application) -> Iterator[Violation]:
    """On the queue, never only on the function; no cycles."""
    yield from of_unknown_queues(application)
    for queue in consumed_queues(application):
        if queue.dead_letter_arn is None and not application.sources(queue):
            yield Violation(
                queue.resource,
                f"it feeds a function but has no dead-letter queue{_elsewhere(application, queue)}",
                "set RedrivePolicy on the queue, to a queue of the same type",
            )
    for queue in application.queues:
        if queue.dead_letter_arn is not None:
            yield from _target(application, queue)
            yield from _cycle(application, queue)


def _elsewhere(application: Application, queue: Queue) -> str:
    """Name the two places where a dead-letter queue does nothing for a mapping of a queue."""
    for each in application.consumers(queue):
        if each.resource.properties.mapping("DestinationConfig"):
            return " (OnFailure of the mapping serves streams only)"
        function = each.function
        if isinstance(function, Function) and "DeadLetterConfig" in function.resource.properties:
            return " (the function's own serves asynchronous invocations only)"
    return ""


def _target(application: Application, queue: Queue) -> Iterator[Violation]:
    arn = queue.dead_letter_arn
    if isinstance(arn, Unknown) or arn is None:
        yield cannot_check(queue.resource, [arn])
        return
    if not identities.same_place(arn, queue.arn):
        yield Violation(
            queue.resource,
            f"its dead-letter queue {arn} is in another account or Region",
            "use a dead-letter queue of the same account and Region",
        )
        return
    target = application.dead_letter_queue(queue)
    if isinstance(target, Queue):
        target_is_fifo = target.is_fifo
    elif plain(arn.rpartition(":")[2]):
        target_is_fifo = arn.endswith(".fifo")
    else:
        yield cannot_check(queue.resource, [target])
        return
    if isinstance(queue.is_fifo, Unknown) or isinstance(target_is_fifo, Unknown):
        yield cannot_check(queue.resource, [queue.is_fifo, target_is_fifo])
    elif queue.is_fifo != target_is_fifo:
        types = {True: "FIFO", False: "standard"}
        yield Violation(
            queue.resource,
            f"it is a {types[queue.is_fifo]} queue, its dead-letter queue a "
            f"{types[target_is_fifo]} one",
            f"use a {types[queue.is_fifo]} queue for its dead letters",
        )


def _cycle(application: Application, queue: Queue) -> Iterator[Violation]:
    chain = [queue]
    following = application.dead_letter_queue(queue)
    while isinstance(following, Queue) and following not in chain:
        chain.append(following)
        following = application.dead_letter_queue(following)
    # A chain that runs into a cycle further on is reported by the queues of the cycle.
    if following is queue:
        names = " -> ".join(each.resource.logical_id for each in [*chain, queue])
        yield Violation(
            queue.resource,
            f"dead letters go round in circles: {names}",
            "end the chain in a queue that is not part of it",
        )


@rule(
    "R14",
    "A consumed dead-letter queue parks what its own consumer cannot handle",
    severity=Severity.ERROR,
    consequence="A dead letter that cannot be archived is lost: it returns until it expires, and "
    "nobody hears of it.",
    source=SQS_GUIDE + "sqs-dead-letter-queues.html",
)
def parking_queue(application: Application) -> Iterator[Violation]:
    """The consumer of a dead-letter queue is a mapping like any other; the last queue is kept."""
    dead_letter_queues = [
        each for each in consumed_queues(application) if application.sources(each)
    ]
    for queue in dead_letter_queues:
        parking = application.dead_letter_queue(queue)
        # One that is parking itself is reported by its consumer.
        is_parking = any(source in dead_letter_queues for source in application.sources(queue))
        if parking is None and not is_parking:
            yield Violation(
                queue.resource,
                "a function consumes this dead-letter queue, but what it cannot handle has no "
                "queue to go to",
                "set RedrivePolicy to a parking queue: 14 days, an alarm, no consumer",
            )
        elif isinstance(parking, Unknown):
            yield cannot_check(queue.resource, [parking])
        elif parking is not None and not _leads_back(application, queue):
            yield from _parking(application, parking)


def _leads_back(application: Application, queue: Queue) -> bool:
    return any(_cycle(application, queue))


def _parking(application: Application, parking: Queue) -> Iterator[Violation]:
    for consumer in application.consumers(parking):
        yield Violation(
            consumer.resource,
            f"it consumes the parking queue {parking.resource.logical_id}, the last one",
            "remove the mapping: a person reads this queue, told by an alarm",
        )
    if isinstance(parking.retention, Unknown):
        yield cannot_check(parking.resource, [parking.retention])
    elif parking.retention < PARKING_RETENTION_SECONDS:
        yield Violation(
            parking.resource,
            f"the parking queue keeps messages {parking.retention} s",
            f"set MessageRetentionPeriod to {PARKING_RETENTION_SECONDS} (14 days)",
        )
