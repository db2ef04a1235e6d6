"""Results about environments and files as tables for people."""

import shlex
from collections.abc import Iterator, Sequence

from rich.console import RenderableType

from ops.commands.render_monitoring import status as monitoring_line
from ops.conservation import Conservation
from ops.empty import Emptied
from ops.endpoint_status import EndpointStatus, in_words
from ops.ingest import Uploaded
from ops.outcomes import FileOutcome, Outcome
from ops.output import KEY_DIGITS, facts, object_key, plain, short_time, table
from ops.preflight import Check
from ops.quarantine import Quarantine
from ops.queues import QueueDepth
from ops.reprocess import Reprocessing
from ops.smoke import SmokeStep
from ops.status import Status
from ops.training_status import TrainingStatus
from schemas.ledger import LedgerEntry, LedgerStatus

MAX_FILES = 50
"""Longer lists of files are cut for people; machines get all of it."""


def status(result: Status) -> Iterator[RenderableType]:
    """Show an environment at a glance."""
    yield f"Environment {result.environment} at {result.place}"
    yield table("Stacks", ("stack", "state"), result.stacks.items())
    log = result.predictions
    yield queues((*result.queues, *(log.queues if log else ())))
    columns = ("dataset", *LedgerStatus, "rows in", "accepted", "quarantined", "last change (UTC)")
    yield table(
        "Files and rows in force",
        columns,
        (
            (
                each.dataset,
                *(each.files[state] for state in LedgerStatus),
                each.rows_in,
                each.rows_accepted,
                each.rows_quarantined,
                short_time(each.last_change),
            )
            for each in result.datasets
        ),
    )
    yield table("Dead letters", ("status", "messages"), result.dead_letters.items())
    if log:
        yield table("Dead letters of predictions", ("status", "messages"), log.dead_letters.items())
    if result.training:
        yield training_line(result.training)
    if result.endpoint:
        yield endpoint_line(result.endpoint)
    if result.monitoring:
        yield monitoring_line(result.monitoring)
    yield f"Alarms: {', '.join(result.alarms) or 'none in ALARM'}"
    yield f"Conservation: {result.conservation}"


def queues(found: Sequence[QueueDepth]) -> RenderableType:
    """Show what is in queues."""
    return table(
        "Queues",
        ("queue", "waiting", "in flight", "delayed", "oldest (s)"),
        ((q.name, q.waiting, q.in_flight, q.delayed, q.oldest_age_seconds) for q in found),
    )


def training_line(training: TrainingStatus) -> str:
    """Show training in a line."""
    run, pending = training.last_run, ", ".join(map(str, training.pending))
    last = f"last run {run.run_id} {run.status} {short_time(run.began_at)}" if run else "no run yet"
    champion = f"{training.champion} (AUC {training.champion_auc})" if training.champion else "none"
    return f"Training: {last}; champion {champion}; models that wait for approval: {pending or 0}"


def endpoint_line(result: EndpointStatus) -> str:
    """Show what serves in a line."""
    agree = "everybody agrees" if result.is_well else "THEY DISAGREE"
    holder = result.holder
    runs = f"; release {holder.release_id} runs" if holder and holder.is_running else ""
    return (
        f"Endpoint: {result.endpoint.status}; {in_words(result.endpoint.serving)}; {agree}{runs}: "
        "python -m ops endpoint status"
    )


def preflight(environment: str, checks: Sequence[Check]) -> RenderableType:
    """Show the checks before a deploy."""
    return table(
        f"Preflight of {environment}",
        ("", "check", "finding", "remedy"),
        (("ok" if c.is_ok else "FAIL", c.name, c.finding, c.remedy) for c in checks),
    )


def smoke(steps: Sequence[SmokeStep]) -> Iterator[RenderableType]:
    """Show what the smoke test found."""
    for step in steps:
        yield f"{'OK  ' if step.is_ok else 'FAIL'} {step.name}: {step.finding}"
    yield "OK" if all(step.is_ok for step in steps) else "FAIL"


def emptied(environment: str, result: Sequence[Emptied]) -> RenderableType:
    """Show what was stopped and deleted."""
    found = [each for each in result if each.deleted]
    if not found:
        return f"Nothing to delete: environment {environment} is empty ({len(result)} places)"
    return table(
        "Stopped and deleted",
        ("what", "where", "number"),
        ((each.what, each.name, each.deleted) for each in found),
    )


def uploaded(files: Sequence[Uploaded]) -> RenderableType:
    """Show what was uploaded."""
    return table(
        f"{len(files):,} files uploaded",
        ("object", "bytes", "version"),
        ((object_key(file.uri), file.size, file.version_id) for file in files[:MAX_FILES]),
        caption=_cut(len(files)) or "What became of one: python -m ops ledger show <object>",
    )


def outcomes(files: Sequence[FileOutcome]) -> Iterator[RenderableType]:
    """Show what became of uploaded files, those that need somebody first, and what to do next."""
    ordered = sorted(
        files, key=lambda file: (file.outcome is Outcome.CURATED, not file.rows_quarantined)
    )
    yield table(
        "What became of each file",
        ("object", "outcome", "rows in", "accepted", "quarantined", "reason"),
        (
            (
                object_key(file.uri),
                file.outcome,
                file.rows_in,
                file.rows_accepted,
                file.rows_quarantined,
                f"{file.error_code}: {file.error_message}" if file.error_code else _reasons(file),
            )
            for file in ordered[:MAX_FILES]
        ),
        caption=_cut(len(files)),
    )
    yield from _hints(ordered)


def _reasons(file: FileOutcome) -> str:
    return ", ".join(f"{count:,} {code}" for code, count in file.quarantined_by_reason.items())


def _hints(files: Sequence[FileOutcome]) -> Iterator[str]:
    partly = next((file for file in files if file.rows_quarantined), None)
    if partly:
        key = shlex.quote(object_key(partly.uri))
        yield f"Quarantined rows: python -m ops quarantine show {key}"
    kinds = {file.outcome for file in files}
    if kinds & {Outcome.REJECTED, Outcome.DEAD_LETTERED}:
        yield "Refused files: python -m ops dead-letters list --status open"
        yield "Correct a file and ingest it again, or correct its contract and replay its message."
    if Outcome.PENDING in kinds:
        yield "No outcome yet: python -m ops status"


def _cut(number: int) -> str:
    return f"and {number - MAX_FILES:,} more; --json has all" if number > MAX_FILES else ""


def ledger(entries: Sequence[LedgerEntry]) -> RenderableType:
    """Show many object versions, one line each."""
    return table(
        f"{len(entries):,} versions",
        ("object", "status", "rows in", "accepted", "quarantined", "error", "changed (UTC)"),
        (
            (
                object_key(entry.object),
                entry.status,
                entry.rows_in,
                entry.rows_accepted,
                entry.rows_quarantined,
                entry.error_code,
                short_time(entry.updated_at),
            )
            for entry in entries
        ),
    )


def ledger_entry(entry: LedgerEntry) -> RenderableType:
    """Show one object version in full."""
    return facts(entry.object, _described(plain(entry)))


def _described(values: dict[str, object]) -> dict[str, object]:
    """Return `values` with lists and objects as text."""
    return {
        name: "\n".join(map(str, value))
        if isinstance(value, list)
        else ", ".join(f"{key}: {each}" for key, each in value.items())
        if isinstance(value, dict)
        else value
        for name, value in values.items()
    }


def quarantine(key: str, result: Quarantine) -> RenderableType:
    """Show refused rows."""
    if not result.uri:
        return f"No row of {key} was refused."
    return table(
        result.uri,
        ("line", "reason", "column", "message", "text"),
        ((row.line, row.reason, row.column, row.message, row.text) for row in result.rows),
        caption="" if result.is_complete else "There are more: use --limit.",
    )


def reprocessed(
    results: Sequence[Reprocessing], found: int, refused: Sequence[str], *, dry_run: bool
) -> Iterator[RenderableType]:
    """Show what is run again."""
    verb = "would be" if dry_run else "are"
    yield table(
        f"{len(results):,} of {found:,} versions {verb} processed again",
        ("object", "status", "last contract"),
        (
            (object_key(each.uri), each.status, each.contract_hash[:8])
            for each in results[:MAX_FILES]
        ),
        caption=_cut(len(results)),
    )
    if found > len(results):
        yield "The rest was left out by --limit; run again with --outdated to go on."
    for key in refused:
        yield f"Refused: python -m ops dead-letters show {key[:KEY_DIGITS]}"


def conservation(result: Conservation) -> Iterator[RenderableType]:
    """Show the conservation law and its breaches."""
    yield facts(
        "File versions",
        {
            "received": result.received,
            "curated": result.curated,
            "superseded": result.superseded,
            "rejected": result.rejected,
            "failed": result.failed,
            "in flight": result.in_flight,
            "lost": result.lost,
        },
    )
    yield facts(
        "Rows in force",
        {
            "in": result.rows_in,
            "accepted": result.rows_accepted,
            "quarantined": result.rows_quarantined,
            "files counted": result.files_counted,
            "accepted rows in them": result.accepted_in_files,
            "quarantined rows in them": result.quarantined_in_files,
        },
    )
    if result.violations:
        yield table(
            f"{len(result.violations):,} violations",
            ("kind", "subject", "detail"),
            ((v.kind, v.subject, v.detail) for v in result.violations),
        )
    if result.under_way or result.parked:
        yield (
            f"{result.under_way:,} messages are under way and {result.parked:,} are parked: "
            "the proof is complete when none is."
        )
    yield "The law holds." if result.holds else "THE LAW DOES NOT HOLD."
