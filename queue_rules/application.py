"""Templates seen as queues, functions and what connects them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from queue_rules.values import Properties, Unknown


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Resource:
    """One resource of a template.

    Attributes:
        stack: Name of its stack, as far as it is known.
        logical_id: Its name in the template.
        type: Such as `AWS::SQS::Queue`.
        construct_path: Path of the construct that made it; None when the template does not tell.
        template: File; None when the template was never in one.
        origin: What it is written as in there: itself, or the loop or SAM function that makes it.
        properties: Its properties, without intrinsic functions.
        definition: The resource as written.
    """

    stack: str
    logical_id: str
    type: str
    construct_path: str | None
    template: Path | None
    origin: str
    properties: Properties
    definition: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Queue:
    """A queue.

    Attributes:
        resource: Where it is written.
        name: Physical name, or the token that stands for it.
        arn: ARN, with tokens for what is open.
        is_fifo: Whether it keeps the order of message groups.
        visibility_timeout: Seconds a received message stays invisible (V).
        retention: Seconds it keeps a message.
        wait_time: Seconds a receive waits for messages.
        dead_letter_arn: ARN of its dead-letter queue; None when it has none.
        max_receive_count: Receives before a message is dead-lettered (mrc); None without a
            dead-letter queue.
    """

    resource: Resource
    name: str
    arn: str
    is_fifo: bool | Unknown
    visibility_timeout: int | Unknown
    retention: int | Unknown
    wait_time: int | Unknown
    dead_letter_arn: str | Unknown | None
    max_receive_count: int | Unknown | None


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Function:
    """A Lambda function.

    Attributes:
        resource: Where it is written.
        name: Physical name, or the token that stands for it.
        timeout: Seconds it may run (T).
        reserved_concurrency: Runs that are kept for it; None when it reserves none.
    """

    resource: Resource
    name: str
    timeout: int | Unknown
    reserved_concurrency: int | Unknown | None


@dataclass(frozen=True, slots=True)
class Pollers:
    """Provisioned pollers of a mapping.

    Attributes:
        minimum: Pollers that always run.
        maximum: Pollers that run at most, each with up to 10 batches at a time.
    """

    minimum: int | Unknown
    maximum: int | Unknown


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class QueueMapping:
    """An event source mapping from a queue to a function.

    Attributes:
        resource: Where it is written.
        queue: The queue; unknown when it is not in the templates.
        function: The function; unknown when it is not in the templates.
        batch_size: Most messages in a batch (B).
        batch_window: Seconds to wait for a batch to fill (W).
        max_concurrency: Most batches at a time (C); None when nothing limits it.
        pollers: Provisioned pollers; None when it has none.
        reports_item_failures: Whether the function may report single messages as failed.
        dead_letter_queue: That of the queue; None when it has none, unknown when it is not in the
            templates.
    """

    resource: Resource
    queue: Queue | Unknown
    function: Function | Unknown
    batch_size: int | Unknown
    batch_window: int | Unknown
    max_concurrency: int | Unknown | None
    pollers: Pollers | Unknown | None
    reports_item_failures: bool | Unknown
    dead_letter_queue: Queue | Unknown | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Application:
    """Everything in the templates that were read.

    Attributes:
        resources: Every resource whose condition does not exclude it, in order of stacks and ids.
        queues: The queues.
        functions: The functions.
        mappings: The mappings whose source is a queue; those of other sources are left out.
        unread: What could not be read as a resource, with the reason.
        dead_letters: Queues to their dead-letter queues, for those that have one.
    """

    resources: Sequence[Resource]
    queues: Sequence[Queue]
    functions: Sequence[Function]
    mappings: Sequence[QueueMapping]
    unread: Sequence[tuple[Resource, Unknown]]
    dead_letters: Mapping[Queue, Queue | Unknown]

    def dead_letter_queue(self, queue: Queue) -> Queue | Unknown | None:
        """Return the dead-letter queue of `queue`; None when it has none."""
        return self.dead_letters.get(queue)

    def consumers(self, queue: Queue) -> list[QueueMapping]:
        """Return the mappings that read from `queue`."""
        return [each for each in self.mappings if each.queue is queue]

    def sources(self, queue: Queue) -> list[Queue]:
        """Return the queues whose dead letters go to `queue`."""
        return [source for source, target in self.dead_letters.items() if target is queue]

    def of_type(self, *types: str) -> list[Resource]:
        """Return the resources of some types."""
        return [each for each in self.resources if each.type in types]
