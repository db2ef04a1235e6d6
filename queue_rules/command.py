"""`python -m queue_rules check`: the rules as a command."""

import argparse
import json
import sys
from pathlib import Path

from queue_rules import output
from queue_rules.checking import check_paths
from queue_rules.rules import RULES
from queue_rules.sarif import as_sarif
from queue_rules.suppressions import in_file
from queue_rules.values import TemplateError

FOUND = 1
UNREADABLE = 2

EPILOG = """\
exit status:
  0  no error (with --strict: no warning either, and everything could be checked)
  1  findings
  2  something cannot be read; the message says what
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `check` accepts."""
    parser.epilog = EPILOG
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument(
        "paths",
        nargs="+",
        type=Path,
        metavar="PATH",
        help="a cdk.out, a folder of templates, or a template in JSON or YAML",
    )
    parser.add_argument(
        "--parameter",
        action="append",
        default=[],
        type=parameter,
        metavar="NAME=VALUE",
        help="value of a template's parameter, instead of its default; may be repeated",
    )
    parser.add_argument("--json", action="store_true", help="print JSON instead of text")
    parser.add_argument(
        "--strict",
        action="store_true",
        help="fail for warnings and for what cannot be checked, too",
    )
    parser.add_argument(
        "--sarif", type=Path, metavar="FILE", help="also write SARIF 2.1.0, for code hosts"
    )
    parser.add_argument(
        "--suppressions",
        type=Path,
        metavar="FILE",
        help="YAML list of accepted findings, each with a reason",
    )


def parameter(text: str) -> tuple[str, str]:
    """Split `NAME=VALUE`.

    Raises:
        argparse.ArgumentTypeError: there is no `=`.
    """
    name, separator, value = text.partition("=")
    if not name or not separator:
        raise argparse.ArgumentTypeError(f"expected NAME=VALUE, got {text!r}")
    return name, value


def run(options: argparse.Namespace) -> int:
    """Check and print; return the exit status."""
    try:
        accepted = [] if options.suppressions is None else in_file(options.suppressions)
        application, findings = check_paths(
            options.paths, dict(options.parameter), accepted=accepted
        )
        if options.sarif is not None:
            _write(options.sarif, json.dumps(as_sarif(findings, RULES), indent=2) + "\n")
    except TemplateError as error:
        print(f"queue_rules: {error}", file=sys.stderr)  # noqa: T201 - a command's output
        return UNREADABLE
    if options.json:
        text = json.dumps(output.as_json(application, findings), indent=2)
    else:
        text = output.as_text(application, findings)
    print(text)  # noqa: T201 - a command's output
    counts = output.summary(findings)
    failing = ["errors", "warnings", "cannot_check"] if options.strict else ["errors"]
    return FOUND if any(counts[each] for each in failing) else 0


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text)
    except OSError as error:
        raise TemplateError(f"{path}: cannot be written: {error.strerror}") from error
