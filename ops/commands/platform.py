"""Commands about an environment as a whole."""

from typing import Annotated

import typer

from ops import alarms as alarming
from ops import preflight as checks
from ops import smoke as smoking
from ops import status as looking
from ops.aws import connect
from ops.commands import render, render_alarms
from ops.commands.context import (
    DEFAULT_ENVIRONMENT,
    EnvironmentOption,
    JsonOption,
    TimeoutOption,
    fail_unless,
    operation,
    reported,
)
from ops.commands.live import watch_status
from ops.commands.output_files import BUILD, OpenOption, PageOption, write_page
from ops.deployment import find_environment
from ops.empty import check_deletable
from ops.emptying import empty_environment
from ops.errors import OpsError, explained
from ops.output import Screen


def status(
    *,
    watch: Annotated[
        bool, typer.Option("--watch", help="Go on looking, until Ctrl-C; files are not counted.")
    ] = False,
    every: Annotated[
        float, typer.Option("--every", min=1, help="With --watch: seconds between two looks.")
    ] = 5,
    env: EnvironmentOption = DEFAULT_ENVIRONMENT,
    as_json: JsonOption = False,
) -> None:
    """Show stacks, queues, dead letters, files and rows, training, what serves, and alarms."""
    with operation(env, as_json=as_json) as (deployment, screen):
        if watch and as_json:
            raise OpsError("--watch is for people", "Repeat `python -m ops status --json` instead")
        if watch:
            watch_status(deployment, screen, every_seconds=every)
            return
        result = looking.look(deployment)
        screen.show(result, *render.status(result))


def alarms(
    *,
    every_alarm: Annotated[bool, typer.Option("--all", help="Also those that are not on.")] = False,
    env: EnvironmentOption = DEFAULT_ENVIRONMENT,
    as_json: JsonOption = False,
) -> None:
    """Show which alarms are on, since when, what each means, and the page that helps."""
    with operation(env, as_json=as_json) as (deployment, screen):
        known = alarming.read(deployment)
        result = [each for each in known if each.is_on or every_alarm]
        screen.show(result, render_alarms.alarms(result, len(known)))


def report(
    *,
    output: PageOption = None,
    open_it: OpenOption = False,
    env: EnvironmentOption = DEFAULT_ENVIRONMENT,
    as_json: JsonOption = False,
) -> None:
    """Write the platform's page: one file, to look at and to hand on."""
    # It draws, and what draws takes a second to import: no other command should wait for it.
    from ops.page import build  # noqa: PLC0415

    with operation(env, as_json=as_json) as (deployment, screen):
        with screen.activity("collecting what is known"):
            text = build(deployment).html()
        write_page(screen, output or BUILD / f"platform-{env}.html", text, open_it=open_it)


def preflight(env: EnvironmentOption = DEFAULT_ENVIRONMENT, as_json: JsonOption = False) -> None:
    """Check what a deploy needs: credentials, region, bootstrap, quota, alarm address."""
    screen = Screen(as_json=as_json)
    with reported(screen):
        environment = find_environment(env)
        with explained():
            connection = connect(environment)
        result = checks.preflight(environment, connection)
        screen.show(result, render.preflight(env, result))
    fail_unless(all(check.is_ok for check in result))


def smoke(
    env: EnvironmentOption = DEFAULT_ENVIRONMENT,
    timeout: TimeoutOption = 300,
    as_json: JsonOption = False,
) -> None:
    """Ingest one small file, announce it twice, and say OK or FAIL."""
    with operation(env, as_json=as_json) as (deployment, screen):
        result = smoking.smoke(deployment, timeout_seconds=timeout)
        screen.show(result, *render.smoke(result))
        screen.note(f"The file stays in the lake as {smoking.KEY}; the next run supersedes it.")
    fail_unless(all(step.is_ok for step in result))


def empty(
    yes_delete_data: Annotated[
        bool, typer.Option("--yes-delete-data", help="Consent to the loss of all data.")
    ] = False,
    env: EnvironmentOption = DEFAULT_ENVIRONMENT,
    as_json: JsonOption = False,
) -> None:
    """Stop all that runs and delete data, models, endpoint and logs, so that it can be destroyed.

    Environments that keep their data are refused.
    """
    with operation(env, as_json=as_json, is_complete=False) as (deployment, screen):
        check_deletable(deployment)
        if not yes_delete_data:
            raise OpsError(
                f"this deletes all data of environment {env} in {deployment.place}",
                "Run it again with --yes-delete-data",
            )
        with screen.progress("stopping and deleting", None) as advance:
            result = empty_environment(deployment, advance=advance)
        screen.show(result, render.emptied(env, result))
