"""Figures are those of scikit-learn; the report follows from them."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score

from ml import evaluate, measures, records
from ml.errors import UserError
from ml.model import model_sha256, own_platform
from ml.train import Trained
from schemas.evaluations import Evaluation
from tests.unit.ml.jobs import A_CHAMPION, Job
from tests.unit.ml.samples import write_archive


def test_figures_are_those_of_scikit_learn(
    job: Job, model: Path, holdout: pd.DataFrame, trained: Trained
) -> None:
    found = job.challenger(model).run().challenger
    labels, scores = holdout[records.LABEL].to_numpy(), trained.model.predict(holdout)
    assert found.overall.rows == len(holdout)
    assert found.overall.positive_share == pytest.approx(labels.mean())
    assert found.overall.auc == pytest.approx(roc_auc_score(labels, scores))
    assert found.overall.log_loss == pytest.approx(log_loss(labels, scores))
    assert found.overall.brier == pytest.approx(brier_score_loss(labels, scores))
    for column in ("carrier", "origin"):
        assert set(found.slices[column]) == set(holdout[column])
        for value, each in found.slices[column].items():
            rows = (holdout[column] == value).to_numpy()
            assert each.rows == rows.sum()
            assert each.auc == pytest.approx(roc_auc_score(labels[rows], scores[rows]))
            assert each.log_loss == pytest.approx(log_loss(labels[rows], scores[rows]))
            assert each.brier == pytest.approx(brier_score_loss(labels[rows], scores[rows]))
    assert set(found.by_month) == {"2013-03"}
    assert found.by_month["2013-03"] == found.overall


def test_calibration_covers_every_row_by_rising_score(
    job: Job, model: Path, holdout: pd.DataFrame
) -> None:
    bins = job.challenger(model).run().challenger.calibration
    assert len(bins) == 10
    assert sum(each.rows for each in bins) == len(holdout)
    assert [each.mean_score for each in bins] == sorted(each.mean_score for each in bins)
    share = sum(each.positive_share * each.rows for each in bins) / len(holdout)
    assert share == pytest.approx(holdout[records.LABEL].mean())


def test_the_challengers_scores_are_the_baseline_of_its_answers(
    job: Job, model: Path, other: Path, holdout: pd.DataFrame, trained: Trained
) -> None:
    job.challenger(model).champion(A_CHAMPION, other).run()
    document = json.loads((job.output / "score-statistics.json").read_text())
    (found,) = document["features"]
    scores = trained.model.predict(holdout)
    assert found["name"] == "score"
    assert document["dataset"] == {"item_count": len(holdout)}
    assert found["numerical_statistics"]["mean"] == pytest.approx(scores.astype(float).mean())
    (level,) = found["numerical_statistics"]["distribution"]["kll"]["sketch"]["data"]
    assert level[0] >= scores.min()
    assert level[-1] <= scores.max()


def test_importances_are_shares_of_what_carries_the_signal(job: Job, model: Path) -> None:
    found = job.challenger(model).run().challenger.importance
    assert sum(found.values()) == pytest.approx(1)
    # The arrival is the departure and a constant.
    signal = {"departure", "arrival", "precip", "carrier"}
    assert sum(found.get(name, 0) for name in signal) > 0.8


def test_importances_are_ordered_largest_first() -> None:
    found = measures.importance({"a": 1.0, "b": 6.0, "c": 1.0})
    assert list(found.items()) == [("b", 0.75), ("a", 0.125), ("c", 0.125)]


def test_a_model_without_splits_has_no_importances() -> None:
    assert measures.importance({}) == {}


def test_it_names_what_it_judged(job: Job, model: Path, prepared: Path) -> None:
    evaluation = job.challenger(model).run()
    archive = (job.folder / "challenger" / "model.tar.gz").read_bytes()
    summary = json.loads((prepared / "summary" / "summary.json").read_text())
    found = evaluation.challenger
    assert found.model_sha256 == model_sha256(model)
    assert found.artifact_sha256 == hashlib.sha256(archive).hexdigest()
    assert found.platform == own_platform()
    assert evaluation.data_sha256 == summary["data_sha256"]


def test_the_report_shows_every_picture_and_loads_nothing(
    job: Job, model: Path, other: Path
) -> None:
    job.challenger(model).champion(A_CHAMPION, other).run()
    html = (job.output / "report.html").read_text()
    for title in ("ROC", "Calibration", "By month", "By carrier", "By origin",
                  "Features of challenger", "Features of champion"):  # fmt: skip
        assert f"<h2>{title}</h2>" in html
    assert html.count("<svg") == 6
    assert "<script" not in html
    assert "src=" not in html


def test_the_same_models_give_the_same_evaluation(job: Job, model: Path) -> None:
    first = job.challenger(model).run()
    text = (job.output / "evaluation.json").read_text()
    assert job.run() == first
    assert (job.output / "evaluation.json").read_text() == text


def test_labels_that_are_all_equal_have_no_auc() -> None:
    scores = measures.measure(np.array([False, False]), np.array([0.2, 0.4]))
    assert scores.auc is None
    assert scores.log_loss == pytest.approx(-(np.log(0.8) + np.log(0.6)) / 2)
    assert scores.brier == pytest.approx((0.04 + 0.16) / 2)


def test_a_month_without_rows_is_there_with_none(holdout: pd.DataFrame) -> None:
    scores = np.full(len(holdout), 0.5)
    found = measures.by_month(holdout, scores, ("2013-03", "2013-04"))
    assert {month: each.rows for month, each in found.items()} == {
        "2013-03": len(holdout), "2013-04": 0
    }  # fmt: skip
    assert found["2013-04"].auc is None


def test_a_report_of_one_label_has_no_roc(prepared: Path, model: Path, tmp_path: Path) -> None:
    rows = records.read(prepared / "holdout")
    rows[records.LABEL] = False
    records.write(rows, tmp_path / "holdout")
    evaluate.run_named(
        holdout=tmp_path / "holdout", models={"mine": model}, summary=None, output=tmp_path / "out"
    )
    html = (tmp_path / "out" / "report.html").read_text()
    assert "<h2>ROC</h2>" not in html
    assert "AUC: mine none." in html


def test_models_of_any_names_are_judged(
    prepared: Path, model: Path, other: Path, tmp_path: Path
) -> None:
    models = {"static": write_archive(tmp_path / "static", model), "expanding": other}
    evaluate.run_named(
        holdout=prepared / "holdout", models=models, summary=None, output=tmp_path / "out"
    )
    text = (tmp_path / "out" / "evaluation.json").read_text()
    evaluation = Evaluation.from_text(text)
    assert set(evaluation.models) == {"static", "expanding"}
    assert evaluation.max_difference is None
    assert evaluation.models["expanding"].artifact_sha256 == ""


def test_an_empty_holdout_is_refused(prepared: Path, model: Path, tmp_path: Path) -> None:
    records.write(records.read(prepared / "holdout").head(0), tmp_path / "empty")
    with pytest.raises(UserError, match="has no labelled records"):
        evaluate.run_named(
            holdout=tmp_path / "empty", models={"m": model}, summary=None, output=tmp_path / "out"
        )
