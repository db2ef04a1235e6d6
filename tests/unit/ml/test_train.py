"""Training is deterministic, stops by later examples, and says what it was told wrongly."""

import json
import math
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import log_loss, roc_auc_score

from lambdas.watchdog.lines import parsed
from lambdas.watchdog.rules import Progress, violation
from ml import records
from ml.errors import UserError
from ml.hyperparameters import Hyperparameters
from ml.model import Model, model_sha256
from ml.train import Trained, run, train
from schemas.watchdog import WatchdogLimits
from tests.unit.ml.samples import HYPERPARAMETERS, TEXTS, write_training_root

ROOT = Path(__file__).resolve().parents[3]


def test_two_processes_give_the_same_files(prepared: Path, tmp_path: Path) -> None:
    hashes = []
    for seed in ("1", "2"):
        root = write_training_root(tmp_path / seed, prepared, TEXTS)
        subprocess.run(
            [sys.executable, "-m", "ml", "train", "--root", root],
            env=os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)},
            cwd=tmp_path,
            check=True,
        )
        features = (root / "model" / "features.json").read_bytes()
        hashes.append((model_sha256(root / "model"), features))
    assert hashes[0] == hashes[1]


def test_another_seed_gives_another_model(model: Path, other: Path) -> None:
    assert model_sha256(model) != model_sha256(other)


def test_the_model_ends_with_its_best_round(prepared: Path, trained: Trained) -> None:
    validation = records.read(prepared / "validation")
    labels = validation[records.LABEL]
    scores = trained.model.predict(validation)
    assert trained.model.booster.num_boosted_rounds() < HYPERPARAMETERS.num_boost_round
    assert trained.metrics["validation:logloss"] == pytest.approx(log_loss(labels, scores), 1e-5)
    assert trained.metrics["validation:auc"] == pytest.approx(roc_auc_score(labels, scores), 1e-5)


def test_the_auc_of_few_training_examples_is_that_of_all(prepared: Path, trained: Trained) -> None:
    examples = records.read(prepared / "train")
    expected = roc_auc_score(examples[records.LABEL], trained.model.predict(examples))
    assert trained.metrics["train:auc"] == pytest.approx(expected)


def test_the_auc_of_many_training_examples_is_that_of_some(
    prepared: Path, trained: Trained, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ml.train._ROWS_OF_TRAIN_AUC", 500)
    examples, later = (records.read(prepared / name) for name in ("train", "validation"))
    again = train(examples, later, HYPERPARAMETERS)
    assert again.model.booster.save_raw() == trained.model.booster.save_raw()
    difference = again.metrics["train:auc"] - trained.metrics["train:auc"]
    assert 0 < abs(difference) < 0.05


def test_the_model_finds_the_signal(holdout: pd.DataFrame, trained: Trained) -> None:
    assert roc_auc_score(holdout[records.LABEL], trained.model.predict(holdout)) > 0.7


def test_a_loaded_model_scores_as_the_trained_one(
    holdout: pd.DataFrame, trained: Trained, tmp_path: Path
) -> None:
    trained.model.save(tmp_path)
    loaded = Model.load(tmp_path)
    assert (loaded.predict(holdout) == trained.model.predict(holdout)).all()


def test_vocabularies_come_from_training_rows_alone(prepared: Path) -> None:
    training = records.read(prepared / "train")
    validation = records.read(prepared / "validation")
    validation["dest"] = "HNL"
    fitted = train(training, validation, HYPERPARAMETERS).model.encoding.vocabularies
    assert "HNL" not in fitted["dest"]
    assert set(fitted["dest"]) == set(training["dest"])


def test_metrics_are_logged_as_sagemaker_looks_for_them(
    prepared: Path, tmp_path: Path, trained: Trained, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()  # the fixture logs, too
    run(write_training_root(tmp_path / "ml", prepared, TEXTS))
    logged = capsys.readouterr().out
    for name, value in trained.metrics.items():
        found = re.findall(rf"{name}=([0-9.]+)", logged)
        assert [float(each) for each in found] == pytest.approx([value], abs=1e-6)


def test_what_it_logs_as_it_goes_can_be_read_by_the_watchdog(
    prepared: Path, tmp_path: Path, trained: Trained, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()  # the fixture logs, too
    rounds = trained.model.booster.num_boosted_rounds()
    texts = TEXTS | {"num_boost_round": str(rounds)}
    run(write_training_root(tmp_path / "ml", prepared, texts))
    lines = list(parsed(capsys.readouterr().out.splitlines()))
    assert [each.round for each in lines] == sorted({*range(0, rounds, 25), rounds - 1})
    names = ("train-auc", "train-logloss", "validation-auc", "validation-logloss")
    assert all(tuple(each.metrics) == names for each in lines)
    for name, value in trained.metrics.items():
        assert lines[-1].metrics[name.replace(":", "-")] == pytest.approx(value, abs=1e-5)


@pytest.mark.filterwarnings("ignore:.*only positive or negative samples")
def test_an_auc_that_a_few_training_examples_do_not_have_ends_no_job(
    prepared: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of rare labels, those examples may have none by whose AUC training is watched."""
    monkeypatch.setattr("ml.train._ROWS_OF_TRAIN_AUC", 500)
    training, validation = (records.read(prepared / name) for name in ("train", "validation"))
    step = len(training) // 500
    assert step > 1
    training[records.LABEL] &= np.arange(len(training)) % step != 0
    trained = train(training, validation, replace(HYPERPARAMETERS, num_boost_round=30))
    assert math.isnan(trained.metrics["train:auc"])
    lines = list(parsed(capsys.readouterr().out.splitlines()))
    assert all(math.isnan(each.metrics["train-auc"]) for each in lines)
    limits = WatchdogLimits(
        max_gap=0.5, patience_lines=3, max_minutes=1, max_cost_usd=1, usd_per_hour=1
    )
    assert violation(Progress(lines=lines, elapsed_seconds=1, limits=limits)) is None


def test_no_file_of_the_model_is_a_pickle(prepared: Path, tmp_path: Path) -> None:
    root = write_training_root(tmp_path / "ml", prepared, TEXTS)
    run(root)
    model = root / "model"
    assert {path.name for path in model.iterdir()} == {"model.ubj", "features.json", "code"}
    json.loads((model / "features.json").read_text())
    assert (model / "code" / "inference.py").is_file()


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"max_depth": "deep"}, "max_depth must be a whole number from 1 to 20, got 'deep'"),
        ({"max_depth": "0"}, "max_depth must be a whole number from 1 to 20, got '0'"),
        ({"max_depth": "3.5"}, "max_depth must be a whole number"),
        ({"eta": "nan"}, "eta must be a number from 0.001 to 1, got 'nan'"),
        ({"eta": "2"}, "eta must be a number from 0.001 to 1, got '2'"),
        ({"learning_rate": "0.1"}, "learning_rate is unknown"),
    ],
)
def test_a_wrong_hyperparameter_is_named(changes: dict[str, str], complaint: str) -> None:
    with pytest.raises(UserError, match=re.escape(complaint)):
        Hyperparameters.from_texts(TEXTS | changes)


def test_every_wrong_hyperparameter_is_named_at_once() -> None:
    texts = {name: text for name, text in TEXTS.items() if name != "seed"} | {"eta": "-1", "x": ""}
    with pytest.raises(UserError) as error:
        Hyperparameters.from_texts(texts)
    for complaint in ("seed is missing", "x is unknown", "eta must be", "config/model.py"):
        assert complaint in str(error.value)


def test_hyperparameters_of_sagemaker_itself_are_ignored() -> None:
    foreign = {"_tuning_objective_metric": "validation:auc", "sagemaker_program": "ml"}
    assert Hyperparameters.from_texts(TEXTS | foreign) == HYPERPARAMETERS


@pytest.mark.parametrize("part", ["training", "validation"])
def test_examples_of_one_label_are_refused(prepared: Path, part: str) -> None:
    parts = {"training": records.read(prepared / "train"),
             "validation": records.read(prepared / "validation")}  # fmt: skip
    parts[part][records.LABEL] = True
    with pytest.raises(UserError, match=f"labels of the {part} examples are equal"):
        train(parts["training"], parts["validation"], HYPERPARAMETERS)
