"""What is used in a month, beside what an idle one costs."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from costs import prices
from costs.deployment import ingest_gb, serving_of
from costs.fleets import fleets
from costs.items import Item
from costs.predictions import GB, Load, items_per_month
from costs.prices import HOURS_PER_MONTH
from queue_rules.application import Application
from schemas.names import Metric

# Of one file: announced by S3, received and deleted by Lambda.
QUEUE_REQUESTS = 3
# Claimed, done and made the head in the ledger; its failure and its dead letter are settled.
TABLE_WRITES = 5
# Put by whoever sends it; curated, and set aside in part.
OBJECT_PUTS = 3
LOGGED_BYTES = 600


@dataclass(frozen=True, kw_only=True, slots=True)
class Month:
    """All that the templates do not tell.

    Attributes:
        files: Object versions that arrive.
        file_seconds: Time of the ingest function for one of them.
        datasets: Datasets that they belong to.
        stored_gb: What lies in the buckets.
        job_hours: Instance to the hours that jobs run on one.
        load: Requests for predictions; None when there are none.
    """

    files: float = 0.0
    file_seconds: float = 0.2
    datasets: int = 0
    stored_gb: float = 0.0
    job_hours: Mapping[str, float] = field(default_factory=dict)
    load: Load | None = None


def used_items(application: Application, month: Month) -> list[Item]:
    """Return what a month costs beside an idle one; see `costs.idle`.

    Raises:
        KeyError: an instance has no price.
        ValueError: there is a use that the templates have no part for.
    """
    items = [
        *_files(application, month),
        Item("objects in the lake", month.stored_gb, prices.OBJECT_STORAGE),
        *(
            Item(f"jobs on {kind}", hours, prices.instance(kind))
            for kind, hours in sorted(month.job_hours.items())
        ),
        *_predictions(application, month),
    ]
    return [item for item in items if item.count]


def _files(application: Application, month: Month) -> Iterator[Item]:
    if not month.files:
        return
    seconds = month.files * month.file_seconds
    yield Item("ingestion queue", QUEUE_REQUESTS * month.files, prices.QUEUE_REQUEST)
    yield Item("ingest function, requests", month.files, prices.FUNCTION_REQUEST)
    yield Item("ingest function, time", ingest_gb(application) * seconds, prices.FUNCTION_ARM)
    yield Item("ledger and dead letters", TABLE_WRITES * month.files, prices.TABLE_WRITE)
    yield Item("files put into the lake", OBJECT_PUTS * month.files, prices.OBJECT_PUT)
    yield Item("files read", month.files, prices.OBJECT_GET)
    yield Item("logs of ingestion", month.files * LOGGED_BYTES / GB, prices.LOG_INGESTION)
    yield Item("traces of ingestion", month.files, prices.TRACE)
    # A metric is paid for by the hours in which something is put into it.
    share = min(1.0, month.files / HOURS_PER_MONTH)
    yield Item("metrics of ingestion", len(Metric) * month.datasets * share, prices.METRIC)


def _predictions(application: Application, month: Month) -> Iterator[Item]:
    if month.load and fleets(application):
        yield from items_per_month(serving_of(application), month.load)
