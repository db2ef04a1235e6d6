"""Two models tried beside each other, compared by what became of the flights that each scored."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from demo.client import Call
from schemas.registry import version_of

LATE_MINUTES = 15
"""What the models foretell: an arrival later than that, as in `ml.features`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Arm:
    """One of the models.

    Attributes:
        version: Its version.
        calls: Calls that it answered.
        labelled: Predictions of its whose flights have arrived.
        auc: By those; None while they are all alike.
    """

    version: int
    calls: int
    labelled: int
    auc: float | None


def compare(calls: Iterable[Call], labelled: Iterable[Mapping[str, Any]]) -> list[Arm]:
    """Return what each model has shown, by version.

    Args:
        calls: Those of the test; those that no model answered are left out.
        labelled: Their predictions, as `ops.labelled` joins them with what became of the flights.
    """
    answered = Counter(each.model for each in calls if each.is_answered and each.model)
    outcomes: dict[str, list[tuple[float, bool]]] = {arn: [] for arn in answered}
    for row in labelled:
        # Flights that were cancelled or diverted have no delay.
        if row["arr_delay"] is not None and row["score"] is not None:
            outcome = row["score"], row["arr_delay"] > LATE_MINUTES
            outcomes[row["model_package_arn"]].append(outcome)
    return [
        Arm(
            version=version_of(arn),
            calls=answered[arn],
            labelled=len(outcomes[arn]),
            auc=auc(outcomes[arn]),
        )
        for arn in sorted(answered, key=version_of)
    ]


def auc(outcomes: Sequence[tuple[float, bool]]) -> float | None:
    """Return the area under the ROC curve of scores and labels; None when all labels are alike.

    It is the chance that a true one has a higher score than a false one, ties counting half.
    """
    positives = sum(label for _, label in outcomes)
    negatives = len(outcomes) - positives
    if not positives or not negatives:
        return None
    won, lower = 0.0, 0
    for _, tied in groupby(sorted(outcomes), key=lambda each: each[0]):
        labels = [label for _, label in tied]
        false = len(labels) - sum(labels)
        won += sum(labels) * (lower + false / 2)
        lower += false
    return won / (positives * negatives)
