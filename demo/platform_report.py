"""What an average month of the year would cost on AWS."""

from dataclasses import replace

from costs.months import Month
from ops.page import bill
from ops.page.facts import Facts
from reporting import Section, Tile

MONTHS = 12
"""Of the data: what has gone through in minutes is a year's load."""


def tiles(found: Facts) -> list[Tile]:
    """The figure about it to see first."""
    cost = bill.bill(found.templates, month(found))
    return [] if cost.problem else [Tile(label="USD a month on AWS", value=f"{cost.dollars:,.2f}")]


def bill_section(found: Facts) -> Section:
    """What an average month of the year would cost."""
    of = month(found)
    minutes = 60 * sum(of.job_hours.values())
    load = (
        f"a twelfth of this year: {of.files:,.0f} versions of files, {minutes:,.1f} minutes of "
        f"jobs and {_predictions(found):,} predictions"
    )
    return bill.section(bill.bill(found.templates, of), load)


def month(found: Facts) -> Month:
    """Return an average month of the year's load; what lies in the lake is that of its end."""
    year = bill.month_of(found)
    return replace(
        year,
        files=year.files / MONTHS,
        job_hours={kind: hours / MONTHS for kind, hours in year.job_hours.items()},
        load=bill.load_of(_predictions(found)) if _predictions(found) else None,
    )


def _predictions(found: Facts) -> int:
    return found.serving.logged // MONTHS if found.serving else 0
