"""Hyperparameters as SageMaker hands them over: texts by name.

`config/model.py` says their values; there are no defaults here, so that none is stated twice.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from math import inf
from typing import Any

from ml.errors import UserError

# Of SageMaker's own, such as `_tuning_objective_metric` and `sagemaker_program`.
_FOREIGN = ("_", "sagemaker_")
_LIMITS: dict[str, tuple[type[int] | type[float], float, float]] = {
    "max_depth": (int, 1, 20),
    "eta": (float, 0.001, 1),
    "min_child_weight": (float, 0, 10_000),
    "subsample": (float, 0.1, 1),
    "colsample_bytree": (float, 0.1, 1),
    "num_boost_round": (int, 1, 10_000),
    "early_stopping_rounds": (int, 1, 1_000),
    "seed": (int, 0, 2**31 - 1),
    "nthread": (int, 1, 128),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Hyperparameters:
    """What training is told; https://xgboost.readthedocs.io/en/stable/parameter.html.

    Attributes:
        max_depth: Most splits from root to leaf, 1-20.
        eta: Step size, 0.001-1.
        min_child_weight: Least sum of weights in a leaf, 0-10,000.
        subsample: Share of rows per tree, 0.1-1.
        colsample_bytree: Share of features per tree, 0.1-1.
        num_boost_round: Most trees, 1-10,000.
        early_stopping_rounds: Trees without improvement after which training ends, 1-1,000.
        seed: Of all random choices.
        nthread: Threads; a model file is reproduced with the same number only.
    """

    max_depth: int
    eta: float
    min_child_weight: float
    subsample: float
    colsample_bytree: float
    num_boost_round: int
    early_stopping_rounds: int
    seed: int
    nthread: int

    @classmethod
    def from_texts(cls, texts: Mapping[str, str]) -> "Hyperparameters":
        """Read texts by name.

        Raises:
            UserError: some are missing, unknown or out of range; all of them are named.
        """
        own = {name: text for name, text in texts.items() if not name.startswith(_FOREIGN)}
        known = [each.name for each in fields(cls)]
        problems = [f"{name} is missing" for name in known if name not in own]
        problems += [f"{name} is unknown" for name in sorted(own.keys() - set(known))]
        values: dict[str, Any] = {}
        for name in own.keys() & set(known):
            try:
                values[name] = _parse(name, own[name])
            except ValueError as error:
                problems.append(str(error))
        if problems:
            raise UserError(
                f"hyperparameters: {'; '.join(sorted(problems))}. Correct them in config/model.py "
                f"or in the execution's input; known are {', '.join(known)}"
            )
        return cls(**values)

    @property
    def of_booster(self) -> dict[str, Any]:
        """Those that describe the trees, by XGBoost's names."""
        names = ("max_depth", "eta", "min_child_weight", "subsample", "colsample_bytree", "seed",
                 "nthread")  # fmt: skip
        return {name: getattr(self, name) for name in names}


def _parse(name: str, text: str) -> float:
    kind, low, high = _LIMITS[name]
    try:
        value = kind(text)
    except ValueError:
        value = inf
    if not low <= value <= high:
        number = "whole number" if kind is int else "number"
        raise ValueError(f"{name} must be a {number} from {low:g} to {high:g}, got {text!r}")
    return value
