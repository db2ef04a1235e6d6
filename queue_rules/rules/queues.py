"""What every queue should have, whoever consumes it."""

from collections.abc import Iterator

from queue_rules.application import Application
from queue_rules.findings import SQS_GUIDE, Severity, Violation, cannot_check, rule
from queue_rules.values import Unknown

LONGEST_POLL_SECONDS = 20


@rule(
    "R22",
    "Long polling on every queue",
    severity=Severity.WARNING,
    consequence="Mappings poll long by themselves; every other consumer (a replay, a person) gets "
    "empty answers from queues that are not empty, and pays for them.",
    source=SQS_GUIDE + "sqs-short-and-long-polling.html",
)
def long_polling(application: Application) -> Iterator[Violation]:
    """ReceiveMessageWaitTimeSeconds 20."""
    for queue in application.queues:
        if isinstance(queue.wait_time, Unknown):
            yield cannot_check(queue.resource, [queue.wait_time])
        elif queue.wait_time < LONGEST_POLL_SECONDS:
            yield Violation(
                queue.resource,
                f"ReceiveMessageWaitTimeSeconds is {queue.wait_time}",
                f"set ReceiveMessageWaitTimeSeconds to {LONGEST_POLL_SECONDS}",
            )
