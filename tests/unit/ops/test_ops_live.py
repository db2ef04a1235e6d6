"""`ops status` and `ops status --watch`, with everything deployed."""

import functools
import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from rich.console import Console
from typer.testing import CliRunner

from ops import live
from ops.app import app
from ops.commands import live as watching
from ops.deployment import Deployment, StackState
from ops.output import Screen
from ops.pacing import Poll
from schemas.monitoring import MonitoringStatus, Reaction
from schemas.names import Output, StackName
from tests.unit.ops.monitored import Watched, found
from tests.unit.ops.services import MACHINE, MONITORINGS, RELEASES, Moment, entered, scheduled
from tests.unit.ops.test_ops_alarms import add_alarm
from tests.unit.ops.trained import RUN_ID

RUNNER = CliRunner()
JOB = f"local-{RUN_ID}-1-train-0"
Between = Callable[[], None]


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Let somebody watch for some looks, between which things happen, then press Ctrl-C."""

    def prepare(*events: Between) -> None:
        left = list(events)

        def sleep(_: float) -> None:
            if not left:
                raise KeyboardInterrupt
            left.pop(0)()

        monkeypatch.setattr(watching, "Poll", functools.partial(Poll, sleep=sleep))

    return prepare


def test_status_has_a_line_about_monitoring(watched: Watched) -> None:
    before = RUNNER.invoke(app, ["status"])
    watched.add_run("monitor-1", summary=found())
    watched.decide("monitor-1", Reaction.WARNED)
    for name, status in (("2", MonitoringStatus.SKIPPED), ("3", MonitoringStatus.RUNNING)):
        watched.add_run(f"monitor-{name}", status=status, began_at="2026-11-24T04:00:00+00:00")

    people = RUNNER.invoke(app, ["status"])
    machine = json.loads(RUNNER.invoke(app, ["status", "--json"]).stdout)

    assert "Monitoring: no run yet" in before.stdout
    line = next(line for line in people.stdout.splitlines() if line.startswith("Monitoring"))
    for text in ("done 2026-11-23 04:00:00", "2,000 predictions, 1,500 labelled, AUC 0.7012",
                 "violations: 1 drift", "drift: people were warned"):  # fmt: skip
        assert text in line, text
    assert machine["monitoring"]["last_run"]["run"]["monitoring_id"] == "monitor-1"


def test_a_run_that_failed_says_why(watched: Watched) -> None:
    watched.add_run("monitor-1", status=MonitoringStatus.FAILED, reason="no memory")

    assert "last run failed 2026-11-23 04:00:00; no memory" in RUNNER.invoke(app, ["status"]).stdout


@pytest.mark.usefixtures("lake")
def test_an_environment_without_a_monitor_has_no_line() -> None:
    result = RUNNER.invoke(app, ["status"])

    assert result.exit_code == 0, result.output
    assert "Monitoring" not in result.stdout


def test_everything_under_way_is_watched_until_somebody_has_seen_enough(
    watched: Watched, looks: Callable[..., None]
) -> None:
    lake, machine = watched.platform.lake, watched.platform.machine
    watched.platform.sagemaker.add_job("TrainingJob", JOB, "InProgress", SecondaryStatus="Training")
    training = [entered("Train"), scheduled("TrainingJob", JOB)]
    machine.add("train-1", Moment(events=training))
    machine.add("monitor-1", Moment(events=[entered("Look")]), machine=MONITORINGS)

    def release() -> None:
        machine.add("release-2", Moment(events=[entered("Update")]), machine=RELEASES)
        lake.send(Output.INGESTION_QUEUE_URL, "{}")
        lake.dead_letter("a" * 64)
        add_alarm(lake, "letters", description="Bad. Runbook: docs/x.md", state="ALARM")
        lake.cloudformation.statuses["mlops-local-inference"] = "UPDATE_IN_PROGRESS"

    looks(release)

    result = RUNNER.invoke(app, ["status", "--watch", "--every", "1"])

    assert result.exit_code == 0, result.output
    first, second = result.stdout.split("Ctrl-C ends this view")[1:]
    for text in (
        "train-1", "Train: Training", "monitor-1", "none of 0 is on",
        "ingestion 0, predictions 0", "model 1 serves", "Monitoring: no run yet",
    ):  # fmt: skip
        assert text in first, text
    assert "release-2" not in first
    for text in ("release-2", "Update", "1 of 1 alarms are on", "docs/x.md",
                 "ingestion 1, predictions 0", "inference: UPDATE_IN_PROGRESS"):  # fmt: skip
        assert text in second, text


def test_a_look_that_fails_is_said_and_repeated(
    watched: Watched, looks: Callable[..., None]
) -> None:
    stacks = watched.platform.lake.cloudformation.stacks
    removed: dict[str, dict[str, str]] = {}

    def remove() -> None:
        removed["mlops-local-ingestion"] = stacks.pop("mlops-local-ingestion")

    looks(remove, lambda: stacks.update(removed))

    result = RUNNER.invoke(app, ["status", "--watch"])

    assert result.exit_code == 0, result.output
    assert "error: stack mlops-local-ingestion is not deployed" in result.stdout
    assert result.stdout.count("Ctrl-C ends this view") == 2


@pytest.mark.usefixtures("lake")
def test_nothing_under_way_is_said_and_machines_are_sent_elsewhere(
    looks: Callable[..., None],
) -> None:
    looks()

    assert "Under way: nothing" in RUNNER.invoke(app, ["status", "--watch"]).stdout
    result = RUNNER.invoke(app, ["status", "--watch", "--json"])
    assert result.exit_code == 1
    assert "--watch is for people" in result.stderr


@pytest.mark.parametrize(
    ("status", "is_unsettled"),
    [
        ("NOT_DEPLOYED", False),
        ("CREATE_COMPLETE", False),
        # An update that failed was undone: what served before serves.
        ("UPDATE_ROLLBACK_COMPLETE", False),
        ("UPDATE_IN_PROGRESS", True),
        ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", True),
        # A creation that failed was undone: nothing is there.
        ("ROLLBACK_COMPLETE", True),
        ("UPDATE_ROLLBACK_FAILED", True),
    ],
)
def test_a_stack_is_unsettled_while_it_changes_or_lacks_something(
    status: str, is_unsettled: bool
) -> None:
    assert StackState(name="s", status=status, outputs={}).is_unsettled is is_unsettled


def test_a_stack_that_was_not_created_is_said(watched: Watched) -> None:
    stack = StackName.PREDICTION.in_environment("local")
    watched.platform.lake.cloudformation.statuses[stack] = "ROLLBACK_COMPLETE"

    now = live.look(Deployment.find("local", watched.platform.lake.connection))

    assert now.unsettled == {stack: "ROLLBACK_COMPLETE"}


def test_an_execution_that_ended_meanwhile_is_not_under_way(watched: Watched) -> None:
    machine = watched.platform.machine
    machine.add("train-1", Moment(), Moment("SUCCEEDED"), machine=MACHINE)
    listed = machine.ListExecutions

    def list_then_end(request: dict[str, Any]) -> dict[str, Any]:
        answer = listed(request)
        for moments in machine.executions.values():
            del moments[:-1]
        return answer

    setattr(machine, "ListExecutions", list_then_end)  # noqa: B010 - mypy forbids the other way

    assert live.look(watched.deployment).under_way == ()


def test_on_a_terminal_each_look_takes_the_place_of_the_last() -> None:
    text = io.StringIO()
    screen = Screen(as_json=False)
    screen._people = Console(file=text, force_terminal=True, width=80, height=20)

    with screen.live() as show:
        show(["one\x1b[31m", "two"])
        show(["three"])

    written = text.getvalue()
    assert "one\\x1b[31m" in written
    # The cursor goes up again, and the lines are erased.
    assert "\x1b[1A\x1b[2K" in written.partition("one")[2].partition("three")[0]
