"""Reads templates that nobody here wrote: `read(paths).mappings` says which queue feeds what."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from queue_rules import identities
from queue_rules.application import (
    Application,
    Function,
    Pollers,
    Queue,
    QueueMapping,
    Resource,
)
from queue_rules.documents import checked_template
from queue_rules.sources import NESTED, Document, find_documents
from queue_rules.stack import Stack
from queue_rules.values import Properties, Unknown, refusing_depth

MAPPING = "AWS::Lambda::EventSourceMapping"

Named = TypeVar("Named", Queue, Function)

# Defaults of the services.
VISIBILITY_TIMEOUT_SECONDS = 30
RETENTION_SECONDS = 4 * 24 * 60 * 60
FUNCTION_TIMEOUT_SECONDS = 3
BATCH_SIZE = 10
MIN_POLLERS = 2
MAX_POLLERS = 200

# Properties that mappings of other sources have.
OF_OTHER_SOURCES = {
    "AmazonManagedKafkaEventSourceConfig",
    "DocumentDBEventSourceConfig",
    "Queues",
    "SelfManagedEventSource",
    "StartingPosition",
    "Topics",
}


def read(paths: Sequence[Path], parameters: Mapping[str, str] | None = None) -> Application:
    """Return what the templates under `paths` deploy.

    Args:
        paths: CDK assemblies, folders, and templates in JSON or YAML.
        parameters: Values that take the place of parameters' defaults.

    Raises:
        TemplateError: something cannot be read; the message says what and why.
    """
    return read_documents(find_documents(paths), parameters)


def read_template(body: Any, name: str = "template") -> Application:
    """Return what one template, given as a dict, deploys.

    Raises:
        TemplateError: `body` is no template.
    """
    document = Document(name=name, path=None, body=checked_template(body, source=name))
    return read_documents([[document]])


def read_documents(
    groups: Sequence[Sequence[Document]], parameters: Mapping[str, str] | None = None
) -> Application:
    """Return what groups of templates deploy; only those of one group refer to each other.

    Raises:
        TemplateError: a template is nested too deeply.
    """
    with refusing_depth():
        readers = [_Reader(group, parameters or {}) for group in groups]
    return Application(
        resources=[each for reader in readers for each in reader.resources],
        queues=[each for reader in readers for each in reader.queues],
        functions=[each for reader in readers for each in reader.functions],
        mappings=[each for reader in readers for each in reader.mappings],
        unread=[each for reader in readers for each in reader.unread],
        dead_letters={
            queue: target
            for reader in readers
            for queue in reader.queues
            if (target := reader.dead_letter_queue(queue)) is not None
        },
    )


class _Reader:
    """Reads one group of templates."""

    def __init__(self, documents: Sequence[Document], parameters: Mapping[str, str]) -> None:
        group: list[Stack] = []
        for document in documents:
            stack = Stack(document, parameters=parameters, group=group)
            group += [stack, *stack.descendants()]
        self.unread: list[tuple[Resource, Unknown]] = []
        found = [pair for stack in group for pair in self._read_stack(stack)]
        self.resources = [resource for _, resource in found]
        self.queues = [
            _queue(stack, resource)
            for stack, resource in found
            if resource.type == identities.QUEUE
        ]
        self.functions = [
            _function(stack, resource)
            for stack, resource in found
            if resource.type == identities.FUNCTION
        ]
        self.mappings = [
            self._mapping(resource)
            for resource in self.resources
            if resource.type == MAPPING and _reads_a_queue(resource.properties)
        ]

    def _leave(self, stack: Stack, logical_id: str, reason: str) -> None:
        definition = stack.resource(logical_id) or {}
        self.unread.append((_resource(stack, logical_id, definition), Unknown(reason)))

    def _read_stack(self, stack: Stack) -> Iterator[tuple[Stack, Resource]]:
        for macro in stack.macros():
            self._leave(stack, "Transform", f"the macro {macro} may change every resource")
        for logical_id in stack.section("Resources"):
            definition = stack.resource(logical_id)
            if definition is None or _is_made_by_macro(logical_id, definition):
                self._leave(stack, logical_id, "a macro decides at deployment what it is")
                continue
            if definition.get("Type") in NESTED and logical_id not in stack.nested:
                self._leave(stack, logical_id, "the template of this nested stack is not here")
            condition = definition.get("Condition")
            if isinstance(condition, str) and stack.condition(condition) is False:
                continue
            yield stack, _resource(stack, logical_id, definition)

    def _mapping(self, resource: Resource) -> QueueMapping:
        properties = resource.properties
        queue = self._queue_at(properties.text("EventSourceArn"), seen_from=resource.stack)
        return QueueMapping(
            resource=resource,
            queue=queue,
            function=self._function_at(properties.text("FunctionName"), seen_from=resource.stack),
            batch_size=properties.number("BatchSize", BATCH_SIZE),
            batch_window=properties.number("MaximumBatchingWindowInSeconds", 0),
            max_concurrency=_nested_number(properties, "ScalingConfig", "MaximumConcurrency"),
            pollers=_pollers(properties),
            reports_item_failures=_reports_item_failures(properties),
            dead_letter_queue=(
                queue if isinstance(queue, Unknown) else self.dead_letter_queue(queue)
            ),
        )

    def dead_letter_queue(self, queue: Queue) -> Queue | Unknown | None:
        """Return where the dead letters of `queue` go."""
        arn = queue.dead_letter_arn
        return None if arn is None else self._queue_at(arn, seen_from=queue.resource.stack)

    def _queue_at(self, arn: str | Unknown | None, *, seen_from: str) -> Queue | Unknown:
        if isinstance(arn, Unknown):
            return arn
        name = None if arn is None else identities.queue_name(arn)
        candidates = [
            each
            for each in self.queues
            if arn is not None and each.name == name and identities.same_place(arn, each.arn)
        ]
        return _nearest(candidates, seen_from) or Unknown(
            f"the queue {arn} is not in the templates"
        )

    def _function_at(self, address: str | Unknown | None, *, seen_from: str) -> Function | Unknown:
        if isinstance(address, Unknown):
            return address
        name = None if address is None else identities.function_name(address)
        candidates = [each for each in self.functions if each.name == name]
        return _nearest(candidates, seen_from) or Unknown(
            f"the function {address} is not in the templates"
        )


def _nearest(candidates: Sequence[Named], stack: str) -> Named | None:
    """Prefer the one of the same stack, where several stacks use one name."""
    return next(
        (each for each in candidates if each.resource.stack == stack),
        candidates[0] if candidates else None,
    )


def _is_made_by_macro(logical_id: str, definition: Mapping[str, Any]) -> bool:
    properties = definition.get("Properties") or {}
    return any(str(name).startswith("Fn::") for name in (logical_id, *properties))


def _resource(stack: Stack, logical_id: str, definition: Mapping[str, Any]) -> Resource:
    properties = stack.resolve(definition.get("Properties") or {})
    metadata = definition.get("Metadata")
    metadata = metadata if isinstance(metadata, Mapping) else {}
    document = stack.document
    path = document.construct_paths.get(logical_id) or metadata.get("aws:cdk:path")
    return Resource(
        stack=stack.name,
        logical_id=logical_id,
        type=str(definition.get("Type", "")),
        construct_path=path if isinstance(path, str) else None,
        template=document.path,
        origin=stack.origin_of(logical_id),
        properties=Properties(properties if isinstance(properties, Mapping) else {}),
        definition=definition,
    )


def _queue(stack: Stack, resource: Resource) -> Queue:
    properties = resource.properties
    redrive = properties.mapping("RedrivePolicy")
    dead_letters: str | Unknown | None
    receives: int | Unknown | None
    if isinstance(redrive, Unknown):
        dead_letters = receives = redrive
    else:
        dead_letters = redrive.text("deadLetterTargetArn")
        receives = redrive.number("maxReceiveCount", None)
    return Queue(
        resource=resource,
        name=identities.name_of(stack, resource.logical_id),
        arn=identities.arn_of(stack, resource.logical_id),
        is_fifo=properties.flag("FifoQueue", default=False),
        visibility_timeout=properties.number("VisibilityTimeout", VISIBILITY_TIMEOUT_SECONDS),
        retention=properties.number("MessageRetentionPeriod", RETENTION_SECONDS),
        wait_time=properties.number("ReceiveMessageWaitTimeSeconds", 0),
        dead_letter_arn=dead_letters,
        max_receive_count=receives,
    )


def _function(stack: Stack, resource: Resource) -> Function:
    properties = resource.properties
    return Function(
        resource=resource,
        name=identities.name_of(stack, resource.logical_id),
        timeout=properties.number("Timeout", FUNCTION_TIMEOUT_SECONDS),
        reserved_concurrency=properties.number("ReservedConcurrentExecutions", None),
    )


def _reads_a_queue(properties: Properties) -> bool:
    """Tell mappings of queues from others, also where the source is unknown."""
    source = properties.text("EventSourceArn")
    if isinstance(source, str) and source.startswith("arn:"):
        return identities.queue_name(source) is not None
    return not any(name in properties for name in OF_OTHER_SOURCES)


def _nested_number(properties: Properties, name: str, key: str) -> int | Unknown | None:
    nested = properties.mapping(name)
    return nested if isinstance(nested, Unknown) else nested.number(key, None)


def _pollers(properties: Properties) -> Pollers | Unknown | None:
    config = properties.mapping("ProvisionedPollerConfig")
    if isinstance(config, Unknown):
        return config
    if not config:
        return None
    return Pollers(
        minimum=config.number("MinimumPollers", MIN_POLLERS),
        maximum=config.number("MaximumPollers", MAX_POLLERS),
    )


def _reports_item_failures(properties: Properties) -> bool | Unknown:
    types = properties.items("FunctionResponseTypes")
    if isinstance(types, Unknown):
        return types
    if "ReportBatchItemFailures" in types:
        return True
    return next((each for each in types if isinstance(each, Unknown)), False)
