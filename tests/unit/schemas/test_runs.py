from decimal import Decimal

import pytest

from schemas.runs import RunStatus, TrainingRun, Trigger, run_id, run_prefix

RUN = TrainingRun(
    run_id="201303-0",
    status=RunStatus.REFUSED,
    trigger=Trigger.NEW_DATA,
    execution_arn="arn",
    attempt=2,
    train_from="2013-01",
    holdout_from="2013-03",
    holdout_to="2013-04",
    manifest_uri="s3://a/m",
    rows=7,
    reason="tie",
    began_at="2026-01-01",
)


def test_an_item_is_read_as_it_was_written() -> None:
    item = RUN.to_item()

    assert all(type(value) in {str, int} for value in item.values())
    assert TrainingRun.from_item(item) == RUN


def test_items_of_dynamodb_are_read_with_plain_numbers() -> None:
    item = {**RUN.to_item(), "attempt": Decimal(2), "rows": Decimal(7), "of_a_later_release": "x"}

    run = TrainingRun.from_item(item)

    assert run == RUN
    assert type(run.attempt) is type(run.rows) is int


def test_an_id_names_the_holdout_and_differs_by_each_part() -> None:
    base = run_id("2013-03", "manifest", "code", "parameters")

    assert base.startswith("201303-")
    assert base == run_id("2013-03", "manifest", "code", "parameters")
    others = {
        run_id("2013-04", "manifest", "code", "parameters"),
        run_id("2013-03", "other", "code", "parameters"),
        run_id("2013-03", "manifest", "other", "parameters"),
        run_id("2013-03", "manifest", "code", "other"),
        run_id("2013-03", "manifest", "code", "parameters", "execution"),
        run_id("2013-03", "manifestcode", "", "parameters"),
    }
    assert len(others) == 6
    assert base not in others


def test_a_run_has_a_folder_of_its_own() -> None:
    assert run_prefix("201303-0") == "runs/201303-0/"


@pytest.mark.parametrize("environment", ["local", "prod"])
def test_names_of_tuning_jobs_fit(environment: str) -> None:
    """SageMaker takes 32 characters."""
    longest = f"{environment}-{run_id('2013-03', 'm')}-99-hpo-14"

    assert len(longest) <= 32
