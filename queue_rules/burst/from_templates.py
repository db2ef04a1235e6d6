"""Settings of a mapping, read from templates."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar

from queue_rules.application import Application, Function, Pollers, Queue, QueueMapping, Resource
from queue_rules.burst.settings import INVOKES_PER_POLLER, ProvisionedPollers, Settings
from queue_rules.values import Unknown

Value = TypeVar("Value")


class UnknownSettingsError(ValueError):
    """The templates do not say what a simulation needs; the text says what to do."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Target:
    """What a burst is let loose on.

    Attributes:
        mapping: Name of the mapping, as `--mapping` takes it.
        queue: Logical id of the queue.
        function: Logical id of the function.
        settings: All figures.
        siblings: Other mappings that invoke the function, each with all that it may use.
    """

    mapping: str
    queue: str
    function: str
    settings: Settings
    siblings: tuple[str, ...]


def find_target(application: Application, mapping_id: str | None) -> Target:
    """Return the mapping that `mapping_id` names, or the only one there is.

    Args:
        application: What the templates deploy.
        mapping_id: Logical id, construct path or name of a mapping; None if there is only one.

    Raises:
        UnknownSettingsError: there is no such mapping, or not one only, or the templates do not
            tell its figures.
    """
    mapping = _find_mapping(application, mapping_id)
    name = _name(mapping.resource)
    queue: Queue = _known(mapping.queue, f"the queue of {name}")
    function: Function = _known(mapping.function, f"the function of {name}")
    if _known(queue.is_fifo, f"FifoQueue of {queue.resource.logical_id}"):
        raise UnknownSettingsError(
            f"{queue.resource.logical_id} is a FIFO queue; only standard queues are simulated"
        )
    _refuse_other_readers(application, mapping, queue)
    siblings = [
        each for each in application.mappings if each.function is function and each is not mapping
    ]
    return Target(
        mapping=name,
        queue=queue.resource.logical_id,
        function=function.resource.logical_id,
        settings=_settings(mapping, queue, function, siblings),
        siblings=tuple(_name(each.resource) for each in siblings),
    )


def _find_mapping(application: Application, mapping_id: str | None) -> QueueMapping:
    mappings = application.mappings
    if not mappings:
        raise UnknownSettingsError(
            "no mapping from an SQS queue to a function in the templates; give the template that "
            "has the AWS::Lambda::EventSourceMapping"
        )
    found = _called(mappings, mapping_id) if mapping_id is not None else list(mappings)
    if len(found) == 1:
        return found[0]
    known = "".join(f"\n  --mapping {_name(each.resource)}" for each in found or mappings)
    problem = (
        f"no mapping is called {mapping_id}"
        if not found
        else f"{len(found)} mappings read from SQS queues"
    )
    raise UnknownSettingsError(f"{problem}; name one:{known}")


def _refuse_other_readers(application: Application, mapping: QueueMapping, queue: Queue) -> None:
    """Each takes messages and receives from the other, and nothing says how many."""
    readers = [
        _name(each.resource)
        for each in application.consumers(queue)
        if each is not mapping
        and each.resource.properties.flag("Enabled", default=True) is not False
    ]
    if readers:
        raise UnknownSettingsError(
            f"{queue.resource.logical_id} is read by {', '.join(readers)}, too, and who gets which "
            "message is left to chance, which is not simulated; let one mapping read it"
        )


def _called(mappings: Iterable[QueueMapping], mapping_id: str) -> list[QueueMapping]:
    """Return the mappings of that name, or else those whose name contains it."""
    named = [(each, _names(each.resource)) for each in mappings]
    return [each for each, names in named if mapping_id in names] or [
        each for each, names in named if any(mapping_id in name for name in names)
    ]


def _name(resource: Resource) -> str:
    return resource.construct_path or f"{resource.stack}/{resource.logical_id}"


def _names(resource: Resource) -> tuple[str, ...]:
    return (_name(resource), resource.logical_id, f"{resource.stack}/{resource.logical_id}")


def _known(value: Value | Unknown, what: str) -> Value:
    if isinstance(value, Unknown):
        raise UnknownSettingsError(
            f"{what} is not known: {value.reason}; give that template, too, or a --parameter"
        )
    return value


def _settings(
    mapping: QueueMapping, queue: Queue, function: Function, siblings: list[QueueMapping]
) -> Settings:
    reserved = _known(
        function.reserved_concurrency,
        f"ReservedConcurrentExecutions of {function.resource.logical_id}",
    )
    # Without a reservation they share what the account has, of which nothing is known.
    rivals = [] if reserved is None else siblings
    has_dead_letters = queue.dead_letter_arn is not None
    at_mapping, at_queue = mapping.resource.logical_id, queue.resource.logical_id
    return Settings(
        visibility_timeout=_known(queue.visibility_timeout, f"VisibilityTimeout of {at_queue}"),
        timeout=_known(function.timeout, f"Timeout of {function.resource.logical_id}"),
        batch_size=_known(mapping.batch_size, f"BatchSize of {at_mapping}"),
        batch_window=_known(
            mapping.batch_window, f"MaximumBatchingWindowInSeconds of {at_mapping}"
        ),
        maximum_concurrency=_known(mapping.max_concurrency, f"MaximumConcurrency of {at_mapping}"),
        reserved_concurrency=reserved,
        competitors=sum(_most_batches(each) or 0 for each in rivals),
        uncapped=tuple(_name(each.resource) for each in rivals if _most_batches(each) is None),
        pollers=_pollers(mapping),
        max_receive_count=(
            _known(queue.max_receive_count, f"maxReceiveCount of {at_queue}")
            if has_dead_letters
            else None
        ),
        retention=_known(queue.retention, f"MessageRetentionPeriod of {at_queue}"),
        reports_failures=_known(
            mapping.reports_item_failures, f"FunctionResponseTypes of {at_mapping}"
        ),
    )


def _pollers(mapping: QueueMapping) -> ProvisionedPollers | None:
    name = mapping.resource.logical_id
    pollers: Pollers | None = _known(mapping.pollers, f"ProvisionedPollerConfig of {name}")
    if pollers is None:
        return None
    return ProvisionedPollers(
        minimum=_known(pollers.minimum, f"MinimumPollers of {name}"),
        maximum=_known(pollers.maximum, f"MaximumPollers of {name}"),
    )


def _most_batches(mapping: QueueMapping) -> int | None:
    """Return how many batches a mapping holds at most; None when nothing limits it."""
    pollers = _pollers(mapping)
    if pollers:
        return INVOKES_PER_POLLER * pollers.maximum
    return _known(mapping.max_concurrency, f"MaximumConcurrency of {mapping.resource.logical_id}")
