"""Models as tables and trees for people."""

from collections.abc import Iterator

from rich.console import RenderableType
from rich.text import Text
from rich.tree import Tree

from ops.approval import Decision
from ops.commands.render_scores import by_month, figure
from ops.comparison import Comparison, Row
from ops.lineage import BROKEN, Lineage, Link, LinkState
from ops.models import APPROVED, PENDING, JudgedModel, Model, Models
from ops.output import facts, object_key, plain, printable, short_time, table
from ops.snapshots import Snapshot
from schemas.windows import Window

MAX_RAW_FILES = 12
"""Longer lists of raw files are cut for people; machines get all of it."""

_STYLES = {LinkState.OK: "green", LinkState.UNVERIFIED: "yellow"}


def models(result: Models) -> RenderableType:
    """Show all models, one line each."""
    if not result.models:
        return f"{result.group} has no models yet: python -m ops train --wait"
    return table(
        f"{len(result.models):,} models of {result.group}",
        ("model", "approval", "in force", "trained on", "judged on", "AUC", "log loss", "Brier",
         "champion's AUC", "run", "registered (UTC)"),
        (_line(model, is_champion=model.version == result.champion) for model in result.models),
        caption="The champion of its time was scored on the same rows.",
    )  # fmt: skip


def _line(model: Model, *, is_champion: bool) -> tuple[object, ...]:
    metadata = model.metadata
    state = (model.version, _approval(model), "champion" if is_champion else "")
    registered = short_time(model.created_at)
    if metadata is None:
        return (*state, *(("",) * 6), "incomplete", registered)
    figures = (metadata.auc, metadata.log_loss, metadata.brier, metadata.champion_auc)
    return (
        *state,
        *_months(metadata.window),
        *(figure(float(each)) if each else "" for each in figures),
        metadata.run_id,
        registered,
    )


def _approval(model: Model) -> str:
    return "pending" if model.approval == PENDING else model.approval.lower()


def _months(window: Window) -> tuple[str, str]:
    trained, judged = window.training_months, window.holdout_months
    return _span(trained), _span(judged)


def _span(months: tuple[str, ...]) -> str:
    return months[0] if len(months) == 1 else f"{months[0]} to {months[-1]}"


def model(result: JudgedModel) -> Iterator[RenderableType]:
    """Show one model in full."""
    described = plain(result.model)
    metadata = described.pop("metadata")
    yield facts(f"Model {result.model.version}", described)
    if metadata:
        yield facts("Where it comes from", metadata)
    yield from by_month(result.evaluation)
    if result.model.approval == PENDING:
        version = result.model.version
        yield f"It waits for approval: python -m ops models approve {version} --note why"


def comparison(result: Comparison) -> Iterator[RenderableType]:
    """Show two models side by side."""
    yield table(
        f"Model {result.first} and model {result.second}",
        ("rows of", "figure", f"model {result.first}", f"model {result.second}", "difference"),
        (
            (
                row.rows_of,
                row.figure.replace("_", " "),
                _value(row, row.first),
                _value(row, row.second),
                _value(row, row.difference, sign="+"),
            )
            for row in result.rows
        ),
    )
    yield from result.remarks


def _value(row: Row, value: float | None, *, sign: str = "") -> str:
    if value is None:
        return ""
    return f"{value:{sign},.0f}" if row.figure == "rows" else f"{value:{sign}.4f}"


def decision(result: Decision) -> Iterator[RenderableType]:
    """Show a decision about a model, and what follows from it."""
    name, note = f"model {result.model.version}", result.model.note
    if not result.changed:
        yield f"{name} is {result.model.approval} already: {note or 'without a note'}"
        return
    yield f"{name} is {result.model.approval} now, was {result.was}: {note}"
    if result.model.approval == APPROVED:
        yield "Its release follows by itself: python -m ops releases list"
    elif result.was == APPROVED:
        yield "What serves goes on serving; to bring back another model: python -m ops rollback"


def lineage(result: Lineage) -> Iterator[RenderableType]:
    """Show what a model rests on, as a tree."""
    tree = Tree(Text(f"model {result.model.version} ({result.model.approval})", style="bold"))
    for link in result.links:
        branch = tree.add(_link(link))
        for name, value in link.facts.items():
            branch.add(Text(f"{name}: {printable(value)}"))
    if result.snapshot:
        _data(tree, result.snapshot)
    yield tree
    broken = ", ".join(f"{link.name} ({link.state})" for link in result.links
                       if link.state in BROKEN)  # fmt: skip
    yield f"THE LINEAGE IS BROKEN: {broken}" if broken else "The lineage is intact."


def _link(link: Link) -> Text:
    style = _STYLES.get(link.state, "bold red")
    return Text.assemble((link.state.value, style), f" {link.name}: ", printable(link.finding))


def _data(tree: Tree, snapshot: Snapshot) -> None:
    data = tree.children[-1]
    for part in snapshot.parts:
        lost = f", {part.missing:,} missing" if part.missing else ""
        lost += f", {part.changed:,} changed" if part.changed else ""
        data.add(
            Text(
                f"{part.dataset} {part.month or '(all)'}: rows {part.rows:,}, copies "
                f"{part.objects:,}{lost}"
            )
        )
    known = [file for file in snapshot.raw_files if file.uri]
    branch = data.add(Text(f"{len(known):,} of {len(snapshot.raw_files):,} raw files are known"))
    for file in known[:MAX_RAW_FILES]:
        branch.add(
            Text(
                printable(
                    f"{object_key(file.uri)} {file.version_id}: {file.rows:,} rows, now "
                    f"{file.status}"
                )
            )
        )
    if len(known) > MAX_RAW_FILES:
        branch.add(Text(f"and {len(known) - MAX_RAW_FILES:,} more; --json has all"))
