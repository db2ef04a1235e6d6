"""`python -m chaos --seed N`: everything goes wrong at once, and nothing may be lost."""

import argparse
import shutil
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from rich.console import Console
from rich.status import Status

from chaos.campaign import Narrator, run_campaign
from chaos.result import PhaseResult, Result
from chaos.schedule import Schedule, make_schedule
from chaos.shrink import shrink
from chaos.steps import Step
from local.cloud import LocalCloud
from local.environment import ROOT
from local.errors import LocalCloudError
from ops.aws import connect
from ops.deployment import Deployment, find_environment
from ops.errors import OpsError
from ops.queues import wait_until_idle

ENVIRONMENT = "local"
FOLDER = ROOT / "build" / "chaos"
DEFAULT_STEPS = 30
DEFAULT_SHRINK_MINUTES = 30.0
# A minute of CloudWatch lasts a second.
TIME_SCALE = 60
_SHOWN_VIOLATIONS = 20


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a campaign; return 0 if nothing was lost and nothing left behind."""
    options = _parser().parse_args(arguments)
    console = Console(highlight=False)
    try:
        schedule = make_schedule(options.seed, options.steps)
        if options.only:
            schedule = schedule.only(options.only)
        if options.list:
            _list(schedule, console)
            return 0
        result = run(schedule, console)
        if result.violations and options.shrink_minutes:
            result = replace(result, smallest=_shrink(schedule, options.shrink_minutes, console))
    except (LocalCloudError, OpsError, ValueError) as error:
        console.print(f"[red]The campaign could not go on:[/] {error}")
        return 1
    _tell(result, options.steps, console)
    return 1 if result.violations else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m chaos", description=__doc__)
    parser.add_argument("--seed", type=int, required=True, help="names the schedule")
    parser.add_argument("--steps", type=int, default=DEFAULT_STEPS, help="how many steps it has")
    parser.add_argument(
        "--only", type=_numbers, default=(), metavar="N,N,…", help="do these steps and no others"
    )
    parser.add_argument(
        "--shrink-minutes",
        type=float,
        default=DEFAULT_SHRINK_MINUTES,
        metavar="M",
        help="how long to look for fewer steps that fail, too; 0 for not at all",
    )
    parser.add_argument("--list", action="store_true", help="print the schedule and do nothing")
    return parser


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(number) for number in text.split(","))


def run(schedule: Schedule, console: Console) -> Result:
    """Run `schedule` on a cloud of its own; its log stays if the law was broken."""
    began = time.monotonic()
    state_dir = FOLDER / f"cloud-{schedule.seed}"
    with (
        console.status("the emulator starts") as status,
        LocalCloud.start(state_dir=state_dir, time_scale=TIME_SCALE) as cloud,
    ):
        status.update("the app is deployed")
        deployment = deploy(cloud)
        phases = run_campaign(cloud, deployment, schedule, _narrator(console, status))
    result = Result(schedule=schedule, seconds=time.monotonic() - began, phases=phases)
    if not result.violations:
        shutil.rmtree(state_dir, ignore_errors=True)  # some hundred megabytes nobody will look at
    return result


def deploy(cloud: LocalCloud) -> Deployment:
    """Deploy the app on `cloud` and let it come to rest."""
    cloud.deploy(ROOT, env=ENVIRONMENT)
    connection = connect(find_environment(ENVIRONMENT), cloud.environment)
    deployment = Deployment.find(ENVIRONMENT, connection)
    wait_until_idle(deployment)
    return deployment


def _narrator(console: Console, status: Status) -> Narrator:
    def tell_step(step: Step) -> None:
        console.print(str(step))
        status.update(step.told)

    def tell_phase(result: PhaseResult) -> None:
        colour, verdict = ("red", "broken") if result.violations else ("green", "kept")
        console.print(
            f"     phase {result.number} came to rest after {result.drain_seconds:.0f} s: "
            f"{result.received} versions, {result.curated} curated, {result.superseded} "
            f"superseded, {result.rejected} rejected; the law is [{colour}]{verdict}[/]"
        )

    return Narrator(
        step=tell_step,
        draining=lambda left: status.update(f"{left} messages are under way"),
        phase=tell_phase,
    )


def _shrink(schedule: Schedule, minutes: float, console: Console) -> list[int]:
    """Look for fewer steps that fail, too."""

    def fails(numbers: Sequence[int]) -> bool:
        console.print(f"[bold]Does it fail with the steps {_joined(numbers)} alone?[/]")
        has_failed = bool(run(schedule.only(numbers), console).violations)
        console.print("[bold]It does.[/]" if has_failed else "[bold]It does not.[/]")
        return has_failed

    numbers = [step.number for step in schedule.steps]
    return shrink(numbers, fails, longest_seconds=60 * minutes)


def _list(schedule: Schedule, console: Console) -> None:
    for step in schedule.steps:
        console.print(str(step))


def _tell(result: Result, steps: int, console: Console) -> None:
    seed = result.schedule.seed
    for violation in result.violations[:_SHOWN_VIOLATIONS]:
        console.print(f"[red]violation:[/] {violation}", markup=True)
    if (more := len(result.violations) - _SHOWN_VIOLATIONS) > 0:
        console.print(f"[red]and {more} more[/]")
    if result.smallest:
        console.print("The fewest steps that failed:")
        _list(result.schedule.only(result.smallest), console)
        numbers = _joined(result.smallest)
        console.print(f"Again: python -m chaos --seed {seed} --steps {steps} --only {numbers}")
    colour, verdict = ("red", "broken") if result.violations else ("green", "kept")
    console.print(
        f"Seed {seed}: the law was [{colour}]{verdict}[/] in {result.seconds:.0f} s. "
        f"Figures: {_relative(result.write(FOLDER))}"
    )


def _joined(numbers: Sequence[int]) -> str:
    return ",".join(map(str, numbers))


def _relative(path: Path) -> Path:
    return path.relative_to(ROOT)


if __name__ == "__main__":
    sys.exit(main())
