"""Every test: `make test`. Groups that mostly wait run side by side with one that computes.

What fails is run once more, alone, when everything else has ended: clouds beside clouds on a small
machine can starve a test of time. What fails again fails the build; what does not is named at the
end, because a test that passes only sometimes hides something. A group that did not run to its end
(interrupted, or not even collected) has no second chance.
"""

import json
import signal
import subprocess
import sys
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "build" / "tests"
LAST_FAILED = ("--last-failed", "--last-failed-no-failures", "none")


@dataclass(frozen=True, slots=True)
class Group:
    """Tests that one pytest runs.

    Attributes:
        name: Names its log.
        arguments: Tell pytest what to run.
        environment: Folder of the environment that it runs in.
    """

    name: str
    arguments: tuple[str, ...]
    environment: str = ".venv"

    @property
    def log(self) -> Path:
        """What it printed, when it ran beside others."""
        return FOLDER / f"{self.name}.log"

    @property
    def _cache(self) -> Path:
        return FOLDER / "cache" / self.name

    def failed(self) -> list[str]:
        """Return the ids of the tests that failed when they ran last."""
        file = self._cache / "v" / "cache" / "lastfailed"
        return sorted(json.loads(file.read_text())) if file.exists() else []

    def run(self, *options: str, log: Path | None = None) -> int:
        """Run pytest and return its exit status; without a log it prints where we do."""
        command = [
            *(f"{self.environment}/bin/python", "-m", "pytest", "-o", f"cache_dir={self._cache}"),
            *(*self.arguments, *options),
        ]
        if log is None:
            return subprocess.run(command, check=False, cwd=ROOT).returncode
        with log.open("w") as file:
            ended = subprocess.run(command, check=False, cwd=ROOT, stdout=file, stderr=file)
        return ended.returncode


# Each deploys the app to a cloud of its own.
MODELS = Group("models", ("tests/e2e", "-m", "models"))
FILES = Group("files", ("tests/e2e", "-m", "not models"))
EXAMPLES = Group("examples", ("tests/examples",))
LOCAL = Group("local", ("tests/local",))
# The SageMaker SDK drives the local SageMaker, from an environment of its own.
SDK = Group("sdk", ("tests/sdk",), environment=".venv-sdk")
# They interrupt everything everywhere, which takes as long as half of the others together.
LAMBDAS = Group("lambdas", ("tests/unit/lambdas",))
SAGEMAKER = Group("sagemaker", ("tests/unit/local_sagemaker",))
ELSEWHERE = (
    *LAMBDAS.arguments,
    *SAGEMAKER.arguments,
    "tests/e2e",
    "tests/examples",
    "tests/local",
    "tests/sdk",
)
REST = Group("rest", ("tests", *(f"--ignore={folder}" for folder in ELSEWHERE)))

# Side by side; the groups of a lane in turn. The first prints as it goes, the others at the end.
LANES = ((REST,), (MODELS,), (FILES, SDK), (LOCAL, EXAMPLES, LAMBDAS, SAGEMAKER))


def run_lane(lane: Iterable[Group], *, quietly: bool) -> dict[Group, int]:
    """Run groups in turn and return their exit statuses; one that did not end, ends the lane."""
    statuses = {}
    for group in lane:
        statuses[group] = group.run("--cache-clear", log=group.log if quietly else None)
        if not is_complete(statuses[group]):
            break
    return statuses


def is_complete(status: int) -> bool:
    """Return whether pytest has run all tests, however they ended."""
    return status in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED)


def run_side_by_side(lanes: Sequence[Iterable[Group]]) -> dict[Group, int]:
    """Run lanes at the same time, show their logs, and return the groups' exit statuses."""
    statuses: dict[Group, int] = {}
    with ThreadPoolExecutor(max_workers=len(lanes)) as pool:
        running = [
            pool.submit(run_lane, lane, quietly=number > 0) for number, lane in enumerate(lanes)
        ]
        for lane in running:
            statuses |= lane.result()
            for group in lane.result():
                if lane is not running[0]:
                    say(f"\n== {group.name}\n{group.log.read_text()}")
    return statuses


def run_once_more(group: Group) -> tuple[list[str], list[str]]:
    """Run alone what has failed in a group; return what passes now, and what has failed again."""
    suspects = group.failed()
    say(f"\n== {group.name}: {len(suspects)} failed; once more, alone")
    complete = is_complete(group.run(*LAST_FAILED))
    # A failure that no test accounts for is the group's own.
    again = (group.failed() if complete else suspects) if suspects else [group.name]
    return [test for test in suspects if test not in again], again


def judge(failed: Iterable[Group]) -> bool:
    """Give what failed a second chance, say what came of it, and return whether all passed."""
    chances = [run_once_more(group) for group in failed]
    for test in (test for passed, _ in chances for test in passed):
        say(f"unstable: passed when run alone: {test}")
    for test in (test for _, again in chances for test in again):
        say(f"failed, and failed again when run alone: {test}")
    return not any(again for _, again in chances)


def say(text: str) -> None:
    """Print before what a child prints next."""
    print(text, flush=True)  # noqa: T201 -- it is a command


def main(lanes: Sequence[Iterable[Group]] = LANES) -> int:
    """Run all tests; return the exit status, which is 0 when each has passed in the end."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    statuses = run_side_by_side(lanes)
    broken = {group: status for group, status in statuses.items() if not is_complete(status)}
    for group, status in broken.items():
        say(f"{group.name}: did not run to its end (pytest's exit status {status})")
    if broken:
        return 1
    failed = [group for group, status in statuses.items() if status != pytest.ExitCode.OK]
    return 0 if judge(failed) else 1


if __name__ == "__main__":
    # Ctrl-C reaches every pytest as well: each ends its clouds, and says so by its exit status.
    signal.signal(signal.SIGINT, lambda *_: None)
    sys.exit(main())
