"""Messages and rows, accounted for; and the alarms."""

from ops.page.facts import Facts
from ops.page.words import NOTHING, count, minute
from reporting import Figure, Section, Table, charts

_MOST_VIOLATIONS = 50


def section(facts: Facts) -> Section:
    """Return the balance of file versions, rows and dead letters."""
    found = facts.conservation
    if not found.received:
        text = "No file has arrived yet: `python -m ops ingest <file> --dataset <name> --wait`"
        return Section(title="Messages and rows, accounted for", text=text)
    fates = {
        "lost": found.lost,
        "curated": found.curated,
        "superseded by a newer version": found.superseded,
        "rejected, and archived with its reason": found.rejected,
        "archived after other failures": found.failed,
        "in flight": found.in_flight,
    }
    rows = {
        "accepted": found.rows_accepted,
        "quarantined, each with line and reason": found.rows_quarantined,
    }
    verdict = (
        "The conservation law holds: every file version that arrived has exactly one fate, and "
        "every row of a curated version is accepted or quarantined."
        if found.holds
        else f"The conservation law is broken: {count(len(found.violations), 'violation')}."
    )
    return Section(
        title="Messages and rows, accounted for",
        text=f"{verdict} `python -m ops audit` also counts the rows in the files themselves.",
        figures=[
            Figure(
                svg=charts.bars(found.quarantined_by_reason, x_label="quarantined rows"),
                caption="Why rows of curated versions were quarantined.",
            )
        ]
        if found.quarantined_by_reason
        else [],
        tables=[
            _balance("file versions", fates, "received", found.received),
            _balance("rows of curated versions", rows, "in the files", found.rows_in),
            *_letters(facts),
            *_violations(facts),
        ],
    )


def _balance(title: str, parts: dict[str, int], total: str, whole: int) -> Table:
    # The first is what must be nothing, or what is most of it.
    rows = [
        [name, f"{number:,}", _share(number, whole)]
        for place, (name, number) in enumerate(parts.items())
        if number or not place
    ]
    return Table(
        header=[title, "number", "share"],
        rows=[*rows, [total, f"{whole:,}", _share(whole, whole)]],
        has_total=True,
    )


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else NOTHING


def _letters(facts: Facts) -> list[Table]:
    found = facts.conservation
    rows = [[name, f"{number:,}"] for name, number in found.dead_letters.items()]
    rejected = [[code or NOTHING, f"{number:,}"] for code, number in found.rejected_by_code.items()]
    return [
        *[Table(header=["dead letters", "number"], rows=rows)] * bool(rows),
        *[Table(header=["file versions rejected for", "number"], rows=rejected)] * bool(rejected),
    ]


def _violations(facts: Facts) -> list[Table]:
    found = facts.conservation.violations
    rows = [[each.kind.value, each.subject, each.detail] for each in found[:_MOST_VIOLATIONS]]
    title = f"Violations, the first {len(rows)} of {len(found):,}"
    return (
        [Table(title=title, header=["kind", "object", "what is wrong"], rows=rows)] if rows else []
    )


def alarms(facts: Facts) -> Section:
    """Return what the alarms say."""
    every = [
        [
            each.name,
            each.state,
            minute(each.since.isoformat()) if each.since else NOTHING,
            each.meaning or NOTHING,
            each.runbook or NOTHING,
        ]
        for each in facts.alarms
    ]
    header = ["alarm", "state", "since, UTC", "what it means", "what to do"]
    known = count(len(facts.alarms), "alarm")
    on = [row for row, each in zip(every, facts.alarms, strict=True) if each.is_on]
    if not facts.alarms:
        text = "The stacks that are deployed have no alarms."
    elif on:
        text = f"{count(len(on), 'alarm is', 'alarms are')} on, of {known}."
    else:
        text = f"None of {known} is on."
    return Section(
        title="Alarms",
        text=text,
        tables=[
            *[Table(header=header, rows=on)] * bool(on),
            *[Table(title="Every alarm", header=header, rows=every, is_folded=True)] * bool(every),
        ],
    )
