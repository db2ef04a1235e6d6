"""What a run looks at, and what its job is told."""

from datetime import UTC, datetime, timedelta

import pytest

from lambdas.shared.clock import timestamp
from lambdas.shared.errors import InvalidInputError, PermanentError
from schemas.monitoring import MonitoringStatus, MonitoringTrigger
from schemas.releases import Serving
from tests.unit.lambdas.monitor_world import MIN_LABELS, WINDOW, Monitored
from tests.unit.lambdas.pipeline import ARTIFACTS, ASSETS, CODE_SHA, IMAGE, curated_uri
from tests.unit.lambdas.world import CURATED

SCHEDULE = {"trigger": "schedule"}


def label(world: Monitored, month: str = "2013-04", name: str = "labels") -> str:
    """Let labels arrive; return their key."""
    uri = curated_uri("flights", month, name)
    world.put(uri, f"labels {month} {name}")
    return uri.removeprefix(f"s3://{CURATED}/")


def test_the_state_machine_is_told_everything_it_needs(monitored: Monitored) -> None:
    monitored.predict()

    run = monitored.plan("m1")

    prefix = f"s3://{ARTIFACTS}/monitoring/m1/"
    assert run == {
        "decision": "run",
        "reason": "",
        "monitoring_id": "m1",
        "job_prefix": run["job_prefix"],
        "code_prefix_uri": f"s3://{ARTIFACTS}/code/{CODE_SHA}/",
        "image_uri": IMAGE,
        "input_uri": f"{prefix}data.manifest",
        "baseline_uri": f"{prefix}input/",
        "output_uri": f"{prefix}output/",
    }
    prefix, _, digits = run["job_prefix"].rpartition("-")
    assert prefix == "test-monitor"
    assert len(digits) == 8
    assert monitored.read(f"s3://{ARTIFACTS}/code/{CODE_SHA}/code.zip") == "zip"


def test_the_job_is_told_what_to_look_at(monitored: Monitored) -> None:
    monitored.predict()

    monitored.plan("m1", **SCHEDULE)

    assert monitored.request() == {
        "monitoring_id": "m1",
        "model_package_arn": monitored.model,
        "since": timestamp(monitored.now - WINDOW),
        "until": timestamp(monitored.now),
        "min_labels": MIN_LABELS,
    }
    assert monitored.input_file("statistics.json").startswith("statistics of")
    assert monitored.input_file("evaluation.json").startswith("evaluation of")
    assert monitored.input_file("score-statistics.json").startswith("scores of")
    run = monitored.watched()
    assert (run.status, run.trigger) == (MonitoringStatus.RUNNING, MonitoringTrigger.SCHEDULE)
    assert run.model_package_arn == monitored.model
    assert (run.since, run.until) == (
        monitored.request()["since"],
        monitored.request()["until"],
    )


def test_an_old_model_has_no_statistics_of_its_scores(monitored: Monitored) -> None:
    monitored.serve(Serving(champion=monitored.register(has_scores=False)))
    monitored.predict()

    assert monitored.plan()["decision"] == "run"

    files = monitored.artifacts("monitoring/m1/input/")
    assert [each.rpartition("/")[2] for each in files] == [
        "constraints.json", "evaluation.json", "request.json", "statistics.json"
    ]  # fmt: skip


def test_the_days_of_the_span_are_looked_at_and_no_others(monitored: Monitored) -> None:
    since, until = datetime(2013, 3, 30, 12, tzinfo=UTC), datetime(2013, 4, 2, tzinfo=UTC)
    keys = [monitored.predict(since + timedelta(days=day), name=str(day)) for day in range(-1, 4)]
    monitored.put(f"s3://{CURATED}/predictions/dt=2013-04-01/_SUCCESS", "")

    monitored.plan(since=since.isoformat(), until=until.isoformat())

    # Nothing of the day that begins with `until`.
    assert monitored.manifest() == keys[1:4]


def test_a_long_span_is_listed_whole(monitored: Monitored) -> None:
    days = [datetime(2013, 1, 1, tzinfo=UTC) + timedelta(days=40 * each) for each in range(9)]
    keys = [monitored.predict(day, name=str(number)) for day in days for number in (1, 2)]

    monitored.plan(since="0100-01-01T00:00:00+00:00", until="9999-01-01T00:00:00+00:00")

    assert monitored.manifest() == keys


def test_labels_that_have_arrived_since_are_joined(monitored: Monitored) -> None:
    prediction, labels = monitored.predict(), label(monitored)
    monitored.put(curated_uri("weather", "2013-04", "weather"), "weather")

    monitored.plan("m1")
    monitored.end_monitor("m1")
    # Predictions that are asked for now: the labels that are there were there before.
    since = datetime.now(UTC) + timedelta(minutes=5)
    later = monitored.predict(since, name="later")
    monitored.plan("m2", since=since.isoformat(), until=(since + timedelta(minutes=1)).isoformat())

    assert monitored.manifest("m1") == [prediction, labels]
    assert labels not in monitored.manifest("m2")
    assert later in monitored.manifest("m2")


def test_labels_of_named_months_are_joined_whenever_they_came(monitored: Monitored) -> None:
    labels = [label(monitored, month) for month in ("2013-03", "2013-04", "2013-05")]
    since = datetime.now(UTC) + timedelta(minutes=5)
    prediction = monitored.predict(since)

    monitored.plan(
        since=since.isoformat(),
        until=(since + timedelta(minutes=1)).isoformat(),
        label_months=["2013-05", "2013-04"],
    )

    assert monitored.manifest() == [prediction, *labels[1:]]


def test_months_without_labels_are_named(monitored: Monitored) -> None:
    monitored.predict()
    label(monitored, "2013-04")

    with pytest.raises(InvalidInputError, match=r"names 2013-05, of which flights has no files"):
        monitored.plan(label_months=["2013-04", "2013-05"])


def test_nothing_serves(monitored: Monitored) -> None:
    monitored.predict()
    monitored.serve(Serving())

    run = monitored.plan(**SCHEDULE)

    assert run["decision"] == "skip"
    assert "no model serves" in run["reason"]
    assert monitored.watched().status is MonitoringStatus.SKIPPED
    assert monitored.watched().reason == run["reason"]
    assert monitored.watched().ended_at
    assert monitored.current.held_by == ""


def test_nothing_was_ever_released(monitored: Monitored) -> None:
    monitored.predict()
    monitored.tables.Table("releases").delete_item(Key={"release_id": "current"})

    assert "no model serves" in monitored.plan()["reason"]


def test_nothing_was_predicted(monitored: Monitored) -> None:
    monitored.predict(monitored.now - WINDOW - timedelta(days=2))

    run = monitored.plan()

    assert run["decision"] == "skip"
    assert "no prediction is in the log" in run["reason"]
    assert monitored.current.held_by == ""
    assert monitored.artifacts("monitoring/") == []


def test_code_that_is_gone_from_the_assets_is_named(monitored: Monitored) -> None:
    monitored.predict()
    monitored.delete(f"s3://{ASSETS}/code.zip")

    with pytest.raises(PermanentError, match=f"code-missing: s3://{ASSETS}/code.zip"):
        monitored.plan()


def test_code_is_copied_once(monitored: Monitored) -> None:
    monitored.predict()
    monitored.plan("m1")
    monitored.end_monitor("m1")
    monitored.plan("m2")

    assert monitored.copies(f"code/{CODE_SHA}/code.zip") == 1


def test_a_name_that_the_table_needs_is_refused(monitored: Monitored) -> None:
    with pytest.raises(InvalidInputError, match="must not have the name 'current'"):
        monitored.plan("current")

    assert monitored.current.held_by == ""
