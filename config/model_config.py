"""What there is to say of a model; `config/model.py` says it."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True, slots=True)
class Thresholds:
    """What a model must reach on its holdout to be registered.

    Attributes:
        min_auc: Least area under the ROC curve, 0 to 1.
        max_log_loss: Greatest mean negative log likelihood.
        max_brier: Greatest mean squared difference of score and label, 0 to 1.
        min_rows_per_month: Fewest labelled rows of each month of the holdout.
        min_improvement: By how much its AUC must exceed the champion's; a tie keeps the champion.
    """

    min_auc: float
    max_log_loss: float
    max_brier: float
    min_rows_per_month: int
    min_improvement: float


@dataclass(frozen=True, kw_only=True, slots=True)
class MonitoringThresholds:
    """When people are warned, another model is trained, or the last good one comes back.

    Differences count when they are surer than chance: the better end of the measure's confidence
    interval must be beyond its threshold. People change them with `ops monitor baseline edit`.

    Attributes:
        max_psi: Population stability index of a column above which it has drifted.
        max_auc_loss: By how much AUC may fall below that on the model's holdout.
        min_auc: AUC below which a model must not serve any longer.
        min_labels: Fewest labelled predictions that say anything about quality; repeated ones are
            one. AUC takes 20 of each label as well (`ml/monitor/quality.py`).
        unwatched: Columns that are never what they were, such as those that tell the time.
    """

    max_psi: float
    max_auc_loss: float
    min_auc: float
    min_labels: int
    unwatched: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Range:
    """Values that tuning tries for a hyperparameter.

    Attributes:
        minimum: Smallest value.
        maximum: Largest value.
        is_integer: Whether it tries whole numbers only.
    """

    minimum: float
    maximum: float
    is_integer: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelConfig:
    """One model: its parameters, and when it is good enough.

    Attributes:
        name: Lower case with hyphens; names the model package group.
        hyperparameters: As the training step reads them: texts.
        tuned: Hyperparameters that tuning looks for, with the range of each.
        objective: Metric that tuning maximizes, as the training step logs it.
        thresholds: What it must reach.
        monitoring: What it must keep to when it serves.
        min_new_rows: Rows of the main dataset that must have arrived since the last registered
            model before new data alone begins a training.
    """

    name: str
    hyperparameters: Mapping[str, str]
    thresholds: Thresholds
    monitoring: MonitoringThresholds
    min_new_rows: int
    tuned: Mapping[str, Range] = field(default_factory=dict)
    objective: str = "validation:auc"
