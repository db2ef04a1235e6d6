"""Champions are scored again on the challenger's rows, by their own code."""

import hashlib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from ml import records
from ml.errors import UserError
from ml.features import features
from ml.model import to_dmatrix
from ml.train import Trained
from tests.unit.ml.jobs import A_CHAMPION, NO_CHAMPION, Job


def test_without_a_champion_there_is_nothing_to_compare(job: Job, model: Path) -> None:
    evaluation = job.challenger(model).run()
    assert evaluation.champion is None
    assert evaluation.max_difference is None


def test_an_archive_that_champion_json_does_not_name_is_not_scored(
    job: Job, model: Path, other: Path
) -> None:
    assert job.challenger(model).champion(NO_CHAMPION, other).run().champion is None


def test_champion_and_challenger_are_scored_on_the_same_rows(
    job: Job, model: Path, other: Path, holdout: pd.DataFrame
) -> None:
    evaluation = job.challenger(model).champion(A_CHAMPION, other).run()
    assert evaluation.champion is not None
    assert evaluation.champion.overall.rows == evaluation.challenger.overall.rows == len(holdout)
    archive = (job.folder / "champion" / "model.tar.gz").read_bytes()
    assert evaluation.champion.artifact_sha256 == hashlib.sha256(archive).hexdigest()
    assert evaluation.max_difference is not None
    assert 0 < evaluation.max_difference < 1


def test_the_same_model_differs_by_nothing(job: Job, model: Path) -> None:
    evaluation = job.challenger(model).champion(A_CHAMPION, model).run()
    assert evaluation.max_difference == 0
    assert evaluation.champion is not None
    assert evaluation.champion.model_sha256 == evaluation.challenger.model_sha256


def with_other_code(model: Path, folder: Path, old: str, new: str) -> Path:
    """Return a copy of a model, trained by code that computed its features in another way."""
    for path in (path for path in model.rglob("*") if path.is_file()):
        target = folder / path.relative_to(model)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(path.read_bytes())
    features = folder / "code" / "ml" / "features.py"
    text = features.read_text()
    assert old in text
    features.write_text(text.replace(old, new))
    return folder


def test_a_champion_is_scored_by_the_code_that_trained_it(
    job: Job, model: Path, tmp_path: Path, trained: Trained, holdout: pd.DataFrame
) -> None:
    before = with_other_code(
        model, tmp_path / "before", '"departure": departure,', '"departure": departure - 720,'
    )
    evaluation = job.challenger(model).champion(A_CHAMPION, before).run()
    inputs = features(holdout)
    encoding = trained.model.encoding
    shifted = encoding.matrix(inputs.assign(departure=inputs["departure"] - 720))
    expected = trained.model.booster.predict(to_dmatrix(shifted, encoding))
    difference = np.abs(trained.model.predict(holdout) - expected).max()
    assert difference > 0
    assert evaluation.champion is not None
    assert evaluation.champion.overall.auc == pytest.approx(
        roc_auc_score(holdout[records.LABEL], expected)
    )
    assert evaluation.max_difference == pytest.approx(difference)


def test_a_champion_whose_code_fails_is_an_error_that_says_so(
    job: Job, model: Path, tmp_path: Path
) -> None:
    before = with_other_code(
        model, tmp_path / "before", '"departure": departure,', '"departure": records["gate"],'
    )
    with pytest.raises(UserError, match=r"cannot score the holdout: .*KeyError: 'gate'"):
        job.challenger(model).champion(A_CHAMPION, before).run()
