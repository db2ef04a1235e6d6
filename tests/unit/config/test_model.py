"""What a fork says of its model is what training, tuning and the gate can do something with."""

from config import MODEL
from ml.hyperparameters import Hyperparameters
from mlops_constructs.training_states import TRAINING_METRICS


def test_training_takes_the_hyperparameters() -> None:
    Hyperparameters.from_texts(MODEL.hyperparameters)


def test_training_takes_what_tuning_may_try() -> None:
    for name, tried in MODEL.tuned.items():
        for value in (tried.minimum, tried.maximum):
            Hyperparameters.from_texts({**MODEL.hyperparameters, name: f"{value:g}"})


def test_tuning_maximizes_what_training_logs() -> None:
    assert MODEL.objective in TRAINING_METRICS


def test_the_gate_asks_for_more_than_chance() -> None:
    assert 0.5 <= MODEL.thresholds.min_auc <= 1
    assert MODEL.thresholds.min_rows_per_month > 0
