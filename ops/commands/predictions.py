"""Commands that ask for predictions, and commands about those that were given."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from ops import explaining, labelled, predicting, prediction_log, scoring
from ops.commands import render_predictions as render
from ops.commands.context import (
    DEFAULT_ENVIRONMENT,
    EnvironmentOption,
    JsonOption,
    TimeoutOption,
    WaitOption,
    fail_unless,
    operation,
)
from ops.commands.output_files import OutputOption, check_writable, write
from ops.commands.watching import watch
from ops.errors import OpsError
from ops.request_files import RowFile, RowFormat, format_of, read_rows
from schemas.names import StackName

predictions_app = typer.Typer(help="Predictions that were given.", no_args_is_help=True)

STACKS = (StackName.PREDICTION,)
STANDARD_INPUT = Path("-")
LONGEST_SCORING_SECONDS = 4 * 3600
DESCRIBE_EXECUTION = "aws stepfunctions describe-execution --execution-arn"


def predict(
    *,
    file: Annotated[
        Path | None, typer.Argument(help="Rows: .csv, .jsonl or .json; - for standard input.")
    ] = None,
    row: Annotated[str, typer.Option(help="One row as a JSON object.")] = "",
    row_format: Annotated[
        RowFormat | None, typer.Option("--format", help="Of the file; else its name says it.")
    ] = None,
    request_id: Annotated[
        str, typer.Option(help="Same id, same rows, same answer: logged once.")
    ] = "",
    output: OutputOption = None,
    env: EnvironmentOption = DEFAULT_ENVIRONMENT,
    as_json: JsonOption = False,
) -> None:
    """Ask for predictions of rows, and print them as CSV; fails when a row gets none."""
    with operation(env, as_json=as_json, needs=STACKS) as (deployment, screen):
        rows = _rows(file, row, row_format)
        name = predicting.choose_request_id(request_id, rows)
        check_writable(output)
        if not request_id:
            screen.note(f"To repeat it and log nothing twice: --request-id {name}")
        with screen.progress("asking", len(rows.records)) as advance:
            result = predicting.predict(deployment, rows, name, advance=advance)
        if output:
            write(output, result.to_csv())
            screen.note(f"{len(result.predictions):,} predictions written to {output}")
        screen.show_text(result, "" if output else result.to_csv())
        for line in render.refusals(result):
            screen.note(line)
        if result.failure:
            raise OpsError(
                f"{result.unanswered:,} rows were not answered: {result.failure}",
                f"Remove the cause and ask again, with --request-id {name}",
            )
    fail_unless(not result.unanswered)


def _rows(file: Path | None, row: str, row_format: RowFormat | None) -> RowFile:
    if (file is None) == (not row):
        raise OpsError("what to predict is not clear", "Give either a file, - or --row")
    if file is None:
        return read_rows(row.encode(), RowFormat.JSON)
    if file == STANDARD_INPUT:
        return read_rows(sys.stdin.buffer.read(), row_format or RowFormat.JSON_LINES)
    try:
        data = file.read_bytes()
    except OSError as error:
        raise OpsError(f"{file} cannot be read: {error.strerror}", "Give another file") from error
    return read_rows(data, row_format or format_of(file.name))


def score(
    month: Annotated[str, typer.Argument(help="Month to score, YYYY-MM.")],
    wait: WaitOption = False,
    timeout: TimeoutOption = LONGEST_SCORING_SECONDS,
    env: EnvironmentOption = DEFAULT_ENVIRONMENT,
    as_json: JsonOption = False,
) -> None:
    """Score every row of a month as a batch, with the model that serves."""
    with operation(env, as_json=as_json, needs=STACKS) as (deployment, screen):
        started = scoring.begin(deployment, month)
        if not wait:
            screen.show(
                started,
                f"{started.execution} began.",
                f"How far it is: {DESCRIBE_EXECUTION} {started.execution_arn}",
            )
            return
        execution = watch(
            deployment,
            screen,
            started,
            timeout_seconds=timeout,
            shown_by=f"{DESCRIBE_EXECUTION} {started.execution_arn}",
        )
        result = scoring.conclude(deployment, execution)
        screen.show(result, *render.scored(result))


def explain(
    prediction: Annotated[
        str, typer.Argument(help="Id of a prediction, as its answer said, or latest.")
    ],
    env: EnvironmentOption = DEFAULT_ENVIRONMENT,
    as_json: JsonOption = False,
) -> None:
    """Trace a prediction to its model, code and data, and show what became known since.

    Fails when something of it is missing or contradicts itself.
    """
    with operation(env, as_json=as_json, needs=STACKS) as (deployment, screen):
        with screen.progress("counting rows", None) as advance:
            result = explaining.explain(deployment, prediction, advance=advance)
        screen.show(result, *render.explanation(result))
    fail_unless(not result.problems)


@predictions_app.command("list")
def list_predictions(
    day: Annotated[str, typer.Option(help="Only this day in UTC, YYYY-MM-DD.")] = "",
    flawed: Annotated[bool, typer.Option("--flawed", help="Only those with a flaw.")] = False,
    env: EnvironmentOption = DEFAULT_ENVIRONMENT,
    as_json: JsonOption = False,
) -> None:
    """List predictions, the latest last."""
    with operation(env, as_json=as_json, needs=STACKS) as (deployment, screen):
        found = [each for each in prediction_log.read(deployment, day) if each.flaw or not flawed]
        found.sort(key=lambda each: (each.predicted_at, each.prediction_id))
        screen.show(found, *render.predictions(found))


@predictions_app.command("labelled")
def labelled_predictions(
    month: Annotated[str, typer.Argument(help="Month in which they were made, UTC, YYYY-MM.")],
    output: OutputOption = None,
    env: EnvironmentOption = DEFAULT_ENVIRONMENT,
    as_json: JsonOption = False,
) -> None:
    """Print predictions as CSV beside what has become known of the same rows since."""
    with operation(env, as_json=as_json, needs=STACKS) as (deployment, screen):
        check_writable(output)
        result = labelled.join(deployment, month)
        if output:
            write(output, result.to_csv())
        screen.show_text(result, "" if output else result.to_csv())
        screen.note(f"{len(result.rows):,} of {result.predictions:,} predictions are labelled.")
