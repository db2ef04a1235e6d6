"""Commands about thresholds: what counts as drift, and as a model that is too bad."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from ops import thresholds
from ops.commands import render_thresholds as render
from ops.commands.context import (
    DEFAULT_ENVIRONMENT,
    EnvironmentOption,
    JsonOption,
    operation,
    reported,
)
from ops.commands.editor import edited
from ops.errors import OpsError
from ops.output import Screen
from ops.thresholds import Thresholds
from schemas.names import StackName

baseline_app = typer.Typer(
    help="What the model that serves is measured by, and what people change of it.",
    no_args_is_help=True,
)

STACKS = (StackName.MODEL_REGISTRY, StackName.MODEL_MONITOR)

YesOption = Annotated[bool, typer.Option("--yes", help="Do not ask before it is stored.")]


@baseline_app.command("show")
def show_baseline(
    env: EnvironmentOption = DEFAULT_ENVIRONMENT, as_json: JsonOption = False
) -> None:
    """Show the thresholds in force; with --json, the constraints document that `edit` takes."""
    with operation(env, as_json=as_json, needs=STACKS) as (deployment, screen):
        result = thresholds.read(deployment)
        screen.show(result.constraints, *render.thresholds(result))


@baseline_app.command("edit")
def edit_baseline(
    *,
    file: Annotated[
        Path | None,
        typer.Option("--file", help="The whole document, edited; without it, EDITOR is opened."),
    ] = None,
    yes: YesOption = False,
    env: EnvironmentOption = DEFAULT_ENVIRONMENT,
    as_json: JsonOption = False,
) -> None:
    """Change thresholds of the model that serves; changes hold for its successors, too.

    Only what was changed is stored: everything else follows the model and the deployment.
    """
    with reported(Screen(as_json=as_json)):
        _check_can_ask(as_json=as_json, yes=yes)
        given = _given(file)
    with operation(env, as_json=as_json, needs=STACKS) as (deployment, screen):
        known = thresholds.read(deployment)
        with _text(known, given, screen) as text:
            result = thresholds.edited(known, text)
            if result.changes:
                if not screen.as_json:
                    screen.show(result, render.changes(result.changes))
                _confirm("Store this?", yes=yes)
                thresholds.store(deployment, result.patch, etag=known.etag)
        screen.show(result, render.edited(result.changes))


def _given(file: Path | None) -> str | None:
    """Return the document that a file holds; what is wrong with it by itself is said at once."""
    if file is None:
        return None
    try:
        text = file.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise OpsError(f"{file} cannot be read: {error}", "Give another --file") from error
    thresholds.parse(text)
    return text


@contextmanager
def _text(known: Thresholds, given: str | None, screen: Screen) -> Iterator[str]:
    """Yield the edited document."""
    if given is not None:
        yield given
        return
    text = f"{json.dumps(known.constraints, indent=2, ensure_ascii=False)}\n"
    with edited(text, tell=screen.note) as result:
        yield result


@baseline_app.command("reset")
def reset_baseline(
    *,
    yes: YesOption = False,
    env: EnvironmentOption = DEFAULT_ENVIRONMENT,
    as_json: JsonOption = False,
) -> None:
    """Undo everything that people have changed."""
    with reported(Screen(as_json=as_json)):
        _check_can_ask(as_json=as_json, yes=yes)
    with operation(env, as_json=as_json, needs=STACKS) as (deployment, screen):
        people = thresholds.overrides(deployment)
        if not people.is_empty:
            if not screen.as_json:
                screen.show(people, "What people have changed:", people.text)
            _confirm("Undo all of it?", yes=yes)
            thresholds.store(deployment, {}, etag=people.etag)
        screen.show({"undone": people.text}, render.reset(people))


def _check_can_ask(*, as_json: bool, yes: bool) -> None:
    """Refuse before any work what could only fail after it.

    Raises:
        OpsError: nobody would be asked, and nobody has consented.
    """
    if as_json and not yes:
        raise OpsError("with --json nobody is asked", "Give --yes, too, to have it stored")


def _confirm(question: str, *, yes: bool) -> None:
    if not yes:
        typer.confirm(question, abort=True, err=True)
