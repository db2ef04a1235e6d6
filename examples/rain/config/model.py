from types import MappingProxyType

from config.model_config import ModelConfig, MonitoringThresholds, Range, Thresholds

MODEL = ModelConfig(
    name="rain-next-hour",
    hyperparameters=MappingProxyType(
        {
            "max_depth": "4",
            "eta": "0.1",
            "min_child_weight": "5",
            "subsample": "0.8",
            "colsample_bytree": "0.8",
            "num_boost_round": "200",
            "early_stopping_rounds": "20",
            "seed": "1",
            "nthread": "1",
        }
    ),
    tuned=MappingProxyType({"max_depth": Range(minimum=2, maximum=6, is_integer=True)}),
    # Six hours of a hundred are wet: always saying so would score 0.23 and 0.06.
    thresholds=Thresholds(
        min_auc=0.85,
        max_log_loss=0.20,
        max_brier=0.05,
        min_rows_per_month=2_000,
        min_improvement=0.0,
    ),
    monitoring=MonitoringThresholds(
        max_psi=0.2,
        max_auc_loss=0.03,
        min_auc=0.70,
        min_labels=1_000,
        unwatched=("year", "month", "day"),
    ),
    min_new_rows=2_000,
)
