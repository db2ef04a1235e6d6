"""What makes the platform's page say that it is not well, and what is news only."""

from ops.deployment import Deployment
from ops.page import build, facts, history
from reporting.lanes import Tone
from schemas.names import StackName
from schemas.releases import Serving
from tests.unit.ops.monitored import Watched
from tests.unit.ops.paged import live_through, remember
from tests.unit.ops.test_ops_alarms import add_alarm
from tests.unit.ops.test_page import cells, section, tiles
from tests.unit.ops.versions import raw_version

DRIFT = "mlops-local-model-monitor-Monitor-DriftAlarm"


def test_alarms_that_are_on_make_the_verdict_and_say_what_to_do(watched: Watched) -> None:
    deployment = live_through(watched)
    lake = watched.platform.lake
    add_alarm(lake, "letters", description="Read them. Runbook: docs/letters.md", state="ALARM")
    add_alarm(lake, "calm")
    remember(lake, ("letters", "ALARM", 0.1))

    page = build(deployment)

    assert not page.is_good
    assert page.verdict == "Not healthy: 1 alarm is on: letters."
    assert section(page, "Alarms").text == "1 alarm is on, of 2 alarms."
    (on, every) = section(page, "Alarms").tables
    assert [row[0] for row in on.rows] == ["letters"]
    assert on.rows[0][3:] == ["Read them.", "docs/letters.md"]
    assert [row[0] for row in every.rows] == ["letters", "calm"]
    assert "<!-- letters -->" in section(page, "What changed").figures[0].svg


def test_drift_is_news_and_no_illness(watched: Watched) -> None:
    deployment = live_through(watched)
    lake = watched.platform.lake
    add_alarm(lake, DRIFT, state="ALARM")
    remember(lake, (DRIFT, "ALARM", 0.1))

    page = build(deployment)

    assert page.is_good
    assert page.verdict == (
        f"Healthy; drift is reported: {DRIFT}. No other alarm is on, every file version and every "
        "row is accounted for, and model 1 serves."
    )
    (tile,) = (each for each in page.tiles if each.label == "alarms on")
    assert (tile.value, tile.is_good) == ("1", None)
    (event,) = history.alarm_events(facts.read(deployment))
    assert event.tone is Tone.WARNING


def test_drift_does_not_hide_what_is_wrong(watched: Watched) -> None:
    deployment = live_through(watched)
    for name in (DRIFT, "letters"):
        add_alarm(watched.platform.lake, name, state="ALARM")

    page = build(deployment)

    assert page.verdict == "Not healthy: 1 alarm is on: letters."
    (tile,) = (each for each in page.tiles if each.label == "alarms on")
    assert (tile.value, tile.is_good) == ("2", False)


def test_a_stack_that_was_not_created_is_a_problem(watched: Watched) -> None:
    live_through(watched)
    stack = StackName.PREDICTION.in_environment("local")
    watched.platform.lake.cloudformation.statuses[stack] = "ROLLBACK_COMPLETE"

    page = build(Deployment.find("local", watched.platform.lake.connection))

    assert page.verdict == f"Not healthy: the stack {stack} is ROLLBACK_COMPLETE."


def test_a_stack_that_is_being_updated_is_told_and_no_problem(watched: Watched) -> None:
    live_through(watched)
    stack = StackName.INFERENCE.in_environment("local")
    watched.platform.lake.cloudformation.statuses[stack] = "UPDATE_IN_PROGRESS"

    page = build(Deployment.find("local", watched.platform.lake.connection))

    assert page.is_good
    assert page.verdict.startswith(
        f"Healthy; the stack {stack} is UPDATE_IN_PROGRESS. No alarm is on, every"
    )


def test_what_is_lost_or_broken_or_contradicts_itself_is_not_healthy(watched: Watched) -> None:
    deployment = live_through(watched)
    raw_version(watched.platform.lake, "landing/flights/nobody-saw.csv")
    watched.platform.record(Serving())

    page = build(deployment)

    assert not page.is_good
    assert "the conservation law is broken by 1 violation" in page.verdict
    assert "the table of releases says that nothing serves" in page.verdict
    assert tiles(page)["lost"] == "1"
    assert "nobody-saw.csv" in cells(section(page, "accounted for"))
