"""Commands about registered models."""

from collections.abc import Callable
from typing import Annotated

import typer

from ops import approval, comparison
from ops import lineage as tracing
from ops import models as registry
from ops.approval import Decision
from ops.commands import render_models as render
from ops.commands.context import (
    DEFAULT_ENVIRONMENT,
    EnvironmentOption,
    JsonOption,
    fail_unless,
    operation,
)
from ops.deployment import Deployment
from ops.models import Model
from schemas.names import StackName

models_app = typer.Typer(help="Registered models, and who may be released.", no_args_is_help=True)

STACKS = (StackName.MODEL_REGISTRY,)

ModelArgument = Annotated[str, typer.Argument(help="Version, ARN, run, latest or champion.")]
NoteOption = Annotated[str, typer.Option(help="Why, for those who look later.")]


@models_app.command("list")
def list_models(env: EnvironmentOption = DEFAULT_ENVIRONMENT, as_json: JsonOption = False) -> None:
    """List models with their figures, the latest last."""
    with operation(env, as_json=as_json, needs=STACKS) as (deployment, screen):
        result = registry.list_models(deployment)
        screen.show(result, render.models(result))


@models_app.command("show")
def show_model(
    model: ModelArgument,
    env: EnvironmentOption = DEFAULT_ENVIRONMENT,
    as_json: JsonOption = False,
) -> None:
    """Show one model: where it comes from, and its figures by month."""
    with operation(env, as_json=as_json, needs=STACKS) as (deployment, screen):
        result = registry.judged(deployment, registry.find(deployment, model))
        screen.show(result, *render.model(result))


@models_app.command("compare")
def compare_models(
    first: ModelArgument,
    second: ModelArgument,
    env: EnvironmentOption = DEFAULT_ENVIRONMENT,
    as_json: JsonOption = False,
) -> None:
    """Show the figures of two models side by side, overall and by month."""
    with operation(env, as_json=as_json, needs=STACKS) as (deployment, screen):
        one, other = (
            comparison.contender(registry.judged(deployment, registry.find(deployment, each)))
            for each in (first, second)
        )
        result = comparison.compare(one, other)
        screen.show(result, *render.comparison(result))


@models_app.command("approve")
def approve_model(
    model: ModelArgument,
    note: NoteOption,
    env: EnvironmentOption = DEFAULT_ENVIRONMENT,
    as_json: JsonOption = False,
) -> None:
    """Allow a model to be released, after checking what it carries and its archive's hash."""
    _decide(approval.approve, model, note, env, as_json=as_json)


@models_app.command("reject")
def reject_model(
    model: ModelArgument,
    note: NoteOption,
    env: EnvironmentOption = DEFAULT_ENVIRONMENT,
    as_json: JsonOption = False,
) -> None:
    """Keep a model from being released; an approved one loses its approval."""
    _decide(approval.reject, model, note, env, as_json=as_json)


def _decide(
    decide: Callable[[Deployment, Model, str], Decision],
    model: str,
    note: str,
    env: str,
    *,
    as_json: bool,
) -> None:
    with operation(env, as_json=as_json, needs=STACKS) as (deployment, screen):
        result = decide(deployment, registry.find(deployment, model), note)
        screen.show(result, *render.decision(result))


def lineage(
    model: ModelArgument,
    env: EnvironmentOption = DEFAULT_ENVIRONMENT,
    as_json: JsonOption = False,
) -> None:
    """Trace a model back to the raw files, and check every link; fails when one is broken."""
    with operation(env, as_json=as_json, needs=STACKS) as (deployment, screen):
        found = registry.find(deployment, model)
        with screen.progress("counting rows", None) as advance:
            result = tracing.trace(deployment, found, advance=advance)
        screen.show(result, *render.lineage(result))
    fail_unless(result.is_intact)
