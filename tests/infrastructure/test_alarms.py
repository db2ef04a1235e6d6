"""Alarms: what they watch, what they are called, and that somebody has seen them go off."""

import re
from collections.abc import Callable
from pathlib import Path

from app import ROOT
from config import ENVIRONMENTS
from mlops_constructs.alarms import RUNBOOKS, Runbook
from schemas.catalog import DATASETS
from tests.e2e import test_runbooks_of_data, test_runbooks_of_models
from tests.e2e.runbooks import REHEARSED
from tests.infrastructure.assembly import Assembly, Resource, target

FED = ("Processor", "Archiver")
PAGE = re.compile(rf"[^ ].* Runbook: {RUNBOOKS}([a-z-]+)\.md")
# Rows of the table that begins with `| alarm |`, and what they name.
TABLE = re.compile(r"^\| alarm \|.*\n\|[-|]+\|\n((?:\|.*\n)+)", re.MULTILINE)
NAMED = re.compile(r"`(\w[\w-]*Alarm)`")
NEWS = "DriftAlarm"

# Alarms that set off no test of a runbook, and where else they were seen to go off and to recover.
SEEN_ELSEWHERE = {
    f"model-monitor-Monitor-{each}Alarm": "tests/e2e/test_closed_loop.py"
    for each in ("Drift", "Quality", "Floor")
}


def alarms(assembly: Assembly) -> list[Resource]:
    return assembly.resources("AWS::CloudWatch::Alarm")


def all_alarms(assembly: Assembly) -> list[Resource]:
    """Return composite ones, too."""
    return [*alarms(assembly), *assembly.resources("AWS::CloudWatch::CompositeAlarm")]


def name_of(alarm: Resource) -> str:
    """Return an alarm's name without the environment's."""
    name: str = alarm.properties["AlarmName"]
    prefix = f"{alarm.stack}-"
    assert name.startswith(prefix), alarm
    environment, _, stack = alarm.stack.removeprefix("mlops-").partition("-")
    assert environment in ENVIRONMENTS
    return f"{stack}-{name.removeprefix(prefix)}"


def dataset_of(alarm: Resource) -> str | None:
    dimensions = alarm.properties.get("Dimensions", [])
    return next((each["Value"] for each in dimensions if each["Name"] == "dataset"), None)


def test_alarms_tell_somebody_and_say_what_missing_data_means(assembly: Assembly) -> None:
    for alarm in alarms(assembly):
        assert alarm.properties["AlarmActions"], alarm
        assert alarm.properties.get("ActionsEnabled", True), alarm
        assert alarm.properties["TreatMissingData"] in {"breaching", "notBreaching"}, alarm
        assert alarm.properties["AlarmDescription"], alarm


def test_silence_is_bad_news_about_freshness_only(assembly: Assembly) -> None:
    for alarm in alarms(assembly):
        is_freshness = alarm.properties.get("MetricName") == "FilesCurated"
        missing = alarm.properties["TreatMissingData"]
        assert missing == ("breaching" if is_freshness else "notBreaching"), alarm


def test_alarms_go_off_at_the_first_bad_period_or_after_silence(assembly: Assembly) -> None:
    for alarm in alarms(assembly):
        properties = alarm.properties
        if properties.get("MetricName") == "FilesCurated":
            assert properties["ComparisonOperator"] == "LessThanThreshold", alarm
            assert properties["Threshold"] == 1, alarm
        else:
            assert properties["ComparisonOperator"] == "GreaterThanOrEqualToThreshold", alarm
            assert properties["Threshold"] > 0, alarm
            assert properties["EvaluationPeriods"] == 1, alarm


def test_alarms_on_one_metric_state_it_completely(assembly: Assembly) -> None:
    for alarm in alarms(assembly):
        if "Metrics" not in alarm.properties:
            assert {"Namespace", "MetricName", "Period"} <= alarm.properties.keys(), alarm
            statistics = {alarm.properties.get(f"{kind}Statistic") for kind in ("", "Extended")}
            assert statistics - {None} <= {"Sum", "Maximum", "p90"}, alarm
            assert len(statistics) == 2, alarm


def test_each_dataset_has_a_freshness_alarm_of_its_contract(assembly: Assembly) -> None:
    hours = {
        dataset_of(alarm): alarm.properties["EvaluationPeriods"] * alarm.properties["Period"]
        for alarm in alarms(assembly)
        if alarm.properties.get("MetricName") == "FilesCurated"
    }
    assert hours == {name: 3600 * each.freshness_hours for name, each in DATASETS.items()}


def test_each_dataset_has_an_alarm_on_its_share_of_quarantined_rows(assembly: Assembly) -> None:
    watched = set()
    for alarm in alarms(assembly):
        metrics = alarm.properties.get("Metrics", [])
        datasets = {
            dimension["Value"]
            for each in metrics
            if "MetricStat" in each
            for dimension in each["MetricStat"]["Metric"]["Dimensions"]
            if dimension["Name"] == "dataset"
        }
        if not datasets:
            continue
        (dataset,) = datasets
        (expression,) = (each["Expression"] for each in metrics if "Expression" in each)
        assert expression == f"100 * {dataset}_quarantined / {dataset}_rows"
        share = DATASETS[dataset].max_rejected_share
        assert 0 < alarm.properties["Threshold"] < 100 * share
        watched.add(dataset)
    assert watched == set(DATASETS)


def test_the_processing_of_messages_is_watched_from_end_to_end(assembly: Assembly) -> None:
    watched = {
        (target(dimension["Value"]) or "").rstrip("0123456789ABCDEF"): alarm.properties[
            "MetricName"
        ]
        for alarm in alarms(assembly)
        for dimension in alarm.properties.get("Dimensions", [])
        if dimension["Name"] == "QueueName"
    }
    for name in ("Ingestion", "Log"):
        assert watched[f"{name}SourceQueue"] == "ApproximateAgeOfOldestMessage"
        assert watched[f"{name}DeadLetterQueue"] == "NumberOfMessagesReceived"
        assert watched[f"{name}ParkingQueue"] == "ApproximateNumberOfMessagesVisible"


def test_throttles_and_errors_are_told_apart(assembly: Assembly) -> None:
    """Of functions that nothing awaits: others' failures are their caller's to tell."""
    by_function: dict[str | None, set[str]] = {}
    for alarm in alarms(assembly):
        for dimension in alarm.properties.get("Dimensions", []):
            if dimension["Name"] == "FunctionName":
                names = by_function.setdefault(target(dimension["Value"]), set())
                names.add(alarm.properties["MetricName"])
    watched = {(name or "").rstrip("0123456789ABCDEF") for name in by_function}
    assert watched == {
        *(f"{queue}{each}Function" for queue in ("Ingestion", "Log") for each in FED),
        "PredictFunction",
    }
    assert all(each == {"Errors", "Throttles"} for each in by_function.values())


def test_names_are_unique_and_say_where_and_what(assembly: Assembly) -> None:
    names = [name_of(each) for each in all_alarms(assembly)]
    assert len(set(names)) == len(names)
    for name in names:
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*(-[A-Z][A-Za-z]+)*-[A-Za-z]*Alarm", name), name
        assert len(name) < 60, "it is the subject of a message"


def test_each_description_ends_with_a_page_that_lists_the_alarm(assembly: Assembly) -> None:
    for alarm in all_alarms(assembly):
        page = PAGE.fullmatch(alarm.properties["AlarmDescription"])
        assert page, alarm
        assert is_listed(name_of(alarm), Runbook(page[1])), f"{alarm} is not listed on {page[1]}"


def test_no_page_lists_what_is_no_alarm_of_its_own(synthesized: Callable[[str], Assembly]) -> None:
    alarms_by_page: dict[Runbook, list[str]] = {}
    for environment in ENVIRONMENTS:
        for alarm in all_alarms(synthesized(environment)):
            page = PAGE.fullmatch(alarm.properties["AlarmDescription"])
            assert page
            alarms_by_page.setdefault(Runbook(page[1]), []).append(name_of(alarm))
    assert set(alarms_by_page) == set(Runbook)
    for runbook, names in alarms_by_page.items():
        for listed in listed_on(runbook):
            assert any(is_called(name, listed) for name in names), f"{runbook}: {listed}"


def listed_on(runbook: Runbook) -> list[str]:
    """Return what the table of a page lists."""
    table = TABLE.search((ROOT / RUNBOOKS / f"{runbook}.md").read_text())
    assert table, f"{runbook} has no table of alarms"
    return NAMED.findall("".join(row.split("|")[1] for row in table[1].splitlines()))


def is_listed(name: str, runbook: Runbook) -> bool:
    return any(is_called(name, each) for each in listed_on(runbook))


def is_called(name: str, listed: str) -> bool:
    """Return whether an alarm ends with what a page lists; that of a dataset begins with it."""
    datasets = "|".join(each.capitalize() for each in DATASETS)
    return re.search(rf"-({datasets})?{listed}$", name) is not None


def test_every_page_is_in_the_index() -> None:
    index = (ROOT / RUNBOOKS / "README.md").read_text()
    pages = {path.stem for path in Path(ROOT, RUNBOOKS).glob("*.md")} - {"README"}
    assert pages == set(Runbook)
    assert {each for each in pages if f"({each}.md)" not in index} == set()


def test_what_stands_for_others_comes_after_those_of_its_own_stack(assembly: Assembly) -> None:
    """CloudWatch refuses one that names what does not exist, and to delete what it names."""
    own = {each.properties["AlarmName"]: each for each in alarms(assembly)}
    for composite in assembly.resources("AWS::CloudWatch::CompositeAlarm"):
        named = re.findall(r'ALARM\("([^"]+)"\)', composite.properties["AlarmRule"])
        siblings = {own[each].logical_id for each in named if own[each].stack == composite.stack}
        assert siblings
        assert siblings <= set(composite.body["DependsOn"])


def test_one_alarm_stands_for_all_but_news(assembly: Assembly) -> None:
    (composite,) = assembly.resources("AWS::CloudWatch::CompositeAlarm")
    names = {each.properties["AlarmName"] for each in alarms(assembly)}
    meant = set(re.findall(r'ALARM\("([^"]+)"\)', composite.properties["AlarmRule"]))
    assert names - meant == {each for each in names if each.endswith(NEWS)}
    assert meant <= names


def test_every_alarm_was_seen_to_go_off_and_to_recover(
    synthesized: Callable[[str], Assembly],
) -> None:
    assert test_runbooks_of_data, test_runbooks_of_models
    rehearsed = {name for pages in REHEARSED.values() for names in pages.values() for name in names}
    known = {name_of(alarm) for each in ENVIRONMENTS for alarm in all_alarms(synthesized(each))}
    assert rehearsed <= known
    assert known - rehearsed == set(SEEN_ELSEWHERE)
    assert {each for each in SEEN_ELSEWHERE.values() if not (ROOT / each).is_file()} == set()


def test_every_page_was_followed() -> None:
    assert {page for pages in REHEARSED.values() for page in pages} == set(Runbook)
