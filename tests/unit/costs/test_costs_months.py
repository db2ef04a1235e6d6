"""What a month's use costs beside what stands there anyway."""

import pytest

from costs.items import Item, while_serving
from costs.months import Month, used_items
from costs.predictions import Load
from costs.prices import HOURS_PER_MONTH
from tests.unit.costs import billed

MONTH_SECONDS = HOURS_PER_MONTH * 3600
TEMPLATES = {**billed.instances(), **billed.ingesting()}


def used(month: Month, templates: dict[str, billed.Template] = TEMPLATES) -> dict[str, Item]:
    return {each.name: each for each in used_items(while_serving(templates), month)}


def load(requests: float) -> Load:
    return Load(requests_per_second=requests / MONTH_SECONDS, model_seconds=0.01)


def test_a_month_in_which_nothing_happens_adds_nothing() -> None:
    assert used(Month()) == {}
    assert used(Month(), {}) == {}


def test_files_are_paid_for_by_what_the_function_does_with_them() -> None:
    found = used(Month(files=1000, file_seconds=0.5, datasets=2, stored_gb=10))

    # 1,000 files, half a second, two gigabytes.
    assert found["ingest function, time"].count == 1000
    assert found["ingestion queue"].count == 3000
    assert found["objects in the lake"].dollars == pytest.approx(0.23)
    # More than a file an hour: five metrics of two datasets, all month.
    assert found["metrics of ingestion"].dollars == pytest.approx(3.00)


def test_metrics_of_few_files_are_paid_for_by_the_hour() -> None:
    assert used(Month(files=73, datasets=1))["metrics of ingestion"].count == pytest.approx(0.5)


def test_jobs_are_paid_for_by_the_hour_and_an_unknown_instance_is_said() -> None:
    assert used(Month(job_hours={"ml.m5.large": 10}))["jobs on ml.m5.large"].dollars == (
        pytest.approx(1.15)
    )
    with pytest.raises(KeyError, match="ml.p9.huge"):
        used(Month(job_hours={"ml.p9.huge": 1}))


def test_a_million_predictions_in_a_month_cost_what_a_million_costs_without_the_endpoint() -> None:
    found = used(Month(load=load(1_000_000)))

    assert found["index of predictions"].count == pytest.approx(1_000_000)
    assert found["metrics of predictions, by the hour"].count == pytest.approx(2)
    # The two instances that the endpoint always has are enough, and are paid for as standing.
    assert "endpoint" not in found
    assert "instances that scaling adds" not in found


def test_instances_that_scaling_adds_are_paid_for() -> None:
    # Thirty a second are 1,800 a minute, of which an instance takes 600: three, one more than two.
    found = used(Month(load=load(30 * MONTH_SECONDS)))

    assert found["instances that scaling adds"].count == pytest.approx(HOURS_PER_MONTH)


def test_a_serverless_endpoint_is_paid_for_while_it_answers() -> None:
    found = used(Month(load=load(1000)), billed.serverless())

    # A thousand times ten milliseconds of two gigabytes.
    assert found["endpoint"].count == pytest.approx(20)


def test_predictions_where_nothing_serves_are_left_out() -> None:
    assert used(Month(load=load(1000)), billed.ingesting()) == {}
