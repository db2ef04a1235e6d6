"""`python -m bench [NAME...]`: measure what is promised; exit status 1 if a promise is broken."""

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.answering import answering
from bench.cold_import import cold_import
from bench.drain import drain
from bench.files import csv, fit, json_lines, quarantine
from bench.idle_cost import idle
from bench.learning import retraining, training
from bench.local_job import local_job
from bench.machine import describe_machine
from bench.measuring import ROOT
from bench.monitor import monitor
from bench.prediction_cost import prediction_cost
from bench.release import release
from bench.report import write_report
from bench.results import HEADER, Line, Verdict, cells
from bench.size import size
from bench.synthesis import synth
from bench.workshop import Benchmark, Workshop

BENCHMARKS: dict[str, Benchmark] = {
    "csv": csv,
    "json-lines": json_lines,
    "quarantine": quarantine,
    "fit": fit,
    "size": size,
    "cold-import": cold_import,
    "synth": synth,
    "drain": drain,
    "idle": idle,
    "prediction-cost": prediction_cost,
    "training": training,
    "retraining": retraining,
    "monitor": monitor,
    "local-job": local_job,
    "answering": answering,
    "release": release,
}
REPORT = ROOT / "build" / "bench" / "report.html"
COLOURS = {
    Verdict.GOAL: "green",
    Verdict.OK: "green",
    Verdict.SHORT: "yellow",
    Verdict.MISSED: "bold red",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print the table and write the report; return 1 if a "must" is missed."""
    options = _parse(arguments)
    console = Console(width=max(Console().width, 160), highlight=False)
    lines: list[Line] = []
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        for name in options.names or BENCHMARKS:
            lines += BENCHMARKS[name](Workshop(Path(folder), partial(_say, console, name)))
    machine = describe_machine()
    _show(lines, machine, console)
    if options.json is not None:
        _write_json(options.json, lines, machine)
    console.print(f"Pictures: {write_report(REPORT, lines, machine).relative_to(ROOT)}")
    return int(any(line.verdict is Verdict.MISSED for line in lines))


def _say(console: Console, name: str, text: str) -> None:
    console.print(f"[dim]{name:>12}[/]  {text}")


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    listed = ", ".join(BENCHMARKS)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of {listed}; default all")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures here, too")
    options = parser.parse_args(arguments)
    if unknown := sorted(set(options.names) - set(BENCHMARKS)):
        parser.error(f"unknown benchmark {unknown[0]!r}; use some of: {listed}")
    return options


def _show(lines: Sequence[Line], machine: str, console: Console) -> None:
    table = Table(box=None, padding=(0, 1), header_style="bold")
    for name in HEADER:
        table.add_column(name, justify="right" if name == "figure" else "left")
    for line in lines:
        *texts, verdict = cells(line)
        table.add_row(*texts, f"[{COLOURS.get(line.verdict, 'dim')}]{verdict}[/]")
    console.print()
    console.print(table)
    console.print(f"\n{machine}")


def _write_json(path: Path, lines: Sequence[Line], machine: str) -> None:
    result = {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": machine,
        "lines": [{**asdict(line), "verdict": line.verdict} for line in lines],
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{json.dumps(result, indent=2, ensure_ascii=False)}\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
