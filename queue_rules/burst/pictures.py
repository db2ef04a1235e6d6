"""Writes the pictures and the table of docs/why-valid-messages-die.md.

python -m queue_rules.burst.pictures docs/why-valid-messages-die.md
"""

import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from queue_rules.burst.experiments import BURST, POISONED, SOUND, TEN_MINUTES, table
from queue_rules.burst.forecast import forecast
from queue_rules.burst.plot import BEST, WORST, line
from queue_rules.burst.settings import Load, Settings
from queue_rules.burst.svg import Panel, draw

BEGIN = "<!-- written by queue_rules.burst.pictures -->\n"
END = "<!-- end -->\n"


def pictures() -> Mapping[str, str]:
    """Return every picture by the name of its file."""
    reserved_alone = replace(SOUND, maximum_concurrency=None)
    impatient = replace(SOUND, visibility_timeout=30, max_receive_count=3)
    failing_together = replace(SOUND, reports_failures=False)
    return {
        "reserved-alone.svg": _course(
            "5,000 messages, five reserved, nothing said to the mapping", reserved_alone, BURST
        ),
        "maximum-concurrency.svg": _course(
            "The same 5,000 messages with MaximumConcurrency 5", SOUND, BURST
        ),
        "starvation.svg": _comparison(
            "40 messages; for ten minutes the function gets no concurrency",
            TEN_MINUTES,
            {"3 receives of 30 s": impatient, "5 receives of 180 s": SOUND},
        ),
        "poison.svg": _comparison(
            "5,000 messages; the function rejects 50 of them",
            POISONED,
            {"whole batches fail": failing_together, "failures are reported": SOUND},
        ),
    }


def _course(title: str, settings: Settings, load: Load) -> str:
    outcome = forecast(settings, load).worst.outcome
    return draw(
        title,
        [
            Panel(
                title="Messages in the queue",
                lines=[line("", BEST, outcome, lambda sample: sample.queued)],
            ),
            Panel(
                title="Batches",
                lines=[
                    line("running", BEST, outcome, lambda sample: sample.running),
                    line("throttled", WORST, outcome, lambda sample: sample.waiting),
                ],
            ),
            Panel(
                title="Valid messages in the dead-letter queue",
                lines=[line("", WORST, outcome, lambda sample: sample.dead)],
            ),
        ],
    )


def _comparison(title: str, load: Load, variants: Mapping[str, Settings]) -> str:
    lines = [
        line(name, colour, forecast(settings, load).worst.outcome, lambda sample: sample.dead)
        for (name, settings), colour in zip(variants.items(), (WORST, BEST), strict=True)
    ]
    return draw(title, [Panel(title="Messages in the dead-letter queue", lines=lines)])


def with_table(page: str) -> str:
    """Return the page with a fresh table.

    Raises:
        ValueError: the page has no place for it.
    """
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the table needs the lines {BEGIN.strip()!r} and {END.strip()!r}")
    return f"{before}{BEGIN}\n{table()}\n{END}{after}"


def main(page: Path) -> None:
    """Write the table into the page, and the pictures into the folder beside it."""
    page.write_text(with_table(page.read_text(encoding="utf-8")), encoding="utf-8")
    for name, picture in pictures().items():
        (page.parent / "pictures" / name).write_text(picture, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
