"""What every command has in common: options, errors, and finding the environment."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from ops.aws import connect
from ops.deployment import Deployment, find_environment
from ops.errors import OpsError, explained
from ops.output import Screen
from schemas.names import StackName

DEFAULT_ENVIRONMENT = "local"

EnvironmentOption = Annotated[
    str, typer.Option("--env", envvar="ENV", help="Environment to work on.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Say what would be done.")]
RateOption = Annotated[float, typer.Option("--rate", min=0.01, help="Most messages per second.")]
LimitOption = Annotated[int, typer.Option("--limit", min=1, help="Most messages in this run.")]
WaitOption = Annotated[
    bool,
    typer.Option(
        "--wait/--no-wait",
        help="Wait for the outcome and show it. By default not: the work may take hours, and goes "
        "on without this command.",
    ),
]
TimeoutOption = Annotated[
    float, typer.Option("--timeout", min=0, help="Longest time to wait, in seconds.")
]


@contextmanager
def reported(screen: Screen) -> Iterator[None]:
    """Print an `OpsError` for people on stderr and end with status 1."""
    try:
        yield
    except OpsError as error:
        screen.error(error.cause, error.remedy)
        raise typer.Exit(1) from error


@contextmanager
def operation(
    environment_name: str,
    *,
    as_json: bool,
    is_complete: bool = True,
    needs: Collection[StackName] = (),
) -> Iterator[tuple[Deployment, Screen]]:
    """Give a command its deployment and its screen, and report its errors.

    Args:
        environment_name: Value of `--env`.
        as_json: Value of `--json`.
        is_complete: Whether data lake and ingestion must be deployed.
        needs: Further stacks that must be.
    """
    screen = Screen(as_json=as_json)
    with reported(screen):
        with explained():
            connection = connect(find_environment(environment_name))
        look_up = Deployment.find if is_complete else Deployment.look
        deployment = look_up(environment_name, connection)
        with explained(local_endpoint=connection.endpoint_url):
            deployment.require(*needs)
            yield deployment, screen


def fail_unless(is_ok: bool, *, status: int = 1) -> None:
    """End with `status` unless all is well."""
    if not is_ok:
        raise typer.Exit(status)
