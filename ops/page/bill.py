"""What this load would cost a month on AWS, at list prices."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from costs.idle import idle_items
from costs.items import Item, Templates, total, while_serving
from costs.months import Month, used_items
from costs.predictions import Load
from costs.prices import HOURS_PER_MONTH
from ops.page.facts import DAYS, Facts
from ops.page.words import moment
from reporting import Figure, Section, Table, charts

TITLE = "What this load would cost a month on AWS"
MODEL_SECONDS = 0.01
"""Of the model's container for one row: what it takes on two cores of a laptop is less."""
CENT = 0.01
_MOST_BARS = 8
_GB = 2**30
_SECONDS_PER_HOUR = 60 * 60


@dataclass(frozen=True, kw_only=True, slots=True)
class Bill:
    """A month's bill.

    Attributes:
        standing: Lines of what is paid for whatever happens, while one model serves.
        used: Lines of what happens.
        problem: Why there is none; empty when there is.
    """

    standing: Sequence[Item] = ()
    used: Sequence[Item] = ()
    problem: str = ""

    @property
    def dollars(self) -> float:
        """US dollars, all in all."""
        return total(self.standing) + total(self.used)

    @property
    def items(self) -> list[Item]:
        """All lines, the dearest first."""
        return sorted((*self.standing, *self.used), key=lambda each: -each.dollars)


def bill(templates: Templates, month: Month) -> Bill:
    """Return what a month costs; without a price for something that is used there is no bill.

    Args:
        templates: What is deployed.
        month: What happens in it.
    """
    try:
        application = while_serving(templates)
        return Bill(standing=idle_items(application), used=used_items(application, month))
    except (KeyError, ValueError) as error:
        return Bill(problem=str(error))


def month_of(facts: Facts) -> Month:
    """Return the last `DAYS` as a month."""
    entries = [each for each in facts.evidence.ledger.entries if _is_since(facts, each.received_at)]
    logged = facts.serving.logged if facts.serving else 0
    stored = sum(each.size for each in facts.evidence.raw) + sum(facts.evidence.objects.values())
    runs = [(each.began_at, each.ended_at) for each in facts.runs or ()]
    looks = [(each.report.run.began_at, each.report.run.ended_at) for each in facts.looks or ()]
    hours = _hours(pair for pair in (*runs, *looks) if _is_since(facts, pair[0]))
    return Month(
        files=len(entries),
        file_seconds=facts.file_seconds,
        datasets=len({each.dataset for each in entries}),
        stored_gb=stored / _GB,
        job_hours={facts.instance: hours} if hours else {},
        load=load_of(logged) if logged else None,
    )


def load_of(predictions: int) -> Load:
    """Return a month's predictions as a load, each of them asked for by a request of its own."""
    seconds = HOURS_PER_MONTH * _SECONDS_PER_HOUR
    return Load(requests_per_second=predictions / seconds, model_seconds=MODEL_SECONDS)


def _is_since(facts: Facts, text: str) -> bool:
    found = moment(text)
    return found is not None and found >= facts.since


def _hours(spans: Iterable[tuple[str, str]]) -> float:
    pairs = ((moment(began), moment(ended)) for began, ended in spans)
    return sum(_seconds(began, ended) for began, ended in pairs) / _SECONDS_PER_HOUR


def _seconds(began: datetime | None, ended: datetime | None) -> float:
    return (ended - began).total_seconds() if began and ended else 0.0


def section(found: Bill, load: str) -> Section:
    """Return the bill for people.

    Args:
        found: The bill.
        load: What the month has seen, as a part of a sentence.
    """
    if found.problem:
        return Section(title=TITLE, text=f"There is no bill: {found.problem}.")
    small = [each for each in found.items if each.dollars < CENT]
    rows = [[each.name, each.quantity, dollars(each.dollars)] for each in found.items
            if each.dollars >= CENT]  # fmt: skip
    if small:
        rows.append([f"{len(small)} lines below a cent", "together", dollars(total(small))])
    dearest = {each.name: each.dollars for each in found.items[:_MOST_BARS]}
    return Section(
        title=TITLE,
        text=f"{dollars(found.dollars)}: {dollars(total(found.standing))} for what stands there "
        f"while one model serves, whatever happens, and {dollars(total(found.used))} for {load}. "
        "Resources are counted in the deployed templates, at list prices of US East (N. Virginia) "
        "before free tiers. Jobs are paid for as long as their runs take, and each prediction as a "
        "request of its own, which is the dearest way.",
        figures=[
            Figure(
                svg=charts.bars(dearest, x_label="USD a month", value_format="{:,.2f}"),
                caption="The dearest lines of the bill.",
            )
        ]
        if dearest
        else [],
        tables=[
            Table(
                title="Every line",
                is_folded=True,
                header=["what", "how much", "a month"],
                rows=[*rows, ["all in all", "", dollars(found.dollars)]],
                has_total=True,
            )
        ],
    )


def dollars(amount: float) -> str:
    """Return an amount for people."""
    return f"{amount:,.2f} USD"


def sentence(facts: Facts, month: Month) -> str:
    """Return what the last `DAYS` have seen, as a part of a sentence."""
    hours = sum(month.job_hours.values())
    logged = facts.serving.logged if facts.serving else 0
    return (
        f"the last {DAYS} days: {month.files:,.0f} file versions, {hours:,.1f} hours of jobs "
        f"and {logged:,} predictions"
    )
