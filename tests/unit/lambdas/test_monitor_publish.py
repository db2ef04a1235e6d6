"""What a run has found is written down, then told to CloudWatch."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import pytest

from lambdas.shared.errors import PermanentError, TransientError
from lambdas.shared.monitoring import Current
from schemas.findings import Concern, Measure, MonitoringMetric
from schemas.monitoring import MonitoringStatus
from tests.unit.lambdas.interference import intercepted
from tests.unit.lambdas.monitor_world import Monitored, monitor_execution, violation
from tests.unit.lambdas.pipeline import ARTIFACTS

OUTPUT = f"s3://{ARTIFACTS}/monitoring/m1/output"


@pytest.fixture
def running(monitored: Monitored) -> Monitored:
    monitored.predict()
    monitored.plan("m1")
    return monitored


def test_the_run_is_done_with_what_it_found(running: Monitored) -> None:
    running.find(
        violation(Concern.DRIFT), violation(Concern.DRIFT, feature_name="carrier"),
        violation(Concern.QUALITY, feature_name="auc"),
    )  # fmt: skip

    published = running.take("publish")

    run = running.watched()
    assert run.status is MonitoringStatus.DONE
    assert run.violations == {"drift": 2, "quality": 1, "floor": 0}
    assert (run.predictions, run.labelled, run.auc) == (3_000, 2_000, "0.6512")
    assert run.summary_uri == f"{OUTPUT}/monitoring.json"
    assert run.report_uri == f"{OUTPUT}/report.html"
    assert run.reason == (
        "AUC 0.6512 of 2,000 labelled predictions, 0.7000 on the holdout; violations: 2 of drift, "
        "1 of quality"
    )
    assert run.ended_at
    assert run.published_at
    assert running.current == Current(latest="m1", judged="m1")
    assert published == {
        "monitoring_id": "m1", "reason": run.reason, "violations": run.violations
    }  # fmt: skip


def test_cloudwatch_is_told_of_all_there_is_to_say(running: Monitored) -> None:
    quality = {"auc": 0.65, "log_loss": 0.5, "brier": 0.2, "calibration_error": 0.1}
    running.find(
        violation(Concern.DRIFT),
        violation(Concern.FLOOR),
        quality={
            name: Measure(value=value, low=value, high=value) for name, value in quality.items()
        },
    )

    running.take("publish")

    assert {each: running.metric(each) for each in MonitoringMetric} == {
        "DriftViolations": [1],
        "PredictionsMonitored": [3_000],
        "PredictionsLabelled": [2_000],
        "QualityViolations": [0],
        "FloorViolations": [1],
        "Auc": [0.65],
        "LogLoss": [0.5],
        "Brier": [0.2],
        "CalibrationError": [0.1],
    }


def test_too_few_labels_say_nothing_of_quality(running: Monitored) -> None:
    running.find(quality={}, labelled=12)

    running.take("publish")

    run = running.watched()
    assert run.auc == ""
    assert run.violations == {"drift": 0}
    assert run.reason == (
        "quality is not known, by 12 labelled predictions of at least 1,000; violations: none"
    )
    assert running.metric("DriftViolations") == [0]
    # Missing data neither raises nor ends an alarm.
    assert running.metric("QualityViolations") == []
    assert running.metric("FloorViolations") == []


def test_publishing_again_tells_nobody_again(running: Monitored) -> None:
    running.find(violation(Concern.DRIFT))
    first = running.take("publish")
    run = running.watched()
    running.later(minutes=10)

    assert running.take("publish") == first

    assert running.metric("DriftViolations") == [1]
    assert running.watched() == run


def test_the_run_is_written_down_before_an_alarm_can_hear_of_it(
    running: Monitored, monkeypatch: pytest.MonkeyPatch
) -> None:
    running.find(violation(Concern.DRIFT))
    seen = []

    def look(operation: str, call: Callable[[], Any]) -> Any:
        if operation == "PutMetricData":
            seen.append((running.watched().status, running.current.latest))
        return call()

    with intercepted(look, monkeypatch):
        running.take("publish")

    assert seen == [(MonitoringStatus.DONE, "m1")]


def test_findings_that_the_job_did_not_leave_are_missed(running: Monitored) -> None:
    with pytest.raises(PermanentError, match=f"summary-missing: there is no {OUTPUT}"):
        running.take("publish")

    assert running.watched().status is MonitoringStatus.RUNNING


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"violations": [{"concern": "weather"}]}'])
def test_findings_that_make_no_sense_are_named(running: Monitored, text: str) -> None:
    running.put(f"{OUTPUT}/monitoring.json", text)

    with pytest.raises(PermanentError, match=f"summary-unusable: {OUTPUT}"):
        running.take("publish")


def test_a_run_that_is_in_no_table_is_named(monitored: Monitored) -> None:
    with pytest.raises(PermanentError, match="run-missing"):
        monitored.take("publish")


def test_an_execution_that_is_redriven_may_end_well_after_all(running: Monitored) -> None:
    state = {"error": {"Error": "PermanentError", "Cause": "no"}}
    running.take("fail", state=state)
    running.plan("m2")
    running.find()

    running.take("publish", "m1")

    assert running.watched("m1").status is MonitoringStatus.DONE
    # The claim of the other one is left alone; until that ends, nobody knows better.
    assert running.current == Current(held_by=monitor_execution("m2"), latest="m1", judged="m1")


def test_an_execution_that_is_redriven_does_not_take_the_last_word_from_a_later_run(
    running: Monitored,
) -> None:
    running.end_monitor("m1", "TIMED_OUT")
    running.later(hours=24)
    running.done(name="m2")
    running.find(violation(Concern.FLOOR), name="m1")

    running.take("publish", "m1")

    assert running.watched("m1").status is MonitoringStatus.DONE
    assert running.current == Current(latest="m2", judged="m2")


def test_who_could_not_judge_quality_leaves_the_last_word_on_it_to_who_could(
    monitored: Monitored,
) -> None:
    monitored.done(violation(Concern.QUALITY), name="m1")
    monitored.later(hours=1)

    monitored.done(name="m2", quality={}, labelled=3)

    assert monitored.current == Current(latest="m2", judged="m1")


def test_a_claim_that_is_changed_at_that_moment_is_tried_again(
    running: Monitored, monkeypatch: pytest.MonkeyPatch
) -> None:
    running.find()

    def meddle(operation: str, call: Callable[[], Any]) -> Any:
        if operation == "TransactWriteItems":
            item = {"monitoring_id": "current", **asdict(Current(held_by="somebody"))}
            running.tables.Table("monitoring").put_item(Item=item)
        return call()

    with intercepted(meddle, monkeypatch), pytest.raises(TransientError, match="claim-changing"):
        running.take("publish")

    assert running.watched().status is MonitoringStatus.RUNNING
