"""`python -m queue_rules burst`: what a burst does to a queue of some templates.

Exit status: 0 no valid message is lost, 1 valid messages may be lost, 2 nothing could be simulated.
"""

import json
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from queue_rules.burst.forecast import forecast
from queue_rules.burst.from_templates import find_target
from queue_rules.burst.plot import plot
from queue_rules.burst.remedy import find_remedy
from queue_rules.burst.report import as_json, as_text
from queue_rules.burst.settings import Load
from queue_rules.command import parameter
from queue_rules.templates import read
from queue_rules.values import TemplateError


def add_arguments(parser: ArgumentParser) -> None:
    """Add the options of `burst`."""
    parser.add_argument(
        "paths", nargs="+", type=Path, metavar="PATH", help="cdk.out, folder or template"
    )
    parser.add_argument("--messages", type=int, required=True, metavar="N")
    parser.add_argument(
        "--seconds-per-message", type=float, required=True, metavar="S", help="of the function"
    )
    parser.add_argument(
        "--arrival-seconds", type=float, default=0, metavar="A", help="0: all at once (default)"
    )
    parser.add_argument(
        "--poison",
        type=float,
        default=0,
        metavar="SHARE",
        help="of messages that the function always rejects, 0 to 1",
    )
    parser.add_argument(
        "--starve",
        type=float,
        default=0,
        metavar="SECONDS",
        help="for which the function gets no concurrency, from the first message on",
    )
    parser.add_argument(
        "--mapping",
        metavar="ID",
        help="its name or a part that no other has; needed when there are several",
    )
    parser.add_argument(
        "--parameter",
        type=parameter,
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="instead of a template parameter's default",
    )
    parser.add_argument("--seed", type=int, default=0, help="of all that is left to chance")
    parser.add_argument("--json", action="store_true", help="instead of a table")
    parser.add_argument("--plot", type=Path, metavar="FILE.svg", help="draw the course, too")


def run(options: Namespace) -> int:
    """Simulate, and write the answer; return the exit status."""
    try:
        load = Load(
            messages=options.messages,
            seconds_per_message=options.seconds_per_message,
            arrival_seconds=options.arrival_seconds,
            poison=options.poison,
            starved_seconds=options.starve,
        )
        application = read(options.paths, dict(options.parameter))
        target = find_target(application, options.mapping)
        answer = forecast(target.settings, load, seed=options.seed)
        remedy = None if answer.is_safe else find_remedy(target.settings, load, seed=options.seed)
        if options.plot:
            title = f"{load.messages:,} messages for {target.queue}"
            options.plot.write_text(plot(title, answer), encoding="utf-8")
    except (TemplateError, ValueError, OSError) as error:
        sys.stderr.write(f"queue_rules: {error}\n")
        return 2
    if options.json:
        sys.stdout.write(json.dumps(as_json(target, answer, remedy), indent=2) + "\n")
    else:
        sys.stdout.write(as_text(target, answer, remedy))
    return 0 if answer.is_safe else 1
