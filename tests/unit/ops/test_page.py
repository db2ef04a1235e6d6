"""The platform's page says what is deployed, what went through it, and whether it is well."""

import re
from datetime import timedelta
from html.parser import HTMLParser

import pytest

from ops.page import build, facts, history
from reporting import Page, Section, Side
from reporting.lanes import Tone
from schemas.findings import Drift
from schemas.monitoring import MonitoringStatus, Reaction
from tests.unit.costs import billed
from tests.unit.ops.lake import Lake
from tests.unit.ops.monitored import Watched, found
from tests.unit.ops.paged import (
    count_predictions,
    deploy_templates,
    fill,
    live_through,
    look,
    remember,
)
from tests.unit.ops.test_ops_alarms import add_alarm
from tests.unit.ops.versions import raw_version

HOSTILE = '<script>alert("x")</script> $x^2$'


def section(page: Page, title: str) -> Section:
    return next(each for each in page.sections if title in each.title)


def tiles(page: Page) -> dict[str, str]:
    return {each.label: each.value for each in page.tiles}


def stages(page: Page) -> dict[str, tuple[str, list[str]]]:
    flow = page.sections[0].flow
    assert flow
    return {each.name: (each.value, list(each.details)) for each in flow.stages}


def cells(of: Section) -> str:
    return "\n".join(cell for table in of.tables for row in table.rows for cell in row)


@pytest.fixture
def page(watched: Watched) -> Page:
    """A platform that has lived through something, and is well."""
    return build(live_through(watched))


def test_a_platform_that_is_well_says_so(page: Page) -> None:
    assert page.is_good
    assert page.verdict == (
        "Healthy: no alarm is on, every file version and every row is accounted for, and "
        "model 1 serves."
    )
    assert tiles(page) | {"USD a month on AWS": "?"} == {
        "alarms on": "0",
        "file versions received": "3",
        "lost": "0",
        "rows in force": "39,999",
        "champion": "model 1",
        "AUC at the last run with labels": "0.7012",
        "predictions in 30 days": "1,200",
        "USD a month on AWS": "?",
    }


def test_the_flow_has_every_stage_with_its_figures(page: Page) -> None:
    assert stages(page) == {
        "Raw files": ("3", ["1 curated", "1 superseded"]),
        "Dead letters": ("1", ["1 wait for somebody", "0 lost"]),
        "Lake": ("39,999", ["1 quarantined, with reasons"]),
        "Training": ("5", ["2 registered", "1 refused by the gate", "1 stopped by the watchdog"]),
        "Releases": ("2", ["model 1 serves", "1 undone", "1 rollback"]),
        "Predictions": ("1,200", ["3 flawed", "0 not logged"]),
        "Monitor": ("4", ["too few labels", "1 drifted column"]),
        "Decisions": ("2", ["1 warning", "1 retraining"]),
    }  # fmt: skip


def test_what_is_decided_goes_to_what_it_begins(page: Page) -> None:
    flow = page.sections[0].flow
    assert flow
    of = {each.name: each for each in flow.stages}
    decisions = of["Decisions"]

    arrows = {each.label: each for each in decisions.arrows}
    for label, name in (("retrains", "Training"), ("rolls back", "Releases")):
        assert arrows[label].side is Side.UP
        assert of[name].row == decisions.row - 1
        assert decisions.column + int(arrows[label].at * decisions.columns) == of[name].column
    # The monitor's way to both is by what is decided.
    assert [(each.side, each.label) for each in of["Monitor"].arrows] == [(Side.LEFT, "")]
    assert of["Monitor"].column == decisions.column + decisions.columns
    assert [(each.side, each.label) for each in of["Dead letters"].arrows] == [(Side.UP, "replay")]
    assert (of["Raw files"].row, of["Raw files"].column) == (1, of["Dead letters"].column)


def test_one_thing_has_one_name(page: Page) -> None:
    text = re.sub("<style>.*?</style>", "", page.html(), flags=re.DOTALL).casefold()

    for word in ("object version", "versions of files", "version of a file", "set aside",
                 "refused row", " look "):  # fmt: skip
        assert word not in text, word
    for word in ("file versions", "quarantined", "run of the monitor"):
        assert word in text, word


def test_quality_and_drift_are_drawn_run_by_run(page: Page) -> None:
    (quality,) = section(page, "How good").figures
    (drift,) = section(page, "drifted").figures

    # Text is drawn as paths; matplotlib notes what it says in comments.
    for words in ("AUC of the model that serves", "on its own holdout", "rolled back below",
                  "another is trained below"):  # fmt: skip
        assert f"<!-- {words} -->" in quality.svg
    # The worst first, what nobody compares last.
    places = [
        drift.svg.index(f"<!-- {name} -->") for name in ("carrier", "(score)", "calm", "year")
    ]
    assert places == sorted(places)
    assert "At the last run above the threshold: carrier." in section(page, "drifted").text
    assert "quality: retraining, because because" in cells(section(page, "How good"))


def test_everything_that_changed_is_on_the_time_line(page: Page) -> None:
    history = section(page, "What changed")
    (picture,) = history.figures

    for words in ("trainings", "releases", "rollbacks", "decisions", "bad quality → model 2",
                  "by hand → refused", "by hand → stopped by the watchdog", "model 2: undone",
                  "drift: warned", "quality: retraining"):  # fmt: skip
        assert f"<!-- {words} -->" in picture.svg, words
    assert "an alarm fired" in cells(history)


def test_versions_and_rows_add_up(page: Page) -> None:
    account = section(page, "accounted for")

    assert "The conservation law holds" in account.text
    totals = [table.rows[-1] for table in account.tables if table.has_total]
    assert totals == [["received", "3", "100.0 %"], ["in the files", "40,000", "100.0 %"]]


def test_the_bill_is_of_the_last_month(page: Page) -> None:
    cost = section(page, "cost a month")

    # The version of forty days ago is left out; four trainings of 2.4 hours, four looks.
    assert "2 file versions, 10.6 hours of jobs and 1,200 predictions" in cost.text
    for words in ("2 instances of the endpoint", "jobs on ml.m5.large", "all in all"):
        assert words in cells(cost)
    assert f"{tiles(page)['USD a month on AWS']} USD: " in cost.text


def test_the_time_line_has_the_times_at_which_alarms_were_on(watched: Watched) -> None:
    deployment = live_through(watched)
    add_alarm(watched.platform.lake, "mlops-local-passing")
    changes = (("mlops-local-passing", "ALARM", 7), ("mlops-local-passing", "OK", 6.5))
    remember(watched.platform.lake, *changes, ("somebody-else's", "ALARM", 3))

    (event,) = history.alarm_events(facts.read(deployment))

    assert (event.name, event.tone) == ("passing", Tone.BAD)
    assert event.ended
    assert event.ended - event.began == timedelta(days=0.5)


def test_a_lake_alone_says_what_is_not_deployed(lake: Lake) -> None:
    deploy_templates(lake, {})

    page = build(lake.deployment)

    assert page.is_good
    assert page.verdict.endswith("accounted for.")
    for name in ("Training", "Releases", "Predictions", "Monitor", "Decisions"):
        assert stages(page)[name] == ("–", [])
    assert "not deployed" in section(page, "How good").text
    assert "not deployed" in section(page, "What changed").text
    assert "No file has arrived yet" in section(page, "accounted for").text
    assert "no alarms" in section(page, "Alarms").text
    assert "0.00 USD" in section(page, "cost a month").text
    assert page.html().count("<section") == len(page.sections)


def test_everything_deployed_and_nothing_happened_yet(watched: Watched) -> None:
    deploy_templates(watched.platform.lake, billed.serverless())
    fill(watched.platform.lake)

    page = build(watched.deployment)

    assert page.is_good
    assert "has not run yet" in section(page, "How good").text
    assert "Nothing was trained or released yet." in section(page, "What changed").text
    assert "AUC at the last run with labels" not in tiles(page)


def test_runs_without_labels_or_findings_are_told_and_not_drawn(watched: Watched) -> None:
    deploy_templates(watched.platform.lake, billed.serverless())
    fill(watched.platform.lake)
    watched.add_run("monitor-0", status=MonitoringStatus.FAILED, reason="out of memory")
    look(watched, "monitor-1", None, days_ago=1)

    page = build(watched.deployment)

    assert section(page, "How good").figures == []
    assert "failed: out of memory" in cells(section(page, "How good"))
    assert section(page, "drifted").figures


def test_a_bill_that_lacks_a_price_says_so(watched: Watched) -> None:
    templates = billed.instances()
    variant = templates["inference"]["Resources"]["Config"]["Properties"]["ProductionVariants"][0]
    variant["InstanceType"] = "ml.p9.huge"
    deploy_templates(watched.platform.lake, templates)
    count_predictions(watched.platform.lake, 1)

    page = build(watched.deployment)

    assert "There is no bill: " in section(page, "cost a month").text
    assert "ml.p9.huge" in section(page, "cost a month").text
    assert "USD a month on AWS" not in tiles(page)


class Elements(HTMLParser):
    """Collects what a browser makes of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        self.found.add(tag)


def test_names_of_other_people_are_text(watched: Watched) -> None:
    deployment = live_through(watched)
    lake = watched.platform.lake
    add_alarm(lake, HOSTILE, description=HOSTILE, state="ALARM")
    remember(lake, (HOSTILE, "ALARM", 1))
    lake.ledger_entry(f"landing/flights/{HOSTILE}.csv", "A1", "rejected", error_code=HOSTILE,
                      version_id=raw_version(lake, f"landing/flights/{HOSTILE}.csv"))  # fmt: skip
    drift = Drift(psi=1, distance=1, missing=0, baseline_missing=0, threshold=0.2)
    look(watched, "monitor-9", 0.7, days_ago=0.5, summary=found(drift={HOSTILE: drift}))
    watched.decide("monitor-9", Reaction.WARNED, reason=HOSTILE)
    watched.platform.add_release("r9", reason=HOSTILE + "x" * 500)

    html = build(deployment).html()

    assert html.count("&lt;script&gt;alert(") > 5
    assert "x" * 300 not in html
    parser = Elements()
    parser.feed(html)
    assert "script" not in parser.found
