"""What several rules ask of an application."""

from collections.abc import Iterator

from queue_rules.application import Application, Function, Queue, QueueMapping
from queue_rules.findings import Violation, cannot_check

MINUTE = 60
DAY = 24 * 60 * MINUTE


def consumed_queues(application: Application) -> list[Queue]:
    """Return the queues that feed a function, each once."""
    queues = [each.queue for each in application.mappings if isinstance(each.queue, Queue)]
    return list(dict.fromkeys(queues))


def mapped_functions(application: Application) -> dict[Function, list[QueueMapping]]:
    """Return the functions that queues feed, with their mappings."""
    functions: dict[Function, list[QueueMapping]] = {}
    for each in application.mappings:
        if isinstance(each.function, Function):
            functions.setdefault(each.function, []).append(each)
    return functions


def of_unknown_queues(application: Application) -> Iterator[Violation]:
    """Yield that a rule about queues cannot be checked for mappings whose queue is unknown."""
    for each in application.mappings:
        if not isinstance(each.queue, Queue):
            yield cannot_check(each.resource, [each.queue])


def of_unknown_functions(application: Application) -> Iterator[Violation]:
    """Yield that a rule about functions cannot be checked for mappings of unknown ones."""
    for each in application.mappings:
        if not isinstance(each.function, Function):
            yield cannot_check(each.resource, [each.function])
