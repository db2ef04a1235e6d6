"""What an average month of the year would cost on AWS."""

from dataclasses import replace

from costs.months import Month
from demo.year import YearResult
from ops.page import bill
from ops.page.facts import Facts
from reporting import Section, Tile

MONTHS = 12
"""Of the data: whatever is lived through, the files of a whole year arrive."""


def tiles(found: Facts, year: YearResult) -> list[Tile]:
    """The figure about it to see first."""
    cost = bill.bill(found.templates, month(found, year))
    if cost.problem:
        return []
    label = f"USD a month, sized as `{found.environment}`"
    return [Tile(label=label, value=f"{cost.dollars:,.2f}")]


def bill_section(found: Facts, year: YearResult) -> Section:
    """What an average month of the year would cost."""
    of = month(found, year)
    minutes = 60 * sum(of.job_hours.values())
    days = "" if year.is_full else ", every other day"
    load = (
        f"an average month, sized as `{found.environment}`: {of.files:,.0f} file versions, of the "
        f"{MONTHS} months that arrived, and {minutes:,.1f} minutes of jobs and "
        f"{_predictions(found, year):,} predictions, of the {_lived(year)} that were lived through"
        f"{days}"
    )
    return bill.section(bill.bill(found.templates, of), load)


def month(found: Facts, year: YearResult) -> Month:
    """Return an average month of the year's load; what lies in the lake is that of its end."""
    whole = bill.month_of(found)
    predictions = _predictions(found, year)
    return replace(
        whole,
        files=whole.files / MONTHS,
        # Months that only arrive are neither predicted nor monitored.
        job_hours={kind: hours / _lived(year) for kind, hours in whole.job_hours.items()},
        load=bill.load_of(predictions) if predictions else None,
    )


def _predictions(found: Facts, year: YearResult) -> int:
    return found.serving.logged // _lived(year) if found.serving else 0


def _lived(year: YearResult) -> int:
    return max(1, len(year.monitored))
