"""Processor time and memory, of this process and of fresh ones.

Wall-clock time says little on a machine that is shared, so it is used only for what waits. Bare
seconds say little on a machine that others do not have, so what is compared is measured in turns,
in one run.
"""

import json
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

ROOT = Path(__file__).resolve().parent.parent
TWIN = ROOT / ".venv-ml" / "bin" / "python"
"""Interpreter of the machine-learning container's twin, in which local jobs run."""

Name = TypeVar("Name")

_STATUS = Path("/proc/self/status")  # Linux


@dataclass(frozen=True, slots=True)
class Child:
    """What a fresh process has done.

    Attributes:
        cpu_seconds: Processor time of it and of the processes that it waited for.
        output: The JSON value on the last line that it printed.
    """

    cpu_seconds: float
    output: Any


def cpu_seconds(action: Callable[[], object]) -> float:
    """Return the processor time that `action` takes in this process."""
    start = time.process_time()
    action()
    return time.process_time() - start


def clocked(action: Callable[[], object]) -> float:
    """Return the seconds by the clock that `action` takes: for what waits more than it works."""
    began = time.perf_counter()
    action()
    return time.perf_counter() - began


def in_turns(
    measures: Mapping[Name, Callable[[], float]],
    repetitions: int,
    *,
    choose: Callable[[Sequence[float]], float] = statistics.median,
) -> dict[Name, float]:
    """Take every measure `repetitions` times, in turns.

    In turns, so that whatever else the machine does meets all of them alike.

    Args:
        measures: What to take.
        repetitions: How often.
        choose: Makes one figure of a measure's; `min` for times by the clock, which other programs
            only ever lengthen.
    """
    taken: dict[Name, list[float]] = {name: [] for name in measures}
    for _ in range(repetitions):
        for name, measure in measures.items():
            taken[name].append(measure())
    return {name: choose(values) for name, values in taken.items()}


def run_python(
    arguments: Sequence[str],
    *,
    environment: Mapping[str, str] | None = None,
    interpreter: Path = Path(sys.executable),
) -> Child:
    """Run a fresh Python process, which must print JSON last.

    Raises:
        FileNotFoundError: the interpreter is missing.
        RuntimeError: it failed; the message ends with what it wrote to standard error.
    """
    if not interpreter.exists():
        raise FileNotFoundError(f"{interpreter} is missing; run `make setup`")
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    result = subprocess.run(
        [interpreter, *arguments],
        cwd=ROOT,
        env=dict(os.environ if environment is None else environment),
        capture_output=True,
        text=True,
        check=False,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if result.returncode != 0:
        raise RuntimeError(f"`python {' '.join(arguments)[:200]}` failed: {result.stderr[-2000:]}")
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Child(seconds, json.loads(result.stdout.splitlines()[-1]))


def run_in_twin(module: str, *arguments: str) -> Any:
    """Run a module of `bench.twin` in the machine-learning container's twin, on one thread.

    Returns:
        The JSON value that it printed last.

    Raises:
        FileNotFoundError: the twin is missing.
        RuntimeError: the module failed.
    """
    return run_python(
        ["-m", f"bench.twin.{module}", *arguments],
        environment=os.environ | {"OMP_NUM_THREADS": "1"},
        interpreter=TWIN,
    ).output


def peak_bytes() -> int:
    """Return the most physical memory that this process has used so far."""
    if _STATUS.exists():
        # Not `ru_maxrss`, which a child inherits from the parent that started it.
        line = next(each for each in _STATUS.read_text().splitlines() if each.startswith("VmHWM"))
        return int(line.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
