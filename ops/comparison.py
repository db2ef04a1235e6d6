"""Two models side by side. Scores on different months do not compare, so each says its rows."""

from collections.abc import Iterator
from dataclasses import dataclass

from ops.errors import OpsError
from ops.models import JudgedModel, Model
from schemas.evaluations import Evaluation, ModelEvaluation, Scores
from schemas.registry import ModelMetadata

OVERALL = "all"
FIGURES = ("auc", "log_loss", "brier", "rows")


@dataclass(frozen=True, kw_only=True, slots=True)
class Contender:
    """A model with what it can be compared by.

    Attributes:
        model: The model.
        metadata: Where it comes from.
        evaluation: Its evaluation, in which it is the challenger.
    """

    model: Model
    metadata: ModelMetadata
    evaluation: Evaluation


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One figure of both models.

    Attributes:
        rows_of: Holdout month, `YYYY-MM`, or `all`.
        figure: `auc`, `log_loss`, `brier` or `rows`.
        first: Of the first model; None where it was not judged on that month.
        second: Of the second model.
        difference: Second less first, where both are on the same rows; else None.
    """

    rows_of: str
    figure: str
    first: float | None
    second: float | None
    difference: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Comparison:
    """Two models side by side.

    Attributes:
        first: Version of the first.
        second: Version of the second.
        rows: Their figures: overall, then by month.
        remarks: What to know before believing a difference.
    """

    first: int
    second: int
    rows: tuple[Row, ...]
    remarks: tuple[str, ...]


def contender(judged: JudgedModel) -> Contender:
    """Return a model that can be compared.

    Raises:
        OpsError: it does not say where it comes from, or its evaluation is gone.
    """
    model = judged.model
    if model.metadata is None:
        raise OpsError(
            f"model {model.version} cannot be compared: {model.problem}", "Choose another model"
        )
    if judged.evaluation is None:
        raise OpsError(
            f"the evaluation of model {model.version}, {model.metadata.evaluation_uri}, is gone",
            "Bring the object back from its older versions, or choose another model",
        )
    return Contender(model=model, metadata=model.metadata, evaluation=judged.evaluation)


def compare(first: Contender, second: Contender) -> Comparison:
    """Return two models side by side."""
    ours, theirs, are_on_same_rows = _sides(first, second)
    rows = list(_rows(OVERALL, ours.overall, theirs.overall, compares=are_on_same_rows))
    for month in sorted({*ours.by_month, *theirs.by_month}):
        a, b = ours.by_month.get(month), theirs.by_month.get(month)
        rows += _rows(month, a, b, compares=are_on_same_rows or _are_alike(a, b))
    return Comparison(
        first=first.model.version,
        second=second.model.version,
        rows=tuple(rows),
        remarks=tuple(_remarks(first, second, are_on_same_rows)),
    )


def _sides(first: Contender, second: Contender) -> tuple[ModelEvaluation, ModelEvaluation, bool]:
    """Return both evaluations, from one job where one model was judged beside the other."""
    ours, theirs = first.evaluation, second.evaluation
    if ours.champion and first.metadata.parent_package_arn == second.model.arn:
        return ours.challenger, ours.champion, True
    if theirs.champion and second.metadata.parent_package_arn == first.model.arn:
        return theirs.champion, theirs.challenger, True
    return ours.challenger, theirs.challenger, False


def _are_alike(first: Scores | None, second: Scores | None) -> bool:
    """Whether two scores of one month are on the same rows, as far as counts can tell."""
    return (
        first is not None
        and second is not None
        and (first.rows, first.positive_share) == (second.rows, second.positive_share)
    )


def _rows(
    rows_of: str, first: Scores | None, second: Scores | None, *, compares: bool
) -> Iterator[Row]:
    for figure in FIGURES:
        a, b = (getattr(each, figure) if each else None for each in (first, second))
        yield Row(
            rows_of=rows_of,
            figure=figure,
            first=a,
            second=b,
            difference=b - a if compares and a is not None and b is not None else None,
        )


def _remarks(first: Contender, second: Contender, are_on_same_rows: bool) -> Iterator[str]:
    if are_on_same_rows:
        yield "One job scored both models on the same rows."
    elif first.metadata.window.holdout_months != second.metadata.window.holdout_months:
        yield (
            "The models were judged on different months: only differences within one month say "
            "something."
        )
    for one, other in ((first, second), (second, first)):
        seen = set(one.metadata.window.training_months) & set(other.metadata.window.holdout_months)
        if seen:
            yield (
                f"Model {one.model.version} was trained on {', '.join(sorted(seen))}, by which "
                f"model {other.model.version} was judged."
            )
