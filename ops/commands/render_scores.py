"""Figures of models as tables for people."""

from collections.abc import Iterator, Mapping

from rich.table import Table

from ops.output import table
from schemas.evaluations import Evaluation, Scores


def figure(value: float | None) -> str:
    """Return a figure with four digits; nothing for none."""
    return "" if value is None else f"{value:.4f}"


def scores(title: str, each_on: str, by_name: Mapping[str, Scores]) -> Table:
    """Show scores, one line each.

    Args:
        title: Of the table.
        each_on: What the names are.
        by_name: Name to scores.
    """
    return table(
        title,
        (each_on, "AUC", "log loss", "Brier", "rows"),
        (
            (name, figure(each.auc), figure(each.log_loss), figure(each.brier), each.rows)
            for name, each in by_name.items()
        ),
    )


def by_month(evaluation: Evaluation | None) -> Iterator[Table]:
    """Show every model of an evaluation, overall and by month."""
    for name, model in (evaluation.models if evaluation else {}).items():
        on = {"all": model.overall, **model.by_month}
        yield scores(f"The {name} on the holdout", "month", on)
