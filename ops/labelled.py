"""Predictions beside what became known since, as CSV."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ops import labels, prediction_log
from ops.deployment import Deployment
from ops.prediction_log import LoggedPrediction

_OF_PREDICTION = ("prediction_id", "predicted_at", "score", "flaw", "variant", "model_package_arn")


@dataclass(frozen=True, kw_only=True, slots=True)
class Labelled:
    """Predictions whose outcome is known.

    Attributes:
        rows: What each was, and what became of it: see `columns`.
        predictions: All predictions of that time.
    """

    rows: tuple[Mapping[str, Any], ...]
    predictions: int

    def to_csv(self) -> str:
        """Return the rows as CSV with a header."""
        text = io.StringIO()
        writer = csv.DictWriter(text, columns(), lineterminator="\n")
        writer.writeheader()
        writer.writerows(self.rows)
        return text.getvalue()


def columns() -> tuple[str, ...]:
    """Return the columns: those of a prediction, then what requests do not carry."""
    return *_OF_PREDICTION, *labels.new_columns()


def join(deployment: Deployment, month: str) -> Labelled:
    """Return the predictions made in a month whose rows of the main dataset have arrived.

    Args:
        deployment: Where they are logged.
        month: Month in which they were made, in UTC, `YYYY-MM`.
    """
    return label(deployment, list(prediction_log.read(deployment, month)))


def label(deployment: Deployment, predictions: Sequence[LoggedPrediction]) -> Labelled:
    """Return those of some predictions whose rows of the main dataset have arrived."""
    known = labels.arrived(deployment, [each.asked for each in predictions])
    rows = [
        _row(each, outcome)
        for each in predictions
        if (outcome := known.get(labels.key_of(each.asked)))
    ]
    return Labelled(rows=tuple(rows), predictions=len(predictions))


def _row(prediction: LoggedPrediction, outcome: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **{name: getattr(prediction, name) for name in _OF_PREDICTION},
        "predicted_at": prediction.predicted_at.isoformat(),
        **{name: outcome.get(name) for name in labels.new_columns()},
    }
