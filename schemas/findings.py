"""What a monitoring run found: drift, quality, slices, and every constraint that does not hold."""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from schemas.documents import known


class Concern(StrEnum):
    """What a violation is about, and so what is done: each has an alarm."""

    DRIFT = "drift"
    """Inputs, scores or a slice are not what they were: people are warned."""
    QUALITY = "quality"
    """The model is worse than its baseline: another one is trained."""
    FLOOR = "floor"
    """The model is worse than the least that is acceptable: the last good one comes back."""


class MonitoringMetric(StrEnum):
    """Metrics of a monitoring run, each with the dimension `model_package_group`.

    The last six are published only where there are enough labels.
    """

    DRIFT_VIOLATIONS = "DriftViolations"
    PREDICTIONS = "PredictionsMonitored"
    LABELLED = "PredictionsLabelled"
    QUALITY_VIOLATIONS = "QualityViolations"
    FLOOR_VIOLATIONS = "FloorViolations"
    AUC = "Auc"
    LOG_LOSS = "LogLoss"
    BRIER = "Brier"
    CALIBRATION_ERROR = "CalibrationError"


VIOLATION_METRICS: Mapping[Concern, MonitoringMetric] = {
    Concern.DRIFT: MonitoringMetric.DRIFT_VIOLATIONS,
    Concern.QUALITY: MonitoringMetric.QUALITY_VIOLATIONS,
    Concern.FLOOR: MonitoringMetric.FLOOR_VIOLATIONS,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Drift:
    """How far values have moved from the baseline.

    Attributes:
        psi: Population stability index, with a bin for what is missing; 0 or more.
        distance: Of numbers the Kolmogorov-Smirnov statistic, of names the largest difference of
            a share (L-infinity); 0 to 1.
        missing: Share of missing values, 0 to 1.
        baseline_missing: The same, in the baseline.
        threshold: Of `psi`; None where nobody compares.
    """

    psi: float
    distance: float
    missing: float
    baseline_missing: float
    threshold: float | None

    @property
    def is_drifted(self) -> bool:
        """Whether it is above its threshold."""
        return self.threshold is not None and self.psi > self.threshold


@dataclass(frozen=True, kw_only=True, slots=True)
class Measure:
    """A measure of quality with its uncertainty.

    Attributes:
        value: As measured.
        low: Lower end of its 95 % confidence interval.
        high: Upper end.
        baseline: On the model's holdout; None where it is unknown.
    """

    value: float
    low: float
    high: float
    baseline: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class SliceQuality:
    """The model on the rows with one value of a column.

    Attributes:
        rows: Labelled rows.
        auc: None where all labels are equal.
        accuracy: Share of the rows that the model is right about, at its threshold.
        positive_share: Share of the rows that the model says yes to.
        accuracy_difference: Accuracy of all other rows less its own (AD of SageMaker Clarify);
            positive where these rows are served worse.
        disparate_impact: Its `positive_share` over that of all other rows (DI of SageMaker
            Clarify); None where theirs is 0.
    """

    rows: int
    auc: float | None
    accuracy: float
    positive_share: float
    accuracy_difference: float
    disparate_impact: float | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Violation:
    """One constraint that does not hold; an entry of `constraint_violations.json`.

    Attributes:
        feature_name: Column, metric, or `column=value` of a slice.
        constraint_check_type: As Model Monitor calls it, or the name of a custom rule.
        description: What was found and what was expected, for people.
        concern: What is done about it; an addition to Model Monitor's format.
    """

    feature_name: str
    constraint_check_type: str
    description: str
    concern: Concern


@dataclass(frozen=True, kw_only=True, slots=True)
class Summary:
    """`monitoring.json`: what a run found.

    Attributes:
        model_package_arn: The model whose baseline is the norm.
        since: First moment of the predictions, ISO 8601 in UTC.
        until: First moment after them.
        predictions: Predictions of that time, of any model.
        judged: Those of the champion.
        labelled: Those of the champion whose outcome is known, repeated ones once.
        min_labels: Fewest that say anything about quality.
        drift: Column to drift, over all predictions.
        prediction_drift: Of the champion's scores; None where the baseline does not know them.
        quality: `auc`, `log_loss`, `brier`, `calibration_error` to the measure; empty with too
            few labels.
        slices: Column to value to quality; empty with too few labels.
        violations: Everything that does not hold.
    """

    model_package_arn: str
    since: str
    until: str
    predictions: int
    judged: int
    labelled: int
    min_labels: int
    drift: Mapping[str, Drift] = field(default_factory=dict)
    prediction_drift: Drift | None = None
    quality: Mapping[str, Measure] = field(default_factory=dict)
    slices: Mapping[str, Mapping[str, SliceQuality]] = field(default_factory=dict)
    violations: tuple[Violation, ...] = ()

    def of(self, concern: Concern) -> list[Violation]:
        """Return the violations that concern something."""
        return [each for each in self.violations if each.concern is concern]

    @property
    def has_quality(self) -> bool:
        """Whether there were enough labels to judge quality."""
        return bool(self.quality)

    def to_text(self) -> str:
        """Return it as JSON; the same content gives the same bytes.

        Raises:
            ValueError: a number is not finite, which JSON cannot say.
        """
        return json.dumps(asdict(self), sort_keys=True, indent=1, allow_nan=False)

    @classmethod
    def from_text(cls, text: str) -> "Summary":
        """Read what `to_text` wrote; other keys are ignored."""
        document = json.loads(text)
        scores = document.get("prediction_drift")
        return cls(
            **known(cls, document)
            | {
                "drift": _each(Drift, document.get("drift", {})),
                "prediction_drift": Drift(**known(Drift, scores)) if scores else None,
                "quality": _each(Measure, document.get("quality", {})),
                "slices": {
                    column: _each(SliceQuality, values)
                    for column, values in document.get("slices", {}).items()
                },
                "violations": tuple(
                    Violation(**known(Violation, each) | {"concern": Concern(each["concern"])})
                    for each in document.get("violations", ())
                ),
            }
        )

    def metrics(self) -> dict[MonitoringMetric, float]:
        """Return what is published of it."""
        counts = Counter(each.concern for each in self.violations)
        found: dict[MonitoringMetric, float] = {
            MonitoringMetric.DRIFT_VIOLATIONS: counts[Concern.DRIFT],
            MonitoringMetric.PREDICTIONS: self.predictions,
            MonitoringMetric.LABELLED: self.labelled,
        }
        if self.has_quality:
            found |= {
                MonitoringMetric.QUALITY_VIOLATIONS: counts[Concern.QUALITY],
                MonitoringMetric.FLOOR_VIOLATIONS: counts[Concern.FLOOR],
            }
            names = {
                "auc": MonitoringMetric.AUC,
                "log_loss": MonitoringMetric.LOG_LOSS,
                "brier": MonitoringMetric.BRIER,
                "calibration_error": MonitoringMetric.CALIBRATION_ERROR,
            }
            # A fork may measure more; nobody has an alarm on that.
            found |= {
                metric: self.quality[name].value
                for name, metric in names.items()
                if name in self.quality
            }
        return found


def _each(kind: Any, documents: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    return {name: kind(**known(kind, each)) for name, each in documents.items()}
