"""Commands about files and their rows."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from ops import dead_letters, ledger, quarantine
from ops import reprocess as reprocessing
from ops.commands import render
from ops.commands.context import (
    DEFAULT_ENVIRONMENT,
    DryRunOption,
    EnvironmentOption,
    JsonOption,
    LimitOption,
    RateOption,
    TimeoutOption,
    WaitOption,
    fail_unless,
    operation,
)
from ops.conservation import conservation
from ops.errors import OpsError
from ops.ingest import plan_uploads, upload
from ops.outcomes import IN_LAKE, wait_for_outcomes
from schemas.ledger import LedgerStatus

ledger_app = typer.Typer(help="What became of each object version.", no_args_is_help=True)
quarantine_app = typer.Typer(help="Rows that were refused.", no_args_is_help=True)

DatasetOption = Annotated[str | None, typer.Option("--dataset", help="Name of a dataset.")]


def ingest(
    *,
    paths: Annotated[list[Path], typer.Argument(help="Files and folders: .csv and .jsonl.")],
    dataset: DatasetOption = None,
    prefix: Annotated[str, typer.Option(help="Folder below landing/<dataset>/ to upload to.")] = "",
    wait: WaitOption = False,
    timeout: TimeoutOption = 600,
    env: EnvironmentOption = DEFAULT_ENVIRONMENT,
    as_json: JsonOption = False,
) -> None:
    """Upload files into the lake; with --wait, show what became of each."""
    with operation(env, as_json=as_json) as (deployment, screen):
        uploads = plan_uploads(paths, dataset=dataset, prefix=prefix)
        with screen.progress("uploading", len(uploads)) as advance:
            uploaded = upload(deployment, uploads, advance=advance)
        if not wait:
            screen.show(uploaded, render.uploaded(uploaded))
            return
        with screen.progress("waiting for outcomes", len(uploaded)) as advance:
            outcomes = wait_for_outcomes(
                deployment, uploaded, timeout_seconds=timeout, advance=advance
            )
        screen.show(outcomes, *render.outcomes(outcomes))
    fail_unless(all(outcome.outcome in IN_LAKE for outcome in outcomes))


@ledger_app.command("show")
def ledger_show(
    *,
    key: Annotated[str | None, typer.Argument(help="Key or URI of one raw object.")] = None,
    dataset: DatasetOption = None,
    status: Annotated[LedgerStatus | None, typer.Option(help="Only this status.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Every version.")] = False,
    env: EnvironmentOption = DEFAULT_ENVIRONMENT,
    as_json: JsonOption = False,
) -> None:
    """Show the versions of one object in full, or a list of versions."""
    with operation(env, as_json=as_json) as (deployment, screen):
        if key is not None:
            versions = ledger.entries_of(deployment, key)
            screen.show(versions, *map(render.ledger_entry, versions))
            return
        if not (dataset or status or everything):
            raise OpsError("what to show is missing", "Give a key, --dataset, --status or --all")
        entries = ledger.entries(deployment, status=status, dataset=dataset)
        screen.show(entries, render.ledger(entries))


@quarantine_app.command("show")
def quarantine_show(
    key: Annotated[str, typer.Argument(help="Key or URI of a raw object or quarantine file.")],
    limit: Annotated[int, typer.Option(min=1, help="Most rows.")] = quarantine.DEFAULT_LIMIT,
    env: EnvironmentOption = DEFAULT_ENVIRONMENT,
    as_json: JsonOption = False,
) -> None:
    """Show refused rows: line, reason, column, message and text."""
    with operation(env, as_json=as_json) as (deployment, screen):
        result = quarantine.show(deployment, key, limit=limit)
        screen.show(result, render.quarantine(key, result))


def reprocess(
    *,
    dataset: DatasetOption = None,
    key: Annotated[str | None, typer.Option(help="Key or URI of one raw object.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Every dataset.")] = False,
    outdated: Annotated[
        bool, typer.Option("--outdated", help="Only versions checked under another contract.")
    ] = False,
    limit: LimitOption = reprocessing.DEFAULT_LIMIT,
    rate: RateOption = reprocessing.DEFAULT_RATE,
    dry_run: DryRunOption = False,
    wait: WaitOption = False,
    timeout: TimeoutOption = 600,
    env: EnvironmentOption = DEFAULT_ENVIRONMENT,
    as_json: JsonOption = False,
) -> None:
    """Run files that are in the lake again, after a contract change was deployed."""
    with operation(env, as_json=as_json) as (deployment, screen):
        if not (dataset or key or everything):
            raise OpsError("what to reprocess is missing", "Give --dataset, --key or --all")
        found = reprocessing.select(deployment, dataset=dataset, key=key, outdated_only=outdated)
        chosen = found[:limit]
        began = datetime.now(UTC)
        with screen.progress("asking", len(chosen)) as advance:
            result = reprocessing.reprocess(
                deployment, chosen, rate_per_second=rate, dry_run=dry_run, advance=advance
            )
        refused: list[str] = []
        is_done = True
        if wait and not dry_run:
            with screen.progress("processing", len(chosen)) as advance:
                is_done = reprocessing.wait_until_processed(
                    deployment, chosen, since=began, timeout_seconds=timeout, advance=advance
                )
            refused = dead_letters.open_among(deployment, [each.message_key for each in result])
        report = {"requested": result, "left_out": len(found) - len(chosen), "refused": refused}
        screen.show(report, *render.reprocessed(result, len(found), refused, dry_run=dry_run))
        if not is_done:
            raise OpsError(
                f"not everything was processed within {timeout:g} seconds",
                "See `python -m ops status`; the work goes on without this command",
            )
    fail_unless(not refused)


def audit(
    skip_rows: Annotated[
        bool, typer.Option("--skip-rows", help="Trust the row counts of the ledger.")
    ] = False,
    env: EnvironmentOption = DEFAULT_ENVIRONMENT,
    as_json: JsonOption = False,
) -> None:
    """Prove by counting that nothing was lost and nothing came twice."""
    with operation(env, as_json=as_json) as (deployment, screen):
        with screen.progress("counting files", None) as advance:
            result = conservation(deployment, count_rows=not skip_rows, advance=advance)
        screen.show(result, *render.conservation(result))
    fail_unless(result.holds)
