"""`python -m queue_rules check|burst`: find the mistake in a template, foresee a burst."""

import argparse
import importlib
import sys
from collections.abc import Sequence

# Name -> module with `add_arguments(parser)` and `run(options)`, and what it is for. Only the
# command that is run is imported.
COMMANDS = {
    "check": ("queue_rules.command", "find mistakes in queues that feed functions"),
    "burst": ("queue_rules.burst.cli", "simulate a burst of messages on a template's mapping"),
}


def main(arguments: Sequence[str]) -> int:
    """Run one command and return its exit status."""
    parser = argparse.ArgumentParser(prog="python -m queue_rules", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, (module_name, purpose) in COMMANDS.items():
        subparser = commands.add_parser(name, help=purpose, description=purpose)
        if arguments[:1] == [name]:
            module = importlib.import_module(module_name)
            module.add_arguments(subparser)
            subparser.set_defaults(run=module.run)
    options = parser.parse_args(arguments)
    status: int = options.run(options)
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
