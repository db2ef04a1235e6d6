"""The model that the platform trains. A fork with its own use case edits this file."""

from types import MappingProxyType

from config.model_config import ModelConfig, MonitoringThresholds, Range, Thresholds

MODEL = ModelConfig(
    name="flight-delay",
    hyperparameters=MappingProxyType(
        {
            "max_depth": "6",
            "eta": "0.1",
            "min_child_weight": "5",
            "subsample": "0.8",
            "colsample_bytree": "0.8",
            "num_boost_round": "300",
            "early_stopping_rounds": "20",
            "seed": "1",
            "nthread": "1",
        }
    ),
    tuned=MappingProxyType(
        {
            "max_depth": Range(minimum=3, maximum=8, is_integer=True),
            "eta": Range(minimum=0.05, maximum=0.3),
        }
    ),
    thresholds=Thresholds(
        min_auc=0.60,
        max_log_loss=0.65,
        max_brier=0.22,
        min_rows_per_month=1_000,
        min_improvement=0.0,
    ),
    monitoring=MonitoringThresholds(
        max_psi=0.2,
        max_auc_loss=0.02,
        min_auc=0.55,
        min_labels=1_000,
        unwatched=("year", "month", "day"),
    ),
    min_new_rows=20_000,
)
