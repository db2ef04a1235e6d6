"""What the platform tells of the year: a twelfth of its load is a month."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from demo import platform_report
from ops.conservation import judge
from ops.evidence import Evidence
from ops.ledger import Ledger
from ops.page.facts import Facts, Serving
from schemas.ledger import LedgerEntry, LedgerStatus
from schemas.runs import RunStatus, TrainingRun, Trigger
from tests.unit.costs import billed

NOW = datetime(2026, 11, 23, 4, 30, tzinfo=UTC)
ENTRIES = tuple(
    LedgerEntry(object=f"s3://raw/{number}", version="A1", status=LedgerStatus.CURATED,
                dataset="flights", received_at=NOW.isoformat(), updated_at=NOW.isoformat())
    for number in range(24)
)  # fmt: skip
EVIDENCE = Evidence(raw=(), ledger=Ledger(entries=ENTRIES, heads={}))
FACTS = Facts(
    environment="local",
    place="http://127.0.0.1:4566",
    now=NOW,
    unsettled=[],
    evidence=EVIDENCE,
    conservation=judge(EVIDENCE),
    alarms=[],
    changes=[],
    runs=[
        TrainingRun(run_id="201303-1", status=RunStatus.REGISTERED, trigger=Trigger.QUALITY,
                    execution_arn="e", began_at=(NOW - timedelta(hours=12)).isoformat(),
                    ended_at=NOW.isoformat(), model_package_arn="arn:aws:x:model-package/m/7")
    ],
    models=None,
    releases=[],
    endpoint=None,
    looks=None,
    serving=Serving(logged=120_000, flawed=0, dead_letters=0),
    templates={**billed.instances(), **billed.ingesting()},
    instance="ml.m5.large",
    file_seconds=0.2,
)  # fmt: skip


def test_a_month_is_a_twelfth_of_the_year() -> None:
    month = platform_report.month(FACTS)

    assert (month.files, month.job_hours) == (2, {"ml.m5.large": 1.0})
    assert month.load
    # 10,000 predictions of 730 hours.
    assert month.load.requests_per_second == pytest.approx(10_000 / (730 * 3600))


def test_the_bill_is_of_that_month() -> None:
    bill = platform_report.bill_section(FACTS)
    (tile,) = platform_report.tiles(FACTS)

    assert "2 versions of files, 60.0 minutes of jobs and 10,000 predictions" in bill.text
    assert bill.text.startswith(f"{tile.value} USD: ")


def test_without_predictions_and_prices_there_is_less_to_tell() -> None:
    unpriced = replace(FACTS, serving=None, instance="ml.p9.huge")

    assert platform_report.month(unpriced).load is None
    assert platform_report.tiles(unpriced) == []
