"""How long a message is invisible, and how often it may be received."""

import math
from collections.abc import Iterator

from queue_rules.application import Application, Function, Queue
from queue_rules.findings import (
    LAMBDA_GUIDE,
    SQS_API,
    Severity,
    Violation,
    cannot_check,
    rule,
)
from queue_rules.rules.common import (
    DAY,
    MINUTE,
    consumed_queues,
    mapped_functions,
    of_unknown_queues,
)
from queue_rules.values import Unknown

# Six leaves room to retry a throttled batch before its messages reappear.
VISIBILITY_TIMEOUT_FACTOR = 6
MIN_RECEIVE_COUNT = 5
MIN_RIDE_OUT_SECONDS = 15 * MINUTE

# Limits of the services, in seconds or receives.
VISIBILITY_RANGE = (0, 12 * 60 * MINUTE)
RETENTION_RANGE = (MINUTE, 14 * DAY)
RECEIVES_RANGE = (1, 1_000)
TIMEOUT_RANGE = (1, 15 * MINUTE)


@rule(
    "R1",
    "Visibility timeout of at least 6 x function timeout + batching window",
    severity=Severity.ERROR,
    consequence="A throttled batch is retried until its visibility timeout ends; too short, and "
    "the messages reappear, are delivered twice, and lose a receive each time.",
    source=LAMBDA_GUIDE + "services-sqs-configure.html",
)
def visibility_timeout(application: Application) -> Iterator[Violation]:
    """V >= 6 T + W; below T, Lambda refuses the mapping."""
    for each in application.mappings:
        if not isinstance(each.queue, Queue) or not isinstance(each.function, Function):
            yield cannot_check(each.resource, [each.queue, each.function])
            continue
        match (each.queue.visibility_timeout, each.function.timeout, each.batch_window):
            case (int(visibility), int(timeout), int(window)):
                needed = VISIBILITY_TIMEOUT_FACTOR * timeout + window
                if visibility >= needed:
                    continue
                refused = " (Lambda refuses less than one timeout)" if visibility < timeout else ""
                yield Violation(
                    each.queue.resource,
                    f"visibility timeout of {visibility} s is less than 6 x the function's "
                    f"{timeout} s + the batching window's {window} s = {needed} s{refused}",
                    f"set VisibilityTimeout to {needed} or more",
                )
            case values:
                yield cannot_check(each.queue.resource, values)


@rule(
    "R2",
    "At least 5 receives before a message is dead-lettered",
    severity=Severity.ERROR,
    consequence="Every throttle and every time-out costs a receive, so valid messages reach the "
    "dead-letter queue although nothing is wrong with them.",
    source=LAMBDA_GUIDE + "services-sqs-configure.html",
)
def receive_count(application: Application) -> Iterator[Violation]:
    """At least five; a queue without any is R10's or R14's."""
    yield from of_unknown_queues(application)
    for queue in consumed_queues(application):
        if queue.dead_letter_arn is None:
            continue
        count = queue.max_receive_count
        if isinstance(count, Unknown):
            yield cannot_check(queue.resource, [count])
        elif count is None or count < MIN_RECEIVE_COUNT:
            yield Violation(
                queue.resource,
                f"maxReceiveCount is {count}, less than {MIN_RECEIVE_COUNT}",
                f"set maxReceiveCount to {MIN_RECEIVE_COUNT} or more",
            )


@rule(
    "R4",
    "Without reserved concurrency, receives that last 15 minutes",
    severity=Severity.WARNING,
    consequence="Other functions can use up the account's concurrency; whoever is starved longer "
    "than (maxReceiveCount - 1) x visibility timeout may lose valid messages to the dead-letter "
    "queue.",
    source=LAMBDA_GUIDE + "services-sqs-scaling.html",
)
def ride_out(application: Application) -> Iterator[Violation]:
    """15 minutes of (mrc - 1) V where nothing is reserved; a reservation's trap is R3's.

    The last receive has to begin after starvation, since AWS does not say when it tries last.
    """
    for each in application.mappings:
        if not isinstance(each.queue, Queue) or not isinstance(each.function, Function):
            yield cannot_check(each.resource, [each.queue, each.function])
            continue
        queue, reserved = each.queue, each.function.reserved_concurrency
        if isinstance(reserved, int) or queue.dead_letter_arn is None:
            continue
        match (queue.visibility_timeout, queue.max_receive_count):
            case (int(visibility), int(count)):
                survived = (count - 1) * visibility
                if survived >= MIN_RIDE_OUT_SECONDS:
                    continue
                if isinstance(reserved, Unknown):
                    yield cannot_check(each.function.resource, [reserved])
                    continue
                receives = max(count, MIN_RECEIVE_COUNT)  # R2
                needed = math.ceil(MIN_RIDE_OUT_SECONDS / (receives - 1))
                yield Violation(
                    queue.resource,
                    f"its function reserves no concurrency, and {count} receives of {visibility} s "
                    f"ride out no more than {survived} s of starvation for sure, less than "
                    f"{MIN_RIDE_OUT_SECONDS} s",
                    f"set VisibilityTimeout to {needed} or more, or let the function reserve what "
                    "its mappings may use (accounts with a quota of 10 cannot reserve)",
                )
            case values:
                yield cannot_check(queue.resource, values)


@rule(
    "R23",
    "Values that SQS and Lambda accept",
    severity=Severity.ERROR,
    consequence="The deployment fails.",
    source=SQS_API + "API_SetQueueAttributes.html",
)
def limits(application: Application) -> Iterator[Violation]:
    """V <= 12 h; retention 60 s to 14 d; mrc 1 to 1,000; T <= 900 s."""
    for queue in application.queues:
        bounded = (
            ("VisibilityTimeout", queue.visibility_timeout, VISIBILITY_RANGE),
            ("MessageRetentionPeriod", queue.retention, RETENTION_RANGE),
            ("maxReceiveCount", queue.max_receive_count, RECEIVES_RANGE),
        )
        for name, value, (least, most) in bounded:
            if isinstance(value, Unknown):
                yield cannot_check(queue.resource, [value])
            elif value is not None and not least <= value <= most:
                yield Violation(
                    queue.resource, f"{name} is {value}", f"set it to {least} to {most}"
                )
    least, most = TIMEOUT_RANGE
    for function in mapped_functions(application):
        if isinstance(function.timeout, Unknown):
            yield cannot_check(function.resource, [function.timeout])
        elif not least <= function.timeout <= most:
            yield Violation(
                function.resource,
                f"Timeout is {function.timeout} s",
                f"set it to {least} to {most}",
            )
