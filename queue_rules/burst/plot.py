"""The course of a burst as a picture."""

from collections.abc import Callable

from queue_rules.burst.forecast import Forecast
from queue_rules.burst.outcome import Outcome, Sample
from queue_rules.burst.svg import Line, Panel, draw

WORST, BEST, DEAD, THROTTLED = "#c0392b", "#2471a3", "#c0392b", "#e67e22"


def plot(title: str, forecast: Forecast) -> str:
    """Return queue depth, running batches and dead letters over time, worst run and best."""
    worst, best = forecast.worst.outcome, forecast.best.outcome

    def panel(name: str, figure: Callable[[Sample], int]) -> Panel:
        lines = [line("worst case", WORST, worst, figure)]
        if best is not worst:
            lines.append(line("best case", BEST, best, figure))
        return Panel(title=name, lines=lines)

    return draw(
        title,
        [
            panel("Messages in the queue", lambda sample: sample.queued),
            panel("Batches running", lambda sample: sample.running),
            panel("Batches throttled and waiting", lambda sample: sample.waiting),
            panel("Messages in the dead-letter queue", lambda sample: sample.dead),
        ],
    )


def line(label: str, colour: str, outcome: Outcome, figure: Callable[[Sample], int]) -> Line:
    """Return one figure of an outcome over time."""
    points = [(sample.seconds, figure(sample)) for sample in outcome.samples]
    return Line(label=label, colour=colour, points=points)
