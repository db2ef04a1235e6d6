"""What is in a batch, and what becomes of it when one message of it is bad."""

from collections.abc import Iterator

from queue_rules.application import Application, Queue, QueueMapping
from queue_rules.findings import LAMBDA_GUIDE, Severity, Violation, cannot_check, rule
from queue_rules.values import Unknown

MAX_BATCH_WITHOUT_WINDOW = 10
MAX_BATCH = 10_000
MAX_WINDOW_SECONDS = 300
MAX_PAYLOAD_BYTES = 6 * 1024 * 1024


@rule(
    "R8",
    "Partial batch responses where a batch has more than one message",
    severity=Severity.ERROR,
    consequence="One bad message fails its whole batch, again and again, until the valid ones "
    "beside it are dead-lettered with it: 1 % bad messages drag 1 to 9 % of the valid ones along.",
    source=LAMBDA_GUIDE + "services-sqs-errorhandling.html",
)
def partial_batch_response(application: Application) -> Iterator[Violation]:
    """ReportBatchItemFailures on the mapping (the response is up to the code)."""
    for each in application.mappings:
        if each.batch_size == 1 or each.reports_item_failures is True:
            continue
        if isinstance(each.batch_size, Unknown) or isinstance(each.reports_item_failures, Unknown):
            yield cannot_check(each.resource, [each.batch_size, each.reports_item_failures])
            continue
        yield Violation(
            each.resource,
            f"batches of up to {each.batch_size} messages without ReportBatchItemFailures",
            "set FunctionResponseTypes to [ReportBatchItemFailures], and return the identifiers "
            "of the failed messages",
        )


@rule(
    "R9",
    "Batches of a size that Lambda accepts",
    severity=Severity.ERROR,
    consequence="Lambda refuses the mapping, and the deployment fails.",
    source=LAMBDA_GUIDE + "services-sqs-parameters.html",
)
def batch_size(application: Application) -> Iterator[Violation]:
    """1 to 10 without a window, to 10,000 with one of 1 to 300 s; FIFO at most 10, no window."""
    for each in application.mappings:
        match (each.batch_size, each.batch_window):
            case (int(size), int(window)):
                yield from _limits(each, size, window)
                yield from _payload(each, size)
            case values:
                yield cannot_check(each.resource, values)


def _limits(mapping: QueueMapping, size: int, window: int) -> Iterator[Violation]:
    is_fifo = mapping.queue.is_fifo if isinstance(mapping.queue, Queue) else mapping.queue
    if isinstance(is_fifo, Unknown):
        if window or size > MAX_BATCH_WITHOUT_WINDOW:
            yield cannot_check(mapping.resource, [is_fifo])
    elif is_fifo and window:
        yield Violation(
            mapping.resource,
            f"a batching window of {window} s on a FIFO queue",
            "remove MaximumBatchingWindowInSeconds",
        )
        window = 0
    if not 0 <= window <= MAX_WINDOW_SECONDS:
        yield Violation(
            mapping.resource,
            f"a batching window of {window} s",
            f"set MaximumBatchingWindowInSeconds to 0 to {MAX_WINDOW_SECONDS}",
        )
    most = MAX_BATCH if window else MAX_BATCH_WITHOUT_WINDOW
    if not 1 <= size <= most:
        why = " without a batching window" if not window and is_fifo is not True else ""
        yield Violation(
            mapping.resource,
            f"batches of {size} messages{why}, but at most {most} are possible"
            if size > most
            else f"batches of {size} messages",
            f"set BatchSize to 1 to {most}"
            + (", or MaximumBatchingWindowInSeconds to 1 or more" if why else ""),
        )


def _payload(mapping: QueueMapping, size: int) -> Iterator[Violation]:
    """Lambda cuts a batch at 6 MB; only a stated message size says that this will happen."""
    if not isinstance(mapping.queue, Queue):
        return
    largest = mapping.queue.resource.properties.number("MaximumMessageSize", None)
    if isinstance(largest, Unknown):
        yield cannot_check(mapping.queue.resource, [largest])
    elif largest is not None and size * largest > MAX_PAYLOAD_BYTES:
        fitting = max(1, MAX_PAYLOAD_BYTES // max(largest, 1))
        yield Violation(
            mapping.resource,
            f"{size} messages of up to {largest} bytes are {size * largest} bytes, but an "
            f"invocation takes {MAX_PAYLOAD_BYTES}",
            f"set BatchSize to {fitting} or less, or MaximumMessageSize to "
            f"{MAX_PAYLOAD_BYTES // max(size, 1)} or less",
            Severity.WARNING,
            "Lambda cuts batches of large messages short, so they never become as large as stated.",
        )
