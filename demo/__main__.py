"""`make demo`: a real year goes through the deployed app, month by month, on this machine."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from textwrap import shorten

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Table

from demo.accounts import balance
from demo.errors import DemoError
from demo.releases import Report
from demo.report import Result
from demo.serving import ServingResult, ServingStory
from demo.story import ReportProgress, Story
from demo.trees import ROOT
from demo.watch import Watch
from demo.year import Year, YearResult
from local.cloud import LocalCloud
from local.errors import LocalCloudError
from ops import dead_letters, ledger
from ops.conservation import conservation
from ops.errors import OpsError
from ops.page import facts
from ops.page.facts import Facts

FOLDER = ROOT / "build" / "demo"
DEFAULT_TIME_SCALE = 30
DAMAGED_MONTH = "2013-03"
LONGEST_RECOVERY_SECONDS = 120
LIVE_CHARACTERS = 80


def main() -> int:
    """Run the demo; return 0 if everything went as it must."""
    console = Console()
    time_scale = float(os.environ.get("DEMO_TIME_SCALE", DEFAULT_TIME_SCALE))
    try:
        with LocalCloud.start(state_dir=FOLDER / "cloud", time_scale=time_scale) as cloud:
            result, platform = tell(cloud, FOLDER, console)
    except (DemoError, LocalCloudError, OpsError) as error:
        console.print(f"[red]The demo could not go on:[/] {error}", highlight=False)
        console.print(f"The emulator's log is under {FOLDER / 'cloud'}.", highlight=False)
        return 1
    result.write(FOLDER, platform)
    show(result, console)
    return 1 if result.violations else 0


def tell(cloud: LocalCloud, folder: Path, console: Console) -> tuple[Result, Facts]:
    """Tell the whole story on `cloud`; return what came of it, and what the platform knows."""
    with _progress(console) as progress:
        story = Story(cloud=cloud, folder=folder, progress=_reporter(progress))
        step = partial(_begin, story, console)
        step("wrong contract", "deploy a copy of the app whose contract for weather is wrong")
        story.deploy_with_wrong_contract()
        with Watch(story.deployment, story.clock) as watch:
            step("stream", "two months arrive as a steady stream")
            story.stream()
            alarm_fired = story.wait_for_dead_letters(watch)
            step("right contract", "deploy the real app, in which the contract is right")
            story.deploy()
            step("replay", "replay the dead letters")
            story.replay()
            step("damaged month", f"{DAMAGED_MONTH} arrives at once, damaged and duplicated")
            story.damaged_month(DAMAGED_MONTH)
            step("correction", "a spoiled export is rejected, corrected and sent again")
            story.correct_and_repeat()
            step("the year", "month by month: predict, labels arrive, look, decide, train, release")
            with _told(progress, "the year") as report:
                year = _live(story, report)
            step("serving", "models serve a client, are compared, and a bad one is released")
            with _told(progress, "serving") as report:
                served = _serve(story, watch, year, report)
            step("burst", "everything is delivered once more, all at once")
            story.burst()
            step("late events", "events of replaced versions arrive late")
            story.redeliver_replaced_versions()
            step("audit", "count what lies in the lake; the alarm recovers")
            counted = conservation(story.deployment)
            alarm_recovered = watch.wait_until_recovered(
                "DeadLetter", timeout_seconds=LONGEST_RECOVERY_SECONDS
            )
    platform = facts.read(story.deployment)
    result = Result(
        account=balance(
            story.sent,
            ledger.entries(story.deployment),
            dead_letters.replayable(story.deployment),
        ),
        audit_violations=[f"{each.subject}: {each.detail}" for each in counted.violations],
        rows_in_lake=counted.accepted_in_files,
        quarantined_in_lake=counted.quarantined_in_files,
        replayed=story.replayed,
        burst_files=story.burst_files,
        burst_seconds=story.burst_seconds,
        year=year,
        serving=served,
        seconds=story.clock(),
        alarm_fired=alarm_fired,
        alarm_recovered=alarm_recovered,
        marks=story.marks,
        samples=watch.samples,
        changes=watch.changes,
    )
    return result, platform


def _live(story: Story, report: Report) -> YearResult:
    is_full = os.environ.get("FULL") == "1"
    return Year(story=story, clock=story.clock, report=report, is_full=is_full).run()


def _serve(story: Story, watch: Watch, year: YearResult, report: Report) -> ServingResult:
    previous, champion = year.training.last_two
    return ServingStory(
        deployment=story.deployment,
        clock=story.clock,
        watch=watch,
        report=report,
        champion=champion,
        previous=previous,
        earlier=year.calls,
    ).run()


@contextmanager
def _told(progress: Progress, name: str) -> Iterator[Report]:
    """Yield what shows, in place of each other, the things that happen in a step."""
    task = progress.add_task(name, total=None)
    try:
        yield lambda text: progress.update(
            task, description=shorten(text, LIVE_CHARACTERS, placeholder="…")
        )
    finally:
        progress.remove_task(task)


def show(result: Result, console: Console) -> None:
    """Print the closing table, every violation, and where the report lies."""
    table = Table(show_header=False, box=None, padding=(0, 2))
    table.add_column()
    table.add_column(justify="right")
    for name, value in result.rows():
        table.add_row(name, value)
    console.print()
    console.print(table, highlight=False)
    console.print()
    for violation in result.violations:
        console.print(f"[red]violation:[/] {violation}", highlight=False)
    colour = "red" if result.violations else "green"
    console.print(f"[{colour}]{result.verdict}[/]", highlight=False)
    report = (FOLDER / "report.html").relative_to(ROOT)
    console.print(f"Pictures: {report}   figures: {report.with_name('summary.json')}")


def _begin(story: Story, console: Console, mark: str, text: str) -> None:
    story.mark(mark)
    console.print(f"[dim]{story.clock():5.0f} s[/]  {text}", highlight=False)


def _progress(console: Console) -> Progress:
    return Progress(
        TextColumn("         {task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
        transient=True,
    )


def _reporter(progress: Progress) -> ReportProgress:
    tasks: dict[str, TaskID] = {}

    def report(step: str, done: int, total: int) -> None:
        if step not in tasks:
            tasks[step] = progress.add_task(step, total=total)
        progress.update(tasks[step], completed=done, total=total, visible=done < total)

    return report


if __name__ == "__main__":
    sys.exit(main())
