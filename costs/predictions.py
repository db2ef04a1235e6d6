"""What a million predictions cost.

The hours of an endpoint's instances are among them: those that an idle environment pays for anyway,
and those that the load adds.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

from costs import prices
from costs.deployment import Serving
from costs.fleets import Fleet, Instances
from costs.idle import POLLERS
from costs.items import Item
from costs.prices import HOURS_PER_MONTH
from schemas.names import PredictionMetric

MILLION = 1_000_000
GB = 2**30
# What Lambda traces when nothing else decides: one request a second and 5 % of the others.
# https://docs.aws.amazon.com/lambda/latest/dg/services-xray.html
TRACES_PER_SECOND, TRACED_SHARE = 1, 0.05
# A captured record is JSON around request and answer, each of which becomes a string of it.
CAPTURE_OVERHEAD = 1.5


@dataclass(frozen=True, kw_only=True, slots=True)
class Load:
    """All that the templates do not tell: a steady load of requests with one row each.

    Attributes:
        requests_per_second: The load.
        model_seconds: Time of the model's container for one request.
        around_seconds: Time of the predict function beside that: two calls and their judging.
        log_seconds: Time of the log function for one batch.
        request_bytes: Of a request to the endpoint.
        answer_bytes: Of its answer.
        logged_bytes: What the runtime writes to a function's log for a run, in three lines.
    """

    requests_per_second: float
    model_seconds: float
    around_seconds: float = 0.030
    log_seconds: float = 0.5
    request_bytes: int = 400
    answer_bytes: int = 300
    logged_bytes: int = 600

    @property
    def hours(self) -> float:
        """How long a million requests take."""
        return MILLION / self.requests_per_second / 3600


def items_per_million(serving: Serving, load: Load) -> list[Item]:
    """Return what a million predictions cost, each asked for by a request of its own."""
    items = [*_endpoint(serving.fleet, load), *_beside_the_endpoint(serving, load)]
    return [item for item in items if item.count]


def items_per_month(serving: Serving, load: Load) -> list[Item]:
    """Return what a month of predictions costs, beside the instances of an idle endpoint."""
    millions = HOURS_PER_MONTH / load.hours
    items = [*_more_capacity(serving.fleet, load), *_beside_the_endpoint(serving, load)]
    return [replace(each, count=each.count * millions) for each in items if each.count]


def batch_size(serving: Serving, load: Load) -> float:
    """Return how many records a batch has: as many as a poller finds while it waits."""
    found = load.requests_per_second * serving.batch_window_seconds / POLLERS
    return min(serving.batch_size, max(1.0, found))


def instances(fleet: Instances, load: Load) -> int:
    """Return how many instances scaling keeps for a load."""
    return max(fleet.fewest, math.ceil(load.requests_per_second * 60 / fleet.requests_per_minute))


def _endpoint(fleet: Fleet, load: Load) -> Iterator[Item]:
    if isinstance(fleet, Instances):
        hours = instances(fleet, load) * load.hours
        yield Item("endpoint", hours, prices.instance(fleet.kind))
    else:
        seconds = MILLION * load.model_seconds
        yield Item("endpoint", fleet.memory_gb * seconds, prices.SERVERLESS)


def _more_capacity(fleet: Fleet, load: Load) -> Iterator[Item]:
    """Yield what the load adds to the endpoint of an idle environment."""
    if isinstance(fleet, Instances):
        hours = (instances(fleet, load) - fleet.fewest) * load.hours
        yield Item("instances that scaling adds", hours, prices.instance(fleet.kind))
    else:
        yield from _endpoint(fleet, load)


def _beside_the_endpoint(serving: Serving, load: Load) -> Iterator[Item]:
    batches = MILLION / batch_size(serving, load)
    exchanged = MILLION * (load.request_bytes + load.answer_bytes) / GB
    if isinstance(serving.fleet, Instances):
        kept = exchanged * CAPTURE_OVERHEAD * serving.fleet.captured_share
        yield Item("captured records, for a month", kept, prices.OBJECT_STORAGE)
    yield Item("data in and out of the endpoint", exchanged, prices.ENDPOINT_DATA)
    yield from _predict_function(serving, load)
    # Sent one by one, received and deleted by the batch.
    yield Item("log queue", MILLION + 2 * batches, prices.QUEUE_REQUEST)
    yield from _log(serving, load, batches)
    yield from _telemetry(serving, load, batches)


def _predict_function(serving: Serving, load: Load) -> Iterator[Item]:
    seconds = MILLION * (load.model_seconds + load.around_seconds)
    yield Item("predict function, requests", MILLION, prices.FUNCTION_REQUEST)
    yield Item("predict function, time", serving.predict_gb * seconds, prices.FUNCTION_ARM)


def _log(serving: Serving, load: Load, batches: float) -> Iterator[Item]:
    seconds = batches * load.log_seconds
    yield Item("log function, requests", batches, prices.FUNCTION_REQUEST)
    yield Item("log function, time", serving.log_gb * seconds, prices.FUNCTION_ARM)
    yield Item("index of predictions", MILLION, prices.TABLE_WRITE)
    # A record that is logged settles its dead letter; without one, the attempt is billed, too.
    yield Item("dead letters of predictions", MILLION, prices.TABLE_WRITE)
    yield Item("files of predictions", batches, prices.OBJECT_PUT)


def _telemetry(serving: Serving, load: Load, batches: float) -> Iterator[Item]:
    logged = (MILLION + batches) * load.logged_bytes / GB
    yield Item("logs of the functions", logged, prices.LOG_INGESTION)
    seconds = load.hours * 3600
    traced = _traces(MILLION, seconds) + _traces(batches, seconds)
    yield Item("traces of the functions", traced if serving.is_traced else 0, prices.TRACE)
    metrics = len(PredictionMetric) * load.hours / HOURS_PER_MONTH
    yield Item("metrics of predictions, by the hour", metrics, prices.METRIC)


def _traces(runs: float, seconds: float) -> float:
    reserved = min(runs, TRACES_PER_SECOND * seconds)
    return reserved + TRACED_SHARE * (runs - reserved)
