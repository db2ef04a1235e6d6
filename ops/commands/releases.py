"""Commands that change what the endpoint serves, and commands about that.

A release ends with status 0 when what was asked for serves, and with 1 when it does not.
"""

from typing import Annotated

import typer

from ops import endpoint_status, executions, release_requests, releasing
from ops import releases as history
from ops.commands import render_releases as render
from ops.commands.context import (
    DEFAULT_ENVIRONMENT,
    EnvironmentOption,
    JsonOption,
    TimeoutOption,
    fail_unless,
    operation,
)
from ops.commands.watching import watch
from ops.deployment import Deployment
from ops.executions import Execution, UnknownExecutionError
from ops.output import Screen
from ops.releasing import LONGEST_RELEASE_SECONDS
from schemas.names import Output, StackName
from schemas.releases import MAX_CHALLENGER_PERCENT, ReleaseRequest, ReleaseStatus

ab_app = typer.Typer(help="Try a model beside the champion.", no_args_is_help=True)
releases_app = typer.Typer(help="What became of each release.", no_args_is_help=True)
endpoint_app = typer.Typer(help="What serves.", no_args_is_help=True)

STACKS = (StackName.MODEL_REGISTRY, StackName.RELEASE, StackName.INFERENCE)
REASONABLE_CHALLENGER_PERCENT = 10

_MODEL_HELP = "Version, ARN, run, latest or champion."
NoteOption = Annotated[str, typer.Option(help="Why, for those who look later.")]
WaitOption = Annotated[
    bool,
    typer.Option(
        "--wait/--no-wait",
        help="Wait for the outcome and show it. By default it does: what customers meet changes, "
        "and a failed release ends with a failure.",
    ),
]


def release(
    *,
    model: Annotated[
        str | None, typer.Argument(help=f"{_MODEL_HELP} Without it, the newest approved.")
    ] = None,
    note: NoteOption = "",
    wait: WaitOption = True,
    timeout: TimeoutOption = LONGEST_RELEASE_SECONDS,
    env: EnvironmentOption = DEFAULT_ENVIRONMENT,
    as_json: JsonOption = False,
) -> None:
    """Let an approved model serve, alone: guarded, verified, and undone when it goes wrong."""
    with operation(env, as_json=as_json, needs=STACKS) as (deployment, screen):
        request = release_requests.release(deployment, model, note=note)
        is_ok = _run(deployment, screen, request, wait=wait, timeout=timeout)
    fail_unless(is_ok)


def rollback(
    *,
    to: Annotated[
        str | None, typer.Option("--to", help=f"{_MODEL_HELP} Without it, the one before.")
    ] = None,
    note: NoteOption = "",
    wait: WaitOption = True,
    timeout: TimeoutOption = LONGEST_RELEASE_SECONDS,
    env: EnvironmentOption = DEFAULT_ENVIRONMENT,
    as_json: JsonOption = False,
) -> None:
    """Go back to the last good model that served before."""
    with operation(env, as_json=as_json, needs=STACKS) as (deployment, screen):
        request = release_requests.rollback(deployment, to, note=note)
        is_ok = _run(deployment, screen, request, wait=wait, timeout=timeout)
    fail_unless(is_ok)


@ab_app.command("start")
def ab_start(
    *,
    model: Annotated[str, typer.Argument(help=_MODEL_HELP)],
    percent: Annotated[
        int, typer.Option(help=f"Its share of the requests, 1 to {MAX_CHALLENGER_PERCENT}.")
    ] = REASONABLE_CHALLENGER_PERCENT,
    note: NoteOption = "",
    wait: WaitOption = True,
    timeout: TimeoutOption = LONGEST_RELEASE_SECONDS,
    env: EnvironmentOption = DEFAULT_ENVIRONMENT,
    as_json: JsonOption = False,
) -> None:
    """Give a share of the requests to a challenger."""
    with operation(env, as_json=as_json, needs=STACKS) as (deployment, screen):
        request = release_requests.ab_start(deployment, model, percent, note=note)
        is_ok = _run(deployment, screen, request, wait=wait, timeout=timeout)
    fail_unless(is_ok)


@ab_app.command("weights")
def ab_weights(
    *,
    percent: Annotated[
        int, typer.Argument(help=f"The challenger's share, 1 to {MAX_CHALLENGER_PERCENT}.")
    ],
    note: NoteOption = "",
    wait: WaitOption = True,
    timeout: TimeoutOption = LONGEST_RELEASE_SECONDS,
    env: EnvironmentOption = DEFAULT_ENVIRONMENT,
    as_json: JsonOption = False,
) -> None:
    """Give the challenger another share of the requests."""
    with operation(env, as_json=as_json, needs=STACKS) as (deployment, screen):
        request = release_requests.ab_weights(percent, note=note)
        is_ok = _run(deployment, screen, request, wait=wait, timeout=timeout)
    fail_unless(is_ok)


@ab_app.command("stop")
def ab_stop(
    *,
    note: NoteOption = "",
    wait: WaitOption = True,
    timeout: TimeoutOption = LONGEST_RELEASE_SECONDS,
    env: EnvironmentOption = DEFAULT_ENVIRONMENT,
    as_json: JsonOption = False,
) -> None:
    """Let the champion serve alone again; `release` promotes the challenger instead."""
    with operation(env, as_json=as_json, needs=STACKS) as (deployment, screen):
        request = release_requests.ab_stop(note=note)
        is_ok = _run(deployment, screen, request, wait=wait, timeout=timeout)
    fail_unless(is_ok)


def _run(
    deployment: Deployment,
    screen: Screen,
    request: ReleaseRequest,
    *,
    wait: bool,
    timeout: float,
) -> bool:
    """Begin a release, and wait for it if that is wanted; return whether all is well."""
    started = releasing.begin(deployment, request)
    if not wait:
        screen.show(started, *render.started(started))
        return True
    execution = watch(
        deployment,
        screen,
        started,
        timeout_seconds=timeout,
        news=releasing.Narrator(deployment),
        shown_by=f"python -m ops releases show {started.execution}",
    )
    result = releasing.conclude(deployment, execution)
    screen.show(result, *render.outcome(result))
    return result.is_ok


@releases_app.command("list")
def list_releases(
    status: Annotated[ReleaseStatus | None, typer.Option(help="Only this status.")] = None,
    env: EnvironmentOption = DEFAULT_ENVIRONMENT,
    as_json: JsonOption = False,
) -> None:
    """List releases, the latest last."""
    with operation(env, as_json=as_json, needs=STACKS) as (deployment, screen):
        result = history.read(deployment, status=status)
        screen.show(result, render.releases(result))


@releases_app.command("show")
def show_release(
    reference: Annotated[
        str, typer.Argument(metavar="RELEASE", help="Id, the beginning of it, or latest.")
    ],
    env: EnvironmentOption = DEFAULT_ENVIRONMENT,
    as_json: JsonOption = False,
) -> None:
    """Show one release: what was asked for, what became of it, and its states."""
    with operation(env, as_json=as_json, needs=STACKS) as (deployment, screen):
        arn = executions.arn_of(deployment, reference, machine=Output.RELEASE_STATE_MACHINE_ARN)
        found, ran = None, _execution(deployment, arn)
        # One that waits for its turn, or was refused, is in no table.
        if ran is None or history.get(deployment, reference):
            found = history.find(deployment, reference)
            ran = _execution(deployment, found.execution_arn)
        screen.show({"release": found, "execution": ran}, *render.release(found, ran))


def _execution(deployment: Deployment, arn: str) -> Execution | None:
    try:
        return executions.read(deployment, arn)
    except UnknownExecutionError:
        return None


@endpoint_app.command("status")
def endpoint_status_(
    env: EnvironmentOption = DEFAULT_ENVIRONMENT, as_json: JsonOption = False
) -> None:
    """Show what serves, and whether endpoint, stack and releases agree; fails when they do not."""
    with operation(env, as_json=as_json, needs=STACKS) as (deployment, screen):
        result = endpoint_status.look(deployment)
        screen.show(result, *render.endpoint(result))
    fail_unless(result.is_well)
