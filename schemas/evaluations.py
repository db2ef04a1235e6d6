"""`evaluation.json`: how good models are on a holdout. Written in the container, read everywhere.

Models are named: `challenger` is the one just trained; `champion`, where there is one, is scored
again on the same rows by the same job, because scores on different months do not compare.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from schemas.documents import known

CHALLENGER = "challenger"
CHAMPION = "champion"


@dataclass(frozen=True, kw_only=True, slots=True)
class Scores:
    """How good a model is on some rows.

    Attributes:
        rows: Labelled rows.
        positive_share: Share of them with a true label, 0 to 1.
        auc: Area under the ROC curve, 0 to 1; None where all labels are equal.
        log_loss: Mean negative log likelihood, natural logarithm.
        brier: Mean squared difference of score and label, 0 to 1.
    """

    rows: int
    positive_share: float
    auc: float | None
    log_loss: float
    brier: float


@dataclass(frozen=True, kw_only=True, slots=True)
class CalibrationBin:
    """Rows with similar scores: the mean score should be the share of true labels."""

    rows: int
    mean_score: float
    positive_share: float


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelEvaluation:
    """One model on the holdout.

    Attributes:
        overall: On all rows.
        by_month: `YYYY-MM` to the scores on that month's rows.
        slices: Column to value to the scores on the rows with that value.
        calibration: Bins of equally many rows, by rising score.
        importance: Feature to its share of the total gain; 1 in all.
        model_sha256: Hash of the model file: equal for the same data, code and parameters.
        artifact_sha256: Hash of the archive it came in; empty when it came without.
        platform: Where it was trained, as the archive says: `linux-x86_64`; empty when it does not.
    """

    overall: Scores
    by_month: Mapping[str, Scores]
    slices: Mapping[str, Mapping[str, Scores]] = field(default_factory=dict)
    calibration: tuple[CalibrationBin, ...] = ()
    importance: Mapping[str, float] = field(default_factory=dict)
    model_sha256: str
    artifact_sha256: str = ""
    platform: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Evaluation:
    """Models on one holdout.

    Attributes:
        models: Name to evaluation.
        max_difference: Largest difference between the scores that challenger and champion give
            any row, 0 to 1; None without a champion. Tells reproductions from other models.
        data_sha256: Hash over the content of every file of the snapshot.
    """

    models: Mapping[str, ModelEvaluation]
    max_difference: float | None = None
    data_sha256: str = ""

    @property
    def challenger(self) -> ModelEvaluation:
        """The model just trained."""
        return self.models[CHALLENGER]

    @property
    def champion(self) -> ModelEvaluation | None:
        """The model in force, if there is one."""
        return self.models.get(CHAMPION)

    def to_text(self) -> str:
        """Return it as JSON; the same content gives the same bytes.

        Raises:
            ValueError: a number is not finite, which JSON cannot say.
        """
        return json.dumps(asdict(self), sort_keys=True, indent=1, allow_nan=False)

    @classmethod
    def from_text(cls, text: str) -> "Evaluation":
        """Read what `to_text` wrote; other keys are ignored.

        A reproduction is evaluated by the code of its time, which may have written more or less.
        """
        document = json.loads(text)
        models = {name: _model_evaluation(each) for name, each in document["models"].items()}
        return cls(**known(cls, document) | {"models": models})


def _model_evaluation(document: Mapping[str, Any]) -> ModelEvaluation:
    values = known(ModelEvaluation, document)
    slices = values.get("slices", {})
    bins = values.get("calibration", ())
    return ModelEvaluation(
        **values
        | {
            "overall": _scores(values["overall"]),
            "by_month": _scores_by(values["by_month"]),
            "slices": {name: _scores_by(each) for name, each in slices.items()},
            "calibration": tuple(CalibrationBin(**known(CalibrationBin, each)) for each in bins),
        }
    )


def _scores(document: Mapping[str, Any]) -> Scores:
    return Scores(**known(Scores, document))


def _scores_by(document: Mapping[str, Any]) -> dict[str, Scores]:
    return {name: _scores(each) for name, each in document.items()}
