"""Judges models by the same holdout: `evaluation.json`, a report for people, golden records.

What the model just trained answers is the baseline of its answers once it serves:
`score-statistics.json`.
"""

import json
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ml import archives, golden, measures, profile, records, report
from ml.errors import UserError
from ml.model import Predictions, model_sha256, total_gains, trained_on
from ml.preprocess import SUMMARY_FILE
from ml.scoring import score
from schemas.evaluations import CHALLENGER, CHAMPION, Evaluation, ModelEvaluation
from schemas.monitoring import SCORES_FILE
from schemas.windows import Window

EVALUATION_FILE = "evaluation.json"
REPORT_FILE = "report.html"

_CHAMPION_FILE = "champion.json"


@dataclass(frozen=True, kw_only=True, slots=True)
class Judged:
    """Models on a holdout.

    Attributes:
        holdout: Its labelled records.
        scores: Name of each model to its scores of them.
        evaluation: What the scores are worth.
    """

    holdout: pd.DataFrame
    scores: Mapping[str, Predictions]
    evaluation: Evaluation


def judge(
    models: Mapping[str, archives.Artifact], holdout: Path, summary: Mapping[str, Any]
) -> Judged:
    """Score the holdout with every model and compare.

    Args:
        models: Name to model; `challenger` and `champion` are compared score by score.
        holdout: Folder of the records.
        summary: What `preprocess` says of them; empty when that is not known.

    Raises:
        UserError: the holdout is empty, or a model cannot score it.
    """
    rows = records.read(holdout)
    if rows.empty:
        raise UserError(f"the holdout in {holdout} has no labelled records to judge a model by")
    scores = {name: score(each.folder, holdout, rows) for name, each in models.items()}
    months = Window.from_json(summary["window"]).holdout_months if summary else ()
    difference = None
    if {CHALLENGER, CHAMPION} <= scores.keys():
        difference = float(np.abs(scores[CHALLENGER] - scores[CHAMPION]).max())
    evaluation = Evaluation(
        models={name: _evaluate(models[name], rows, each, months) for name, each in scores.items()},
        max_difference=difference,
        data_sha256=summary.get("data_sha256", ""),
    )
    return Judged(holdout=rows, scores=scores, evaluation=evaluation)


def _evaluate(
    model: archives.Artifact, holdout: pd.DataFrame, scores: Predictions, months: tuple[str, ...]
) -> ModelEvaluation:
    labels = measures.labels_of(holdout)
    return ModelEvaluation(
        overall=measures.measure(labels, scores),
        by_month=measures.by_month(holdout, scores, months),
        slices=measures.by_slice(holdout, scores),
        calibration=measures.calibration(labels, scores),
        importance=measures.importance(total_gains(model.folder)),
        model_sha256=model_sha256(model.folder),
        artifact_sha256=model.sha256,
        platform=trained_on(model.folder),
    )


def run(
    *, holdout: Path, challenger: Path, champion: Path | None, summary: Path, output: Path
) -> None:
    """Judge the model just trained, and the one in force if the run began with one.

    Raises:
        UserError: an input is missing or unusable.
    """
    folders = {CHALLENGER: challenger}
    if champion is not None and _names_a_model(champion):
        folders[CHAMPION] = champion
    judged = _judge_folders(folders, holdout, summary, output)
    scores = judged.scores[CHALLENGER]
    golden.write(judged.holdout, scores, output)
    baseline = json.dumps(profile.of_scores(scores), indent=1, allow_nan=False)
    output.joinpath(SCORES_FILE).write_text(baseline)


def run_named(
    *, holdout: Path, models: Mapping[str, Path], summary: Path | None, output: Path
) -> None:
    """Judge models of any names.

    Raises:
        UserError: an input is missing or unusable.
    """
    _judge_folders(models, holdout, summary, output)


def _judge_folders(
    folders: Mapping[str, Path], holdout: Path, summary: Path | None, output: Path
) -> Judged:
    with ExitStack() as stack:
        models = {
            name: stack.enter_context(archives.opened(folder)) for name, folder in folders.items()
        }
        judged = judge(models, holdout, _read_summary(summary) if summary else {})
    output.mkdir(parents=True, exist_ok=True)
    output.joinpath(EVALUATION_FILE).write_text(judged.evaluation.to_text())
    labels = measures.labels_of(judged.holdout)
    report.page(judged.evaluation, labels, judged.scores).write(output / REPORT_FILE)
    for name, each in judged.evaluation.models.items():
        print(f"{name}: {each.overall}")  # noqa: T201
    return judged


def _names_a_model(champion: Path) -> bool:
    """Whether `champion.json` names a package; an archive beside it may be left from elsewhere."""
    path = champion / _CHAMPION_FILE
    if not path.is_file():
        raise UserError(f"there is no {_CHAMPION_FILE} in {champion}; a run begins by writing it")
    return bool(json.loads(path.read_text())["model_package_arn"])


def _read_summary(folder: Path) -> dict[str, Any]:
    path = folder / SUMMARY_FILE
    if not path.is_file():
        raise UserError(f"there is no {SUMMARY_FILE} in {folder}; `preprocess` writes it")
    summary: dict[str, Any] = json.loads(path.read_text())
    return summary
