"""What templates say of how files are ingested, and predictions answered and logged."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from costs.fleets import Fleet, fleets
from queue_rules.application import Application, Function, Queue, QueueMapping, Resource

QUEUE_VARIABLE = "LOG_QUEUE_URL"
"""Variable of the predict function: the queue that it logs to."""
FILE_VARIABLE = "MAX_FILE_BYTES"
"""Variable of the ingest function: the largest file that it reads."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Serving:
    """How predictions are answered and logged.

    Attributes:
        fleet: Serves the champion.
        predict_gb: Memory of the predict function.
        log_gb: Memory of the log function.
        batch_size: Most records in a batch.
        batch_window_seconds: Longest wait for a batch to fill.
        is_traced: Whether the functions are traced.
    """

    fleet: Fleet
    predict_gb: float
    log_gb: float
    batch_size: int
    batch_window_seconds: int
    is_traced: bool


def serving_of(application: Application) -> Serving:
    """Read it.

    Raises:
        ValueError: the templates do not have one variant, one predict function and its log.
    """
    (fleet,) = fleets(application)
    predict = _function_with(application, QUEUE_VARIABLE)
    queue_url = str(_variables(predict)[QUEUE_VARIABLE])
    (mapping,) = (each for each in application.mappings if _reads(each, queue_url))
    match mapping:
        case QueueMapping(
            function=Function(resource=log), batch_size=int(size), batch_window=int(window)
        ):
            return Serving(
                fleet=fleet,
                predict_gb=_memory_gb(predict),
                log_gb=_memory_gb(log),
                batch_size=size,
                batch_window_seconds=window,
                is_traced="TracingConfig" in predict.properties,
            )
    raise ValueError(f"the templates do not say how {mapping.resource.logical_id} reads the log")


def ingest_gb(application: Application) -> float:
    """Return the memory of the ingest function.

    Raises:
        ValueError: the templates do not have one.
    """
    return _memory_gb(_function_with(application, FILE_VARIABLE))


def _function_with(application: Application, variable: str) -> Resource:
    (found,) = (
        function.resource
        for function in application.functions
        if variable in _variables(function.resource)
    )
    return found


def _variables(function: Resource) -> Mapping[str, Any]:
    environment: Mapping[str, Any] = function.properties.raw("Environment") or {}
    variables: Mapping[str, Any] = environment.get("Variables", {})
    return variables


def _reads(mapping: QueueMapping, queue_url: str) -> bool:
    return isinstance(mapping.queue, Queue) and queue_url.endswith(f"/{mapping.queue.name}")


def _memory_gb(function: Resource) -> float:
    """Return the memory of a function; only for those on arm64 is there a price."""
    architectures = function.properties.raw("Architectures")
    if architectures != ["arm64"]:
        raise ValueError(f"{function.logical_id} runs on {architectures}, not on arm64")
    return float(function.properties.raw("MemorySize")) / 1024
