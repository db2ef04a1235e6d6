"""The evaluation as a page for people."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from sklearn.metrics import roc_curve

from ml.measures import Labels
from ml.model import Predictions
from reporting import Figure, Page, Section, Table, Tile, charts
from schemas.evaluations import CHALLENGER, CHAMPION, Evaluation, Scores

_CURVE_POINTS = 201
_HEADER = ["model", "rows", "true labels", "AUC", "log loss", "Brier score"]


def page(evaluation: Evaluation, labels: Labels, predictions: Mapping[str, Predictions]) -> Page:
    """Return the page of an evaluation.

    Args:
        evaluation: What it tells.
        labels: Of the holdout.
        predictions: Name of each model to its scores of the holdout.
    """
    first = next(iter(evaluation.models.values())).overall
    verdict, is_good = _verdict(evaluation)
    return Page(
        title="Models on the holdout",
        verdict=verdict,
        is_good=is_good,
        tiles=[
            Tile(label="labelled rows", value=f"{first.rows:,}"),
            Tile(label="true labels", value=f"{first.positive_share:.1%}"),
            *(
                Tile(label=f"AUC, {name}", value=_auc(each.overall))
                for name, each in evaluation.models.items()
            ),
        ],
        sections=[
            _scores_section(evaluation),
            *_roc_section(labels, predictions),
            _calibration_section(evaluation),
            _month_section(evaluation),
            *_slice_sections(evaluation),
            *_importance_sections(evaluation),
        ],
    )


def _verdict(evaluation: Evaluation) -> tuple[str, bool]:
    """Return what stands out; whether a model is registered is the gate's decision."""
    models = evaluation.models
    if {CHALLENGER, CHAMPION} <= models.keys():
        mine, theirs = (models[name].overall for name in (CHALLENGER, CHAMPION))
        is_better = mine.auc is not None and theirs.auc is not None and mine.auc > theirs.auc
        relation = "is better than" if is_better else "is not better than"
        return (
            f"The challenger {relation} the champion: AUC {_auc(mine)} against {_auc(theirs)}.",
            is_better,
        )
    scores = ", ".join(f"{name} {_auc(each.overall)}" for name, each in models.items())
    return f"AUC: {scores}.", all(each.overall.auc is not None for each in models.values())


def _scores_section(evaluation: Evaluation) -> Section:
    rows = [_row(name, each.overall) for name, each in evaluation.models.items()]
    difference = evaluation.max_difference
    return Section(
        title="Scores",
        text=""
        if difference is None
        else f"The scores of challenger and champion differ by up to {difference:.6f} for one row.",
        tables=[Table(header=_HEADER, rows=rows)],
    )


def _roc_section(labels: Labels, predictions: Mapping[str, Predictions]) -> list[Section]:
    if labels.all() or not labels.any():
        return []
    grid = np.linspace(0, 1, _CURVE_POINTS)
    lines = {}
    for name, scores in predictions.items():
        false_rate, true_rate, _ = roc_curve(labels, scores)
        lines[name] = (grid.tolist(), np.interp(grid, false_rate, true_rate).tolist())
    picture = charts.curves(lines, x_label="false positive rate", y_label="true positive rate")
    caption = "The further above the diagonal, the better true labels are told from false ones."
    return [Section(title="ROC", figures=[Figure(svg=picture, caption=caption)])]


def _calibration_section(evaluation: Evaluation) -> Section:
    lines: dict[str, Any] = {
        name: (
            [each.mean_score for each in model.calibration],
            [each.positive_share for each in model.calibration],
        )
        for name, model in evaluation.models.items()
    }
    picture = charts.curves(lines, x_label="mean score", y_label="share of true labels", marker="o")
    caption = "Bins of equally many rows. On the diagonal, a score is the share of true labels."
    return Section(title="Calibration", figures=[Figure(svg=picture, caption=caption)])


def _month_section(evaluation: Evaluation) -> Section:
    rows = [
        [month, *_row(name, scores)]
        for name, model in evaluation.models.items()
        for month, scores in model.by_month.items()
    ]
    return Section(title="By month", tables=[Table(header=["month", *_HEADER], rows=rows)])


def _slice_sections(evaluation: Evaluation) -> list[Section]:
    columns = dict.fromkeys(
        column for model in evaluation.models.values() for column in model.slices
    )
    return [_slice_section(evaluation, column) for column in columns]


def _slice_section(evaluation: Evaluation, column: str) -> Section:
    slices = {name: model.slices.get(column, {}) for name, model in evaluation.models.items()}
    areas = {
        name: {value: each.auc for value, each in values.items() if each.auc is not None}
        for name, values in slices.items()
    }
    caption = f"AUC on the rows with each value of {column}; few rows make it uncertain."
    rows = [
        [value, *_row(name, scores)]
        for name, values in slices.items()
        for value, scores in values.items()
    ]
    return Section(
        title=f"By {column}",
        figures=[Figure(svg=charts.dots(areas, x_label="AUC"), caption=caption)]
        if any(areas.values())
        else [],
        tables=[Table(header=[column, *_HEADER], rows=rows)],
    )


def _importance_sections(evaluation: Evaluation) -> list[Section]:
    sections = []
    for name, model in evaluation.models.items():
        if model.importance:
            picture = charts.bars(
                model.importance, x_label="share of the total gain", value_format="{:.1%}"
            )
            caption = "How much the splits by each feature reduce the loss of training."
            figure = Figure(svg=picture, caption=caption)
            sections.append(Section(title=f"Features of {name}", figures=[figure]))
    return sections


def _row(name: str, scores: Scores) -> list[str]:
    return [
        name,
        f"{scores.rows:,}",
        f"{scores.positive_share:.1%}",
        _auc(scores),
        f"{scores.log_loss:.4f}",
        f"{scores.brier:.4f}",
    ]


def _auc(scores: Scores) -> str:
    return "none" if scores.auc is None else f"{scores.auc:.4f}"
