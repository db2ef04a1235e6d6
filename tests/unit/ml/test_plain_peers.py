"""The plain libraries that `make bench` measures ours against do the same work."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from bench.twin import overhead, plain
from ml import evaluate
from ml.archives import Artifact
from ml.features import SLICES
from ml.model import MODEL_FILE
from ml.train import Trained
from schemas.evaluations import CHALLENGER
from tests.unit.ml.samples import HYPERPARAMETERS


@pytest.fixture
def folder(prepared: Path, tmp_path: Path) -> Path:
    tmp_path.joinpath("prepared").symlink_to(prepared)
    return tmp_path


def test_plain_training_grows_the_same_trees(
    folder: Path, trained: Trained, holdout: pd.DataFrame
) -> None:
    encoding = trained.model.encoding
    training, validation, later = (
        overhead.part_of(folder, name, encoding) for name in ("train", "validation", "holdout")
    )

    booster = plain.train(training, validation, HYPERPARAMETERS, folder / "plain.ubj")

    scores = booster[: booster.best_iteration + 1].predict(later.to_dmatrix())
    assert np.array_equal(scores, trained.model.predict(holdout))


def test_plain_evaluation_finds_the_same_figures(
    folder: Path, trained: Trained, holdout: pd.DataFrame
) -> None:
    trained.model.save(folder / "model")
    part = overhead.part_of(folder, "holdout", trained.model.encoding)

    found = plain.evaluate(folder / "model" / MODEL_FILE, part, overhead.groups_of(holdout))

    artifacts = {CHALLENGER: Artifact(folder=folder / "model")}
    ours = evaluate.judge(artifacts, folder / "prepared" / "holdout", {}).evaluation.challenger
    expected = [ours.overall, *ours.by_month.values()]
    expected += [scores for values in ours.slices.values() for scores in values.values()]
    assert len(found) == len(expected) > len(SLICES)
    for figures, scores in zip(found, expected, strict=True):
        assert figures == pytest.approx((scores.auc, scores.log_loss, scores.brier), 1e-6)
