"""What the platform tells of the year: an average month of its load, and what that would cost."""

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
from tests.unit.demo.test_demo_year import APRIL, result

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


YEAR = replace(result([APRIL] * 3), is_full=False)


def test_a_month_has_a_twelfth_of_the_files_and_its_share_of_what_was_lived_through() -> None:
    month = platform_report.month(FACTS, YEAR)

    assert (month.files, month.job_hours) == (2, {"ml.m5.large": 4.0})
    assert month.load
    # 40,000 predictions of 730 hours.
    assert month.load.requests_per_second == pytest.approx(40_000 / (730 * 3600))


def test_the_bill_is_of_that_month_and_says_what_it_is_sized_as() -> None:
    bill = platform_report.bill_section(FACTS, YEAR)
    (tile,) = platform_report.tiles(FACTS, YEAR)

    assert tile.label == "USD a month, sized as `local`"
    assert bill.text.startswith(f"{tile.value} USD: ")
    assert (
        "an average month, sized as `local`: 2 file versions, of the 12 months that arrived, and "
        "240.0 minutes of jobs and 40,000 predictions, of the 3 that were lived through, every "
        "other day. "
    ) in bill.text


def test_a_full_year_is_one_of_every_day() -> None:
    full = replace(YEAR, monitored=[APRIL] * 9, is_full=True)

    text = platform_report.bill_section(FACTS, full).text

    assert "13,333 predictions, of the 9 that were lived through. " in text


def test_without_predictions_and_prices_there_is_less_to_tell() -> None:
    unpriced = replace(FACTS, serving=None, instance="ml.p9.huge")

    assert platform_report.month(unpriced, YEAR).load is None
    assert platform_report.tiles(unpriced, YEAR) == []
