"""The demo's page and its closing table: every thing once, by one name, and true of every run."""

import re
from collections import Counter
from dataclasses import replace

import pytest

from demo.accounts import Account
from demo.report import Result
from demo.watch import Sample
from reporting import Page
from tests.unit.demo.test_demo_platform_report import FACTS
from tests.unit.demo.test_demo_serving_report import RESULT as SERVED
from tests.unit.demo.test_demo_year import APRIL, result

RESULT = Result(
    account=Account(
        received=4,
        by_status={"curated": 2, "superseded": 1, "rejected": 1},
        rows_in=100,
        rows_accepted=97,
        quarantined={"type": 3},
        valid_dead_lettered=0,
        violations=(),
    ),
    audit_violations=(),
    rows_in_lake=97,
    quarantined_in_lake=3,
    replayed=1,
    burst_files=2,
    burst_seconds=3.0,
    year=result([APRIL] * 3),
    serving=SERVED,
    seconds=800.0,
    alarm_fired=True,
    alarm_recovered=True,
    marks={"stream": 10.0, "burst": 700.0},
    samples=[Sample(second=each, waiting=2, in_flight=1, dead=0) for each in range(800)],
    changes=(),
)
RELEASED = replace(FACTS, releases=SERVED.releases)


@pytest.fixture(scope="module")
def page() -> Page:
    return RESULT._page(RELEASED)


def prose(page: Page) -> str:
    """Return what a page says, without its style."""
    return re.sub("<style>.*?</style>", "", page.html(), flags=re.DOTALL)


def test_every_section_and_table_is_there_once(page: Page) -> None:
    titles = Counter(each.title for each in page.sections)
    headers = Counter(tuple(table.header) for each in page.sections for table in each.tables)

    assert titles.most_common(1)[0][1] == 1
    assert headers.most_common(1)[0][1] == 1
    # The release is in one table only: that of the time line.
    cells = [cell for each in page.sections for table in each.tables for row in table.rows
             for cell in row]  # fmt: skip
    assert cells.count("model 6 serves") == 1


def test_one_thing_has_one_name(page: Page) -> None:
    text = f"{prose(page)} {RESULT.rows()}".casefold()

    for word in ("object version", "versions of files", "set aside", "refused row"):
        assert word not in text, word
    for word in ("file versions received", "quarantined"):
        assert word in text, word


def test_the_burst_is_what_was_announced_once_more(page: Page) -> None:
    (section,) = (each for each in page.sections if "the burst" in each.title)

    assert section.text.startswith("Months arrive one or a few at a time; the peak is the burst")
    assert "announced once more" in section.text


def test_what_it_would_cost_says_of_which_sizes(page: Page) -> None:
    assert "USD a month, sized as <code>local</code>" in prose(page)


def test_the_closing_table_has_the_balance() -> None:
    rows = dict(RESULT.rows())

    assert rows["file versions received"] == "4"
    assert rows["events of the burst, and their time"] == "2 in 3 s"
    assert RESULT.violations == []
