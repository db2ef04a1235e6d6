"""What a run looks at, and what its job is told."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from lambdas.monitor.settings import Settings
from lambdas.shared.clock import timestamp
from lambdas.shared.errors import InvalidInputError, PermanentError, TransientError
from schemas.findings import Concern
from schemas.monitoring import MonitoringStatus, MonitoringTrigger
from schemas.releases import Serving
from tests.unit.lambdas.interference import intercepted, unavailable
from tests.unit.lambdas.monitor_world import MIN_LABELS, WINDOW, Monitored, violation
from tests.unit.lambdas.pipeline import ARTIFACTS, ASSETS, CODE_SHA, IMAGE, curated_uri
from tests.unit.lambdas.world import CURATED

SCHEDULE = {"trigger": "schedule"}


def deaf(operation: str, call: Callable[[], object]) -> object:
    """Let CloudWatch hear nothing."""
    if operation == "PutMetricData":
        raise unavailable(operation)
    return call()


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


@pytest.fixture
def done(monitored: Monitored) -> Monitored:
    monitored.done(violation(Concern.DRIFT))
    return monitored


def test_a_schedule_does_not_look_at_the_same_again(done: Monitored) -> None:
    done.later(hours=1)

    run = done.plan("m2", **SCHEDULE)

    assert run["decision"] == "skip"
    assert "nothing is new since run m1" in run["reason"]
    assert done.watched("m2").status is MonitoringStatus.SKIPPED
    assert done.current.latest == "m1"


def test_a_person_may_look_at_the_same_again(done: Monitored) -> None:
    assert done.plan("m2")["decision"] == "run"


def test_skips_do_not_make_the_same_look_new(done: Monitored) -> None:
    assert done.plan("m2", **SCHEDULE)["decision"] == "skip"

    assert done.plan("m3", **SCHEDULE)["decision"] == "skip"


def test_what_nobody_was_told_of_is_looked_at_again(
    monitored: Monitored, monkeypatch: pytest.MonkeyPatch
) -> None:
    monitored.predict()
    monitored.plan("m1", **SCHEDULE)
    monitored.find(violation(Concern.DRIFT))
    with intercepted(deaf, monkeypatch), pytest.raises(TransientError, match="InternalError"):
        monitored.take("publish")
    monitored.end_monitor("m1")
    assert monitored.watched().status is MonitoringStatus.DONE

    assert monitored.plan("m2", **SCHEDULE)["decision"] == "run"


def _predicted(world: Monitored) -> None:
    world.predict(name="more")


def _labelled(world: Monitored) -> None:
    label(world)


def _rewritten(world: Monitored) -> None:
    world.put(f"s3://{CURATED}/{world.predict()}", "other predictions")


def _released(world: Monitored) -> None:
    world.serve(Serving(champion=world.register()))


def _edited(world: Monitored) -> None:
    patch = {"champion_floor": {"auc": {"threshold": 0.6}}}
    world.put(f"s3://{ARTIFACTS}/monitoring/overrides.json", json.dumps(patch))


@pytest.mark.parametrize("change", [_predicted, _labelled, _rewritten, _released, _edited])
def test_whatever_decides_the_outcome_makes_it_new(done: Monitored, change: Any) -> None:
    change(done)

    assert done.plan("m2", **SCHEDULE)["decision"] == "run"


@pytest.mark.parametrize(("name", "value"), [("CODE_SHA256", "5" * 64), ("MIN_LABELS", "7")])
def test_another_deployment_makes_it_new(
    done: Monitored, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    Settings.from_environ.cache_clear()

    assert done.plan("m2", **SCHEDULE)["decision"] == "run"


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
