"""What is going on in an environment, on one screen."""

from collections.abc import Iterator
from datetime import datetime

from rich.console import RenderableType

from ops.alarms import Alarm
from ops.commands.render import endpoint_line, queues, training_line
from ops.commands.render_executions import activity, clock
from ops.commands.render_monitoring import status as monitoring_line
from ops.live import Live, UnderWay
from ops.output import short_time, table
from schemas.dead_letters import DeadLetterStatus


def live(result: Live, *, now: datetime) -> Iterator[RenderableType]:
    """Show what is going on; what needs somebody first.

    Args:
        result: What is going on.
        now: When that was, UTC.
    """
    yield (
        f"Environment {result.environment} at {result.place}, {short_time(now.isoformat())} (UTC); "
        "Ctrl-C ends this view, and nothing else"
    )
    yield from (f"Stack {name}: {state}" for name, state in result.unsettled.items())
    yield _alarms(result.alarms, now)
    log = result.predictions
    yield queues((*result.queues, *(log.queues if log else ())))
    letters = {
        "ingestion": result.dead_letters,
        **({"predictions": log.dead_letters} if log else {}),
    }
    yield "Open dead letters: " + ", ".join(
        f"{name} {statuses[DeadLetterStatus.OPEN]:,}" for name, statuses in letters.items()
    )
    yield _under_way(result.under_way, now)
    if result.training:
        yield training_line(result.training)
    if result.endpoint:
        yield endpoint_line(result.endpoint)
    if result.monitoring:
        yield monitoring_line(result.monitoring)


def _alarms(found: tuple[Alarm, ...], now: datetime) -> RenderableType:
    on = [each for each in found if each.is_on]
    if not on:
        return f"Alarms: none of {len(found):,} is on"
    return table(
        f"{len(on):,} of {len(found):,} alarms are on",
        ("alarm", "for", "what it means", "runbook"),
        (
            (each.name, _since(each.since, now) if each.since else "", each.meaning, each.runbook)
            for each in on
        ),
    )


def _since(moment: datetime, now: datetime) -> str:
    # Clocks of two machines differ.
    return clock(max((now - moment).total_seconds(), 0))


def _under_way(found: tuple[UnderWay, ...], now: datetime) -> RenderableType:
    if not found:
        return "Under way: nothing"
    return table(
        "Under way",
        ("what", "execution", "for", "state"),
        (
            (
                each.kind,
                each.look.execution.name,
                _since(each.look.execution.began_at, now),
                activity(each.look),
            )
            for each in found
        ),
    )
