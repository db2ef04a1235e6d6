"""Commands about the monitor of the model that serves.

A run ends with status 0 when it was done or there was nothing to do: what it finds is a finding,
not a failure of the command. It ends with 1 when it failed.
"""

from pathlib import Path
from typing import Annotated

import typer

from ops import artifacts, monitor_runs, monitoring
from ops.commands import render_monitoring as render
from ops.commands.context import (
    DEFAULT_ENVIRONMENT,
    EnvironmentOption,
    JsonOption,
    TimeoutOption,
    WaitOption,
    fail_unless,
    operation,
    reported,
)
from ops.commands.monitor_baseline import STACKS, baseline_app
from ops.commands.output_files import BUILD, OpenOption, PageOption, write_page
from ops.commands.watching import watch
from ops.errors import OpsError
from ops.monitor_runs import LONGEST_RUN_SECONDS
from ops.monitoring import LATEST
from ops.output import Screen

monitor_app = typer.Typer(
    help="Watch the model that serves: drift, quality, and what follows.", no_args_is_help=True
)
monitor_app.add_typer(baseline_app, name="baseline")

RunArgument = Annotated[
    str, typer.Argument(metavar="RUN", help="Id, the beginning of it, or latest.")
]


@monitor_app.command("run")
def run_monitor(
    *,
    since: Annotated[
        str, typer.Option(help="First moment of the predictions, ISO 8601; UTC without a zone.")
    ] = "",
    until: Annotated[str, typer.Option(help="First moment after them; without it, now.")] = "",
    labels: Annotated[
        list[str] | None,
        typer.Option(
            metavar="YYYY-MM",
            help="A month whose labels are joined; may be repeated. Without it, what has arrived "
            "since the first moment.",
        ),
    ] = None,
    wait: WaitOption = False,
    timeout: TimeoutOption = LONGEST_RUN_SECONDS,
    env: EnvironmentOption = DEFAULT_ENVIRONMENT,
    as_json: JsonOption = False,
) -> None:
    """Look at what the model has predicted, and act upon what is found, as the schedule does."""
    with reported(Screen(as_json=as_json)):
        document = monitor_runs.request(since=since, until=until, label_months=labels or ())
    with operation(env, as_json=as_json, needs=STACKS) as (deployment, screen):
        started = monitor_runs.begin(deployment, document)
        if not wait:
            screen.show(started, *render.started(started))
            return
        execution = watch(
            deployment,
            screen,
            started,
            timeout_seconds=timeout,
            shown_by=f"{render.SHOW} {started.execution}",
        )
        result = monitor_runs.conclude(deployment, execution)
        screen.show(result, *render.report(result))
    fail_unless(result.is_ok)


@monitor_app.command("list")
def list_runs(env: EnvironmentOption = DEFAULT_ENVIRONMENT, as_json: JsonOption = False) -> None:
    """List runs, the latest last."""
    with operation(env, as_json=as_json, needs=STACKS) as (deployment, screen):
        result = monitoring.read(deployment)[::-1]
        screen.show(result, render.runs(result))


@monitor_app.command("show")
def show_run(
    run: RunArgument = LATEST,
    env: EnvironmentOption = DEFAULT_ENVIRONMENT,
    as_json: JsonOption = False,
) -> None:
    """Show one run: its verdict, what it found, and what was decided."""
    with operation(env, as_json=as_json, needs=STACKS) as (deployment, screen):
        result = monitor_runs.show(deployment, run)
        screen.show(result, *render.report(result))


@monitor_app.command("report")
def report(
    *,
    run: RunArgument = LATEST,
    output: PageOption = None,
    open_it: OpenOption = False,
    env: EnvironmentOption = DEFAULT_ENVIRONMENT,
    as_json: JsonOption = False,
) -> None:
    """Download a run's page with pictures, and say where it is."""
    with operation(env, as_json=as_json, needs=STACKS) as (deployment, screen):
        found = monitoring.find_reported(deployment, run).run
        text = artifacts.read_text(deployment, found.report_uri)
        if text is None:
            raise OpsError(
                f"the page is gone: {found.report_uri}",
                "Bring its older version back, or look again: `python -m ops monitor run --wait`",
            )
        write_page(screen, output or _page_of(found.monitoring_id), text, open_it=open_it)


def _page_of(monitoring_id: str) -> Path:
    # An id is what the table says; a name is all that a folder may see of it.
    return BUILD / "monitoring" / f"{Path(monitoring_id).name}.html"
