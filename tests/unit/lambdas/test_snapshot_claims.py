"""Who may run: never two at a time, never two models of the same, and automatic runs when due."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from lambdas.shared.errors import PermanentError
from lambdas.shared.runs import RunTable
from lambdas.snapshot.claims import Claims
from schemas.runs import RunStatus, TrainingRun, Trigger
from tests.unit.lambdas.interference import TakeTurns, intercepted
from tests.unit.lambdas.pipeline import MIN_NEW_ROWS, RUNS, Pipeline, execution, new_pipeline
from tests.unit.lambdas.world import CURATED

MONTHS = ("2013-01", "2013-02", "2013-03", "2013-04")
RUN = TrainingRun(
    run_id="201303-0",
    status=RunStatus.RUNNING,
    trigger=Trigger.MANUAL,
    execution_arn="",
    began_at="2026-01-01",
)


@pytest.fixture
def lake(pipeline: Pipeline) -> Pipeline:
    pipeline.curate_months(*MONTHS)
    return pipeline


def settle(pipeline: Pipeline, run: dict[str, Any], status: RunStatus) -> None:
    pipeline.change_run(run["run_id"], status=status, reason="because", model_package_arn="arn")


def test_a_second_execution_does_not_run_what_is_under_way(lake: Pipeline) -> None:
    run = lake.prepare("e1")
    written = lake.copies(f"runs/{run['run_id']}/champion/champion.json")

    second = lake.prepare("e2")

    assert second["decision"] == "skip"
    assert run["run_id"] in second["reason"]
    assert execution("e1") in second["reason"]
    assert lake.run(run["run_id"]).execution_arn == execution("e1")
    # Jobs of the first read it.
    assert lake.copies(f"runs/{run['run_id']}/champion/champion.json") == written


def test_what_is_registered_is_not_trained_again(lake: Pipeline) -> None:
    settle(lake, lake.prepare("e1"), RunStatus.REGISTERED)

    second = lake.prepare("e2")

    assert second["decision"] == "skip"
    assert "has registered arn" in second["reason"]


@pytest.mark.parametrize("status", [RunStatus.FAILED, RunStatus.REFUSED])
def test_what_failed_or_was_refused_is_tried_again_by_hand(
    lake: Pipeline, status: RunStatus
) -> None:
    first = lake.prepare("e1")
    settle(lake, first, status)

    second = lake.prepare("e2")

    assert second["run_id"] == first["run_id"]
    assert second["attempt"] == 2
    assert second["job_prefix"] != first["job_prefix"]
    assert lake.run(first["run_id"]).execution_arn == execution("e2")


@pytest.mark.parametrize("trigger", ["schedule", "new-data", "quality"])
def test_what_was_refused_is_not_tried_again_by_itself(lake: Pipeline, trigger: str) -> None:
    settle(lake, lake.prepare("e1"), RunStatus.REFUSED)

    second = lake.prepare("e2", trigger=trigger)

    # The trigger tells whether somebody waits for it.
    assert (second["decision"], second["trigger"]) == ("skip", trigger)
    assert "was refused (because)" in second["reason"]


def test_a_scheduled_run_tries_again_what_failed(lake: Pipeline) -> None:
    settle(lake, lake.prepare("e1"), RunStatus.FAILED)

    assert lake.prepare("e2", trigger="schedule")["attempt"] == 2


@pytest.mark.parametrize(
    "end", [Pipeline.end, lambda pipeline, _: pipeline.executions.statuses.clear()]
)
def test_the_claim_of_a_dead_execution_is_taken_over(
    lake: Pipeline, end: Callable[[Pipeline, str], None]
) -> None:
    first = lake.prepare("e1")
    end(lake, "e1")

    second = lake.prepare("e2")

    assert (second["run_id"], second["attempt"]) == (first["run_id"], 2)


def test_a_retry_of_the_same_execution_finds_its_claim(lake: Pipeline) -> None:
    first = lake.prepare("e1")
    began_at = lake.run(first["run_id"]).began_at

    assert lake.prepare("e1") == first
    assert lake.run(first["run_id"]).began_at == began_at


def test_an_execution_that_is_redriven_after_it_failed_begins_anew(lake: Pipeline) -> None:
    settle(lake, lake.prepare("e1"), RunStatus.FAILED)

    again = lake.prepare("e1")

    assert again["attempt"] == 2
    assert lake.run(again["run_id"]).status is RunStatus.RUNNING


@pytest.mark.parametrize("first", [0, 1])
@pytest.mark.usefixtures("pipeline")
def test_of_two_executions_at_once_one_runs(monkeypatch: pytest.MonkeyPatch, first: int) -> None:
    for before in range(1, 5):
        pipeline = new_pipeline()
        claims = Claims(RunTable(pipeline.tables.Table(RUNS)), lambda _: True)
        runs = [replace(RUN, execution_arn=execution(f"e{number}")) for number in (0, 1)]
        turns = TakeTurns([first] * before + [1 - first] * 10)
        with intercepted(turns, monkeypatch):
            claimed = turns.run([partial(claims.claim, run) for run in runs])

        winners = [run for run, _ in claimed if run is not None]
        assert len(winners) == 1, before
        assert pipeline.run(RUN.run_id) == winners[0]
        assert winners[0].attempt == 1


def test_too_little_data_fails_who_asked_and_nobody_else(pipeline: Pipeline) -> None:
    pipeline.curate_months("2013-01", "2013-02")

    with pytest.raises(PermanentError, match="too-little-data"):
        pipeline.prepare("e1")
    for trigger in ("schedule", "new-data", "quality"):
        skipped = pipeline.prepare("e2", trigger=trigger)
        assert skipped["decision"] == "skip"
        assert "flights has 2013-01 to 2013-02" in skipped["reason"]


def test_missing_months_fail_automatic_runs_too(pipeline: Pipeline) -> None:
    """Somebody must learn of the gap."""
    pipeline.curate_months("2013-01", "2013-03", "2013-04")

    with pytest.raises(PermanentError, match="flights lacks 2013-02"):
        pipeline.prepare(trigger="schedule")


def test_first_data_must_be_enough(pipeline: Pipeline) -> None:
    for month in ("2013-01", "2013-02"):
        pipeline.curate("weather", month)
        pipeline.curate("flights", month, rows=MIN_NEW_ROWS // 2 - 1)
    pipeline.curate_months("2013-03")

    skipped = pipeline.prepare("e1", trigger="new-data")
    assert "998 rows of flights have come in complete months, of 1,000" in skipped["reason"]

    pipeline.curate("flights", "2013-02", name="more", rows=2)
    assert pipeline.prepare("e2", trigger="new-data")["decision"] == "train"


def test_new_data_is_what_the_last_registered_run_has_not_seen(lake: Pipeline) -> None:
    last = lake.prepare("e1")
    settle(lake, last, RunStatus.REGISTERED)
    # A correction of an old month, whose rows were counted before: they are other rows now.
    lake.supersede(lake.curate("flights", "2013-02"))
    lake.curate("flights", "2013-02", version="2", rows=400)
    lake.curate("weather", "2013-02", name="more", rows=10 * MIN_NEW_ROWS)

    skipped = lake.prepare("e2", trigger="new-data")
    assert f"400 rows of flights have come since run {last['run_id']}" in skipped["reason"]

    # One raw file with parts in two months counts once.
    lake.curate("flights", "2013-01", "2013-02", name="both", rows=599)
    assert "999 rows" in lake.prepare("e3", trigger="new-data")["reason"]

    lake.curate("flights", "2013-01", name="last", rows=1)
    assert lake.prepare("e4", trigger="new-data")["decision"] == "train"


def test_bad_quality_does_not_wait_for_new_data(lake: Pipeline) -> None:
    settle(lake, lake.prepare("e1"), RunStatus.REGISTERED)
    lake.curate("flights", "2013-02", name="more", rows=1)

    assert lake.prepare("e2", trigger="new-data")["decision"] == "skip"
    run = lake.prepare("e3", trigger="quality")

    assert (run["decision"], run["trigger"]) == ("train", "quality")
    assert run["window"]["holdout_from"] == "2013-03"
    assert lake.run(run["run_id"]).trigger is Trigger.QUALITY


def test_bad_quality_does_not_train_the_same_model_again(lake: Pipeline) -> None:
    settle(lake, lake.prepare("e1"), RunStatus.REGISTERED)

    assert "has registered arn" in lake.prepare("e2", trigger="quality")["reason"]


def test_a_snapshot_that_was_removed_makes_everything_new(lake: Pipeline) -> None:
    last = lake.prepare("e1")
    settle(lake, last, RunStatus.REGISTERED)
    lake.delete(last["manifest_uri"])
    lake.curate("flights", "2013-02", name="more", rows=1)

    assert lake.prepare("e2", trigger="new-data")["decision"] == "train"


def test_a_skip_copies_nothing(lake: Pipeline) -> None:
    settle(lake, lake.prepare("e1"), RunStatus.REGISTERED)
    lake.curate("flights", "2013-02", name="more", rows=1)
    before = lake.artifacts()

    assert lake.prepare("e2", trigger="new-data")["decision"] == "skip"

    assert lake.artifacts() == before
    assert lake.s3.list_objects_v2(Bucket=CURATED)["KeyCount"] == 2 * len(MONTHS) + 1
