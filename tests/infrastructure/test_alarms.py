from schemas.catalog import DATASETS
from tests.infrastructure.assembly import Assembly, Resource, target

FED = ("Processor", "Archiver")


def alarms(assembly: Assembly) -> list[Resource]:
    return assembly.resources("AWS::CloudWatch::Alarm")


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
