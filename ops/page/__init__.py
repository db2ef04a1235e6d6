"""The platform's page: one file that says whether it is well, and what went through it."""

from collections.abc import Iterator

from ops.deployment import Deployment, StackState
from ops.endpoint_status import in_words
from ops.page import account, bill, facts, flow, history, quality
from ops.page.facts import DAYS, Facts
from ops.page.words import NOTHING, count, listed
from reporting import Page, Tile

__all__ = ["build"]


def build(deployment: Deployment) -> Page:
    """Return the page of a deployment, as it is now.

    Raises:
        OpsError: what lies in the place of a file of the platform is something else.
    """
    return page(facts.read(deployment))


def page(found: Facts) -> Page:
    """Return the page of what was read."""
    problems = list(_problems(found))
    month = bill.month_of(found)
    cost = bill.bill(found.templates, month)
    return Page(
        title=f"The platform in {found.environment}",
        subtitle=f"{found.place} · {found.now:%d %B %Y, %H:%M} UTC",
        verdict=f"Not healthy: {'; '.join(problems)}." if problems else _healthy(found),
        is_good=not problems,
        tiles=_tiles(found, cost),
        sections=[
            flow.section(found),
            *quality.sections(found),
            history.section(found),
            account.section(found),
            account.alarms(found),
            bill.section(cost, bill.sentence(found, month)),
        ],
    )


def _problems(found: Facts) -> Iterator[str]:
    if on := [each.name for each in found.illnesses]:
        yield f"{count(len(on), 'alarm is', 'alarms are')} on: {listed(on)}"
    yield from (_state(each) for each in found.unsettled if not each.serves)
    if not found.conservation.holds:
        broken = count(len(found.conservation.violations), "violation")
        yield f"the conservation law is broken by {broken}"
    if found.endpoint and not found.endpoint.is_well:
        yield from found.endpoint.disagreements


def _healthy(found: Facts) -> str:
    serves = f", and {in_words(found.endpoint.endpoint.serving)}" if found.endpoint else ""
    rest = f"alarm is on, every file version and every row is accounted for{serves}."
    if not (news := "; ".join(_news(found))):
        return f"Healthy: no {rest}"
    return f"Healthy; {news}. No {'other ' if found.news else ''}{rest}"


def _news(found: Facts) -> Iterator[str]:
    """Yield what people should know, although nothing is wrong with the platform."""
    if news := [each.name for each in found.news]:
        yield f"drift is reported: {listed(news)}"
    yield from (_state(each) for each in found.unsettled if each.serves)


def _state(stack: StackState) -> str:
    return f"the stack {stack.name} is {stack.status}"


def _tiles(found: Facts, cost: bill.Bill) -> list[Tile]:
    balance = found.conservation
    lost = balance.lost
    tiles = [
        Tile(label="alarms on", value=f"{len(found.on):,}", is_good=_is_calm(found)),
        Tile(label="file versions received", value=f"{balance.received:,}"),
        Tile(label="lost", value=f"{lost:,}", is_good=not lost),
        Tile(label="rows in force", value=f"{balance.rows_accepted:,}"),
    ]
    if found.models is not None:
        champion = f"model {found.models.champion}" if found.models.champion else NOTHING
        tiles.append(Tile(label="champion", value=champion))
    if found.looks:
        auc = next((each.report.run.auc for each in found.looks if each.report.run.auc), NOTHING)
        tiles.append(Tile(label="AUC at the last run with labels", value=auc))
    if found.serving:
        tiles.append(Tile(label=f"predictions in {DAYS} days", value=f"{found.serving.logged:,}"))
    if not cost.problem:
        tiles.append(Tile(label="USD a month on AWS", value=f"{cost.dollars:,.2f}"))
    return tiles


def _is_calm(found: Facts) -> bool | None:
    """Return whether all alarms are off; None when what is on is news only."""
    return None if found.news and not found.illnesses else not found.on
