"""How fast a burst is worked off, in the simulator, beside the least time that it could take."""

from collections.abc import Iterator

from bench.results import Bound, Line
from bench.workshop import Workshop
from config import ENVIRONMENTS, IngestionConfig
from queue_rules.application import Application
from queue_rules.burst.forecast import forecast
from queue_rules.burst.from_templates import find_target
from queue_rules.burst.settings import Load, Settings
from queue_rules.templates import read

DEPLOYED = ("dev", "prod")
BURSTS = (10, 100, 1_000, 10_000, 100_000)
INGESTION = "/Ingestion/Processor/"
"""Part of the construct path of the mapping that feeds the ingest function."""


def drain(workshop: Workshop) -> Iterator[Line]:
    """Simulate bursts on the templates; every figure is the worst that AWS might make of them."""
    for name in DEPLOYED:
        ingestion = ENVIRONMENTS[name].ingestion
        settings = _settings(read([workshop.assembly(name)], {}))
        for messages in BURSTS:
            workshop.say(f"a burst of {messages:,} messages on {name}")
            yield _drained(name, settings, messages, ingestion.seconds_per_file)
        workshop.say(f"the largest burst and the longest starvation on {name}")
        yield _lost(name, settings, ingestion)


def _settings(application: Application) -> Settings:
    """Return the settings of the ingest function's mapping."""
    path = next(
        path
        for mapping in application.mappings
        if (path := mapping.resource.construct_path) and INGESTION in path
    )
    return find_target(application, path).settings


def _drained(name: str, settings: Settings, messages: int, seconds: float) -> Line:
    answer = forecast(settings, Load(messages=messages, seconds_per_message=seconds))
    if answer.drained_at is None or answer.drain_ratio is None:
        raise RuntimeError(f"{name}: no scenario processes all of {messages:,} messages")
    return Line(
        what=f"burst of {messages:,} on {name}, drained",
        ours=f"{answer.drained_at.high:,.0f} s simulated",
        peer=f"least time {answer.lower_bound.high:,.0f} s",
        figure=answer.drain_ratio.high,
        unit="×",
        must=Bound(1.1),
        goal=Bound(1.04),
    )


def _lost(name: str, settings: Settings, ingestion: IngestionConfig) -> Line:
    load = Load(
        messages=ingestion.expected_burst,
        seconds_per_message=ingestion.seconds_per_file,
        starved_seconds=ingestion.ride_out_seconds,
    )
    answer = forecast(settings, load)
    return Line(
        what=f"valid messages lost on {name}, starved for {ingestion.ride_out_seconds // 60} min",
        ours=f"{answer.lost.high:,.0f} dead-lettered, {answer.expired.high:,.0f} expired",
        peer=f"burst of {load.messages:,}",
        figure=int(answer.lost.high + answer.expired.high),
        unit="messages",
        must=Bound(0),
    )
