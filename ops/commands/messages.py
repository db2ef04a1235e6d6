"""Commands about messages that could not be processed."""

from dataclasses import replace
from typing import Annotated

import typer

from ops import dead_letters, parking
from ops.commands import render_messages as render
from ops.commands.context import (
    DEFAULT_ENVIRONMENT,
    DryRunOption,
    EnvironmentOption,
    JsonOption,
    LimitOption,
    RateOption,
    operation,
)
from ops.consumers import Consumer
from ops.errors import OpsError
from schemas.dead_letters import DeadLetterStatus

dead_letters_app = typer.Typer(help="Messages that died, with their reasons.", no_args_is_help=True)
parking_app = typer.Typer(help="Dead letters that could not be archived.", no_args_is_help=True)

QueueOption = Annotated[Consumer, typer.Option("--queue", help="Whose messages.")]
KeyArgument = Annotated[str, typer.Argument(help="Message key, or its first 6 or more digits.")]


@dead_letters_app.command("list")
def list_letters(
    status: Annotated[DeadLetterStatus | None, typer.Option(help="Only this status.")] = None,
    queue: QueueOption = Consumer.INGESTION,
    env: EnvironmentOption = DEFAULT_ENVIRONMENT,
    as_json: JsonOption = False,
) -> None:
    """List dead letters, the latest last."""
    with operation(env, as_json=as_json, needs=(queue.outputs.stack,)) as (deployment, screen):
        letters = dead_letters.list_dead_letters(deployment, queue, status=status)
        screen.show(letters, render.dead_letters(letters))


@dead_letters_app.command("show")
def show_letter(
    key: KeyArgument,
    queue: QueueOption = Consumer.INGESTION,
    env: EnvironmentOption = DEFAULT_ENVIRONMENT,
    as_json: JsonOption = False,
) -> None:
    """Show one dead letter with its message."""
    with operation(env, as_json=as_json, needs=(queue.outputs.stack,)) as (deployment, screen):
        letter = dead_letters.find(deployment, key, queue)
        letter = replace(letter, body=dead_letters.body_of(deployment, letter))
        screen.show(letter, *render.dead_letter(letter))


@dead_letters_app.command("replay")
def replay_letters(
    *,
    keys: Annotated[list[str] | None, typer.Argument(help="Keys, or their first digits.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Every open dead letter.")] = False,
    reason: Annotated[str, typer.Option(help="With --all: only this error code.")] = "",
    limit: LimitOption = dead_letters.DEFAULT_LIMIT,
    rate: RateOption = dead_letters.DEFAULT_RATE,
    dry_run: DryRunOption = False,
    queue: QueueOption = Consumer.INGESTION,
    env: EnvironmentOption = DEFAULT_ENVIRONMENT,
    as_json: JsonOption = False,
) -> None:
    """Send messages back to their queue, after their cause was removed."""
    with operation(env, as_json=as_json, needs=(queue.outputs.stack,)) as (deployment, screen):
        if bool(keys) == everything:
            raise OpsError("what to replay is not clear", "Give either keys or --all")
        if keys:
            letters = [dead_letters.find(deployment, key, queue) for key in dict.fromkeys(keys)]
        else:
            letters = dead_letters.replayable(deployment, queue, error_code=reason)
        chosen = letters[:limit]
        with screen.progress("replaying", len(chosen)) as advance:
            results = dead_letters.replay(
                deployment, chosen, queue, rate_per_second=rate, dry_run=dry_run, advance=advance
            )
        report = {"results": results, "left_out": len(letters) - len(chosen)}
        screen.show(report, *render.replayed(results, left_out=len(letters) - len(chosen)))


@dead_letters_app.command("close")
def close_letter(
    key: KeyArgument,
    note: Annotated[str, typer.Option(help="Why no replay is needed.")],
    queue: QueueOption = Consumer.INGESTION,
    env: EnvironmentOption = DEFAULT_ENVIRONMENT,
    as_json: JsonOption = False,
) -> None:
    """Close a dead letter with a note."""
    with operation(env, as_json=as_json, needs=(queue.outputs.stack,)) as (deployment, screen):
        letter = dead_letters.close(
            deployment, dead_letters.find(deployment, key, queue), note, queue
        )
        screen.show(letter, f"closed {letter.message_key[:16]}: {letter.note}")


@parking_app.command("list")
def list_parked(
    limit: LimitOption = parking.DEFAULT_LIMIT,
    queue: QueueOption = Consumer.INGESTION,
    env: EnvironmentOption = DEFAULT_ENVIRONMENT,
    as_json: JsonOption = False,
) -> None:
    """List parked messages and leave them where they are."""
    with operation(env, as_json=as_json, needs=(queue.outputs.stack,)) as (deployment, screen):
        messages = parking.list_parked(deployment, queue, limit=limit)
        screen.show(messages, render.parked(messages))


@parking_app.command("redrive")
def redrive_parked(
    limit: LimitOption = parking.DEFAULT_LIMIT,
    queue: QueueOption = Consumer.INGESTION,
    env: EnvironmentOption = DEFAULT_ENVIRONMENT,
    as_json: JsonOption = False,
) -> None:
    """Move parked messages back to the dead-letter queue, to be archived."""
    with operation(env, as_json=as_json, needs=(queue.outputs.stack,)) as (deployment, screen):
        with screen.progress("moving", None) as advance:
            moved = parking.redrive(deployment, queue, limit=limit, advance=advance)
        screen.show({"moved": moved}, f"{moved:,} messages moved to the dead-letter queue")
