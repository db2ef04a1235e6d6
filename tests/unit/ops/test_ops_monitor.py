"""`ops monitor run`, `list`, `show` and `report`: what is asked for, found, decided and told."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from ops.app import app
from schemas.findings import Concern, Violation
from schemas.monitoring import MonitoringStatus, Reaction
from tests.unit.ops.monitored import Watched, found
from tests.unit.ops.services import MONITORINGS, Moment, entered, failed, scheduled

RUNNER = CliRunner()

pytestmark = pytest.mark.usefixtures("impatient")


def run(*arguments: str) -> Result:
    return RUNNER.invoke(app, ["monitor", *arguments])


def ending(watched: Watched, **values: Any) -> None:
    """Let the next execution leave a run in the table."""
    machine = watched.platform.machine
    start = machine.StartExecution

    def start_and_end(request: dict[str, Any]) -> dict[str, Any]:
        watched.add_run(request["name"], **values)
        return start(request)

    setattr(machine, "StartExecution", start_and_end)  # noqa: B010 - mypy forbids the other way


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        ([], {}),
        (["--since", "2013-04-01"], {"since": "2013-04-01T00:00:00+00:00"}),
        (
            ["--since", "2013-04-01T02:00:00+02:00", "--until", "2013-05-01T00:00:00Z"],
            {"since": "2013-04-01T00:00:00+00:00", "until": "2013-05-01T00:00:00+00:00"},
        ),
        (["--labels", "2013-04", "--labels", "2013-05"], {"label_months": ["2013-04", "2013-05"]}),
    ],
)
def test_what_is_asked_for_reaches_the_state_machine(
    watched: Watched, arguments: list[str], wanted: dict[str, Any]
) -> None:
    result = run("run", *arguments, "--json")

    assert result.exit_code == 0, result.output
    ((arn, document),) = watched.platform.machine.inputs.items()
    assert document == {"trigger": "manual", **wanted}
    assert arn == json.loads(result.stdout)["execution_arn"]
    assert arn.startswith(f"{MONITORINGS.replace('stateMachine', 'execution')}:monitor-")


def test_violations_are_a_finding_and_no_failure(watched: Watched) -> None:
    job = "local-monitor-1a2b3c4d-monitor-0"
    watched.platform.sagemaker.add_job("ProcessingJob", job, "InProgress")
    looking = [entered("Plan"), entered("Look"), scheduled("ProcessingJob", job)]
    watched.platform.machine.next_moments = [Moment(events=looking), Moment("SUCCEEDED")]
    ending(watched, summary=found())

    result = run("run", "--wait")

    assert result.exit_code == 0, result.output
    assert f"processing job {job}" in result.stderr
    for text in (
        "found violations: 1 drift", "carrier has moved", "0.3456", "DRIFTED",
        "0.7012", "0.6900 to 0.7123", "Nothing is decided about drift", "ops monitor report",
    ):  # fmt: skip
        assert text in result.stdout, text
    assert "VIOLATED" not in result.stdout


def test_findings_that_no_alarm_has_heard_of_are_a_failure(watched: Watched) -> None:
    told = {"error": "Monitoring run failed", "cause": "Throttling"}
    watched.platform.machine.next_moments = [Moment("FAILED", told=told)]
    ending(watched, summary=found(), published_at="")

    result = run("run", "--wait")

    assert result.exit_code == 1
    assert "carrier has moved" in result.stdout
    assert "NO ALARM HAS HEARD OF IT" in result.stdout
    assert "Nothing is decided" not in result.stdout


@pytest.mark.parametrize(
    ("moment", "exit_code", "text"),
    [
        (
            Moment("FAILED", events=[entered("Look"), failed("X", "y")],
                   told={"error": "Monitoring failed", "cause": "the job ran out of memory"}),
            1, "the job ran out of memory",
        ),
        (
            Moment("SUCCEEDED",
                   told={"output": '{"run": {"decision": "skip", "reason": "nothing serves"}}'}),
            0, "nothing serves",
        ),
        (Moment("ABORTED"), 1, "FAILED"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("is_in_table", [True, False])
def test_the_execution_tells_what_the_table_does_not(
    watched: Watched, moment: Moment, exit_code: int, text: str, is_in_table: bool
) -> None:
    watched.platform.machine.next_moments = [moment]
    if is_in_table:
        ending(watched)

    result = run("run", "--wait")
    shown = run("show", json.loads(run("run", "--json").stdout)["execution"])

    assert result.exit_code == exit_code
    assert text in result.stdout
    assert text in shown.stdout
    assert "still running" not in shown.stdout


def test_waiting_ends_and_says_that_the_run_goes_on(watched: Watched) -> None:
    watched.platform.machine.next_moments = [Moment(events=[entered("Plan")])]

    result = run("run", "--wait", "--timeout", "0")

    assert result.exit_code == 1
    assert "python -m ops monitor show monitor-" in " ".join(result.stderr.split())


@pytest.mark.usefixtures("serving")
@pytest.mark.parametrize("command", ["run", "list", "show", "report"])
def test_an_environment_without_a_monitor_is_said(command: str) -> None:
    result = run(command)

    assert result.exit_code == 1
    assert "mlops-local-model-monitor is not deployed" in result.stderr


@pytest.mark.usefixtures("watched")
def test_before_the_first_run_the_way_to_it_is_said() -> None:
    listed, shown, page = run("list"), run("show"), run("report")

    assert listed.exit_code == 0
    assert shown.exit_code == page.exit_code == 1
    for text in (listed.stdout, shown.stderr, page.stderr):
        assert "python -m ops monitor run --wait" in text


def test_runs_are_listed_latest_last_with_what_was_decided(watched: Watched) -> None:
    watched.add_run("monitor-1", summary=found(), began_at="2026-11-21T04:00:00+00:00")
    watched.add_run("monitor-2", status=MonitoringStatus.FAILED, reason="no memory")
    watched.decide("monitor-1", Reaction.WARNED)
    watched.table.put_item(Item={"monitoring_id": "current", "digest": "x"})

    people, machine = run("list"), run("list", "--json")

    each = json.loads(machine.stdout)
    assert [one["run"]["monitoring_id"] for one in each] == ["monitor-1", "monitor-2"]
    assert [one["reaction"] for one in each[0]["decisions"]] == ["warned"]
    line = next(line for line in people.stdout.splitlines() if "monitor-1" in line)
    for cell in (
        "2026-11-21 04:00",
        "2,000",
        "1,500",
        "0.7012",
        "1 drift",
        "done",
        "drift: warned",
    ):
        assert cell in line, cell
    assert "failed: no memory" in people.stdout


def test_one_run_is_shown_by_the_beginning_of_its_id(watched: Watched) -> None:
    quality = Violation(
        feature_name="auc", constraint_check_type="LessThanThreshold", description="worse",
        concern=Concern.QUALITY,
    )  # fmt: skip
    watched.add_run("monitor-a1", summary=found(violations=(quality,)))
    watched.add_run("monitor-a2", summary=found(quality={}, labelled=12, violations=()),
                    began_at="2026-11-24T04:00:00+00:00")  # fmt: skip
    watched.decide(
        "monitor-a1", Reaction.RETRAINING, concern=Concern.QUALITY, reason="it is worse",
        execution_arn="arn:aws:states:r:1:execution:training:quality-1",
    )  # fmt: skip

    first, latest = run("show", "monitor-a1"), run("show")
    ambiguous, unknown = run("show", "monitor-a"), run("show", "monitor-b")
    document = json.loads(run("show", "monitor-a1", "--json").stdout)

    for text in ("VIOLATED", "a training was begun", "it is worse", "runs show quality-1"):
        assert text in first.stdout, text
    assert "Nothing is decided" not in first.stdout
    assert "found nothing" in latest.stdout
    assert "by 12 labelled predictions of at least 1,000" in latest.stdout
    assert "several runs: monitor-a2, monitor-a1" in ambiguous.stderr
    assert "names no run" in unknown.stderr
    assert document["summary"]["quality"]["auc"]["low"] == 0.69
    assert document["decisions"][0]["reaction"] == "retraining"


@pytest.mark.parametrize(
    ("reaction", "execution_arn", "told"),
    [
        (Reaction.RETRAINING, "arn:aws:states:r:1:execution:training:quality-1", "not begun yet"),
        (Reaction.NOTHING, "", "not told yet"),
    ],
)
def test_what_was_decided_and_perhaps_not_done_is_said(
    watched: Watched, reaction: Reaction, execution_arn: str, told: str
) -> None:
    watched.add_run("monitor-1", summary=found())
    watched.decide("monitor-1", reaction, is_announced=False, execution_arn=execution_arn)

    listed, shown = run("list").stdout, run("show").stdout

    assert f"{reaction}, {told}" in shown
    assert "tried again within minutes" in shown
    assert " yet " in listed


def test_findings_that_are_gone_or_damaged_are_said(watched: Watched) -> None:
    gone = watched.add_run("monitor-gone", summary=found())
    watched.platform.training.delete(gone.summary_uri)
    damaged = watched.add_run("monitor-damaged", summary=found())
    watched.put(damaged.summary_uri, "[]")

    assert "What it found is gone: s3://" in run("show", "monitor-gone").stdout
    assert f"{damaged.summary_uri} holds no findings" in run("show", "monitor-damaged").stderr


def test_the_page_of_the_latest_run_is_written_and_opened(
    watched: Watched, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    opened: list[str] = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    monkeypatch.setattr("ops.commands.monitoring.BUILD", tmp_path)
    watched.add_run("monitor-1", summary=found())
    watched.add_run("monitor-2", began_at="2026-11-24T04:00:00+00:00")

    result = run("report", "--json")

    page = tmp_path / "monitoring" / "monitor-1.html"
    assert json.loads(result.stdout) == {"page": str(page)}
    assert page.read_text(encoding="utf-8") == "<title>monitor-1 é</title>"
    assert opened == []
    assert run("report", "monitor-1", "--open").exit_code == 0
    assert opened == [page.as_uri()]


def test_a_page_that_cannot_be_had_is_said(watched: Watched, tmp_path: Path) -> None:
    gone = watched.add_run("monitor-gone", summary=found())
    watched.platform.training.delete(gone.report_uri)
    watched.add_run("monitor-failed", status=MonitoringStatus.FAILED)
    blocked = tmp_path / "file"
    blocked.write_text("")
    watched.add_run("monitor-fine", summary=found())

    assert "the page is gone" in run("report", "monitor-gone").stderr
    assert "has no report: it is failed" in run("report", "monitor-failed").stderr
    result = run("report", "monitor-fine", "--output", str(blocked / "page.html"))
    assert "cannot be written" in result.stderr
