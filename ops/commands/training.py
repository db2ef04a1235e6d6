"""Commands that train, and commands about runs.

With --wait they end with status 0 when a model was registered or reproduced or nothing was to do,
3 when the gate refused the model or it was not reproduced, and 1 when the execution failed.
"""

from typing import Annotated

import typer

from ops import conclusions, following, models, reproduction, runs
from ops import training as trainings
from ops.commands import render_training as render
from ops.commands.context import (
    DEFAULT_ENVIRONMENT,
    EnvironmentOption,
    JsonOption,
    TimeoutOption,
    WaitOption,
    fail_unless,
    operation,
)
from ops.commands.watching import watch
from ops.conclusions import Conclusion, Outcome
from ops.deployment import Deployment
from ops.following import Started
from ops.output import Screen
from schemas.names import StackName
from schemas.registry import version_of
from schemas.runs import Mode, RunStatus

runs_app = typer.Typer(help="What became of each training.", no_args_is_help=True)

STACKS = (StackName.MODEL_REGISTRY, StackName.TRAINING_PIPELINE)
REFUSED_STATUS = 3
"""Exit status when everything worked, and the model is not good enough or another one."""
LONGEST_WAIT_SECONDS = 4 * 3600

_WELL = frozenset({Conclusion.REGISTERED, Conclusion.SKIPPED})


def train(
    *,
    window: Annotated[
        tuple[str, str, str] | None,
        typer.Option(
            metavar="TRAIN_FROM HOLDOUT_FROM HOLDOUT_TO",
            help="Months, YYYY-MM: first of training, first of the holdout, first after it. "
            "Without it, the newest complete month is the holdout.",
        ),
    ] = None,
    mode: Annotated[Mode, typer.Option(help="Train once, or look for parameters.")] = Mode.TRAIN,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help="A hyperparameter; may be repeated."),
    ] = None,
    wait: WaitOption = False,
    timeout: TimeoutOption = LONGEST_WAIT_SECONDS,
    env: EnvironmentOption = DEFAULT_ENVIRONMENT,
    as_json: JsonOption = False,
) -> None:
    """Train a model, and register it when it is good enough.

    With --wait, the exit status is 3 when the gate refused the model, 1 when something failed, and
    0 when it was registered or there was nothing to do.
    """
    with operation(env, as_json=as_json, needs=STACKS) as (deployment, screen):
        document = trainings.request(months=window, mode=mode, settings=settings or ())
        label = f"{mode.value}-{window[1]}" if window else mode.value
        started = following.begin(deployment, label, document)
        if not wait:
            screen.show(started, *render.started(started))
            return
        outcome = _wait(deployment, screen, started, timeout)
        screen.show(outcome, *render.outcome(outcome))
    conclusion = outcome.conclusion
    fail_unless(conclusion in _WELL, status=_failure_status(conclusion))


def reproduce(
    *,
    model: Annotated[str, typer.Argument(help="Version, ARN, run, latest or champion.")],
    wait: WaitOption = False,
    timeout: TimeoutOption = LONGEST_WAIT_SECONDS,
    tolerance: Annotated[
        float,
        typer.Option(min=0, max=1, help="Largest difference of a score across platforms."),
    ] = reproduction.DEFAULT_TOLERANCE,
    env: EnvironmentOption = DEFAULT_ENVIRONMENT,
    as_json: JsonOption = False,
) -> None:
    """Train a registered model again from what it carries, and compare the two.

    Nothing is registered. With --wait, the exit status is 3 when the models differ, 1 when
    something failed, and 0 when they are the same, or, trained on different platforms, give scores
    within the tolerance.
    """
    with operation(env, as_json=as_json, needs=STACKS) as (deployment, screen):
        original = models.find(deployment, model)
        label = f"reproduce-{version_of(original.arn)}"
        started = following.begin(deployment, label, {"reproduces": original.arn})
        if not wait:
            screen.show(started, *render.started(started))
            return
        outcome = _wait(deployment, screen, started, timeout)
        result = reproduction.judge(deployment, original, outcome, tolerance=tolerance)
        screen.show(result, *render.reproduction(result))
    fail_unless(result.is_reproduced, status=_failure_status(outcome.conclusion))


def _wait(deployment: Deployment, screen: Screen, started: Started, timeout: float) -> Outcome:
    execution = watch(deployment, screen, started, timeout_seconds=timeout)
    return conclusions.conclude(deployment, execution)


def _failure_status(conclusion: Conclusion) -> int:
    return 1 if conclusion is Conclusion.FAILED else REFUSED_STATUS


@runs_app.command("list")
def list_runs(
    status: Annotated[RunStatus | None, typer.Option(help="Only this status.")] = None,
    env: EnvironmentOption = DEFAULT_ENVIRONMENT,
    as_json: JsonOption = False,
) -> None:
    """List runs, the latest last, and the last executions that began none."""
    with operation(env, as_json=as_json, needs=STACKS) as (deployment, screen):
        if status is None:
            result = runs.list_runs(deployment)
        else:
            result = runs.Runs(runs=tuple(runs.read(deployment, status=status)))
        screen.show(result, *render.runs(result))


@runs_app.command("show")
def show_run(
    run: Annotated[
        str, typer.Argument(help="Run id or its beginning, latest, or name of an execution.")
    ],
    env: EnvironmentOption = DEFAULT_ENVIRONMENT,
    as_json: JsonOption = False,
) -> None:
    """Show one run: its states, jobs, figures, and where its files and logs are."""
    with operation(env, as_json=as_json, needs=STACKS) as (deployment, screen):
        result = runs.show(deployment, run)
        screen.show(result, *render.run(result))
