"""Predictions, scores and explanations as tables for people."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import RenderableType

from ops.commands import render_models
from ops.commands.render_scores import figure
from ops.explaining import Explanation
from ops.output import facts, plain, short_time, table
from ops.predicting import Answers
from ops.prediction_log import LoggedPrediction
from ops.scoring import Scored
from schemas.registry import version_of

MAX_PREDICTIONS = 50
"""Longer lists of predictions are cut for people; machines get all of it."""


def refusals(result: Answers) -> Iterator[str]:
    """Say what is wrong with rows that were not answered."""
    for each in result.refusals:
        column = f", column {each.column}" if each.column else ""
        yield f"row {each.row:,}{column}: {each.message} ({each.code})"
    beside = result.unanswered - len({each.row for each in result.refusals})
    if result.refusals and beside > 0:
        yield f"{beside:,} more rows were in the same requests or after them, and not answered."


def scored(result: Scored) -> Iterator[RenderableType]:
    """Show where the scores of a month lie."""
    yield f"{result.month}: {result.rows:,} rows scored, mean score {figure(result.mean_score)}"
    yield f"The scores: {result.output_uri}"


def predictions(found: Sequence[LoggedPrediction]) -> Iterator[RenderableType]:
    """Show predictions, one line each."""
    more = len(found) - MAX_PREDICTIONS
    yield table(
        f"{len(found):,} predictions",
        ("prediction", "predicted (UTC)", "score", "flaw", "variant", "model"),
        (
            (
                each.prediction_id,
                short_time(each.predicted_at.isoformat()),
                figure(each.score),
                each.flaw,
                each.variant,
                _model(each.model_package_arn),
            )
            for each in found[-MAX_PREDICTIONS:]
        ),
        caption=f"and {more:,} before them; --json has all" if more > 0 else "",
    )


def _model(arn: str) -> object:
    return version_of(arn) if arn.startswith("arn:") else arn


def explanation(result: Explanation) -> Iterator[RenderableType]:
    """Show what a prediction rests on, and what became known since."""
    prediction = result.prediction
    described = plain(prediction)
    asked = described.pop("asked")
    yield facts(f"Prediction {prediction.prediction_id}", described)
    yield facts("What was asked", asked)
    yield from _model_of(result)
    yield _outcome(result.outcome)
    yield from (f"PROBLEM: {each}" for each in result.problems)


def _model_of(result: Explanation) -> Iterator[RenderableType]:
    traced = result.lineage
    if traced is None or traced.model.metadata is None:
        return
    metadata = traced.model.metadata
    yield facts(
        f"Model {traced.model.version}, which answered",
        {
            "AUC on its holdout": metadata.auc,
            "trained on": ", ".join(metadata.window.training_months),
            "run": metadata.run_id,
            "code": metadata.code_uri,
            "commit": metadata.git_commit,
        },
    )
    yield from render_models.lineage(traced)


def _outcome(outcome: Mapping[str, Any]) -> RenderableType:
    if not outcome:
        return "What became of it is not known yet: no row of its key has arrived."
    return facts("What became known since", plain(outcome))
