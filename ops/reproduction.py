"""Whether a model that was trained again is the registered one."""

from dataclasses import dataclass

from ops import artifacts
from ops.conclusions import Conclusion, Outcome
from ops.deployment import Deployment
from ops.models import Model

DEFAULT_TOLERANCE = 0.01
"""Largest difference of a score, 0 to 1, that another platform explains. Sums of floating-point
numbers depend on a processor's vector units, and a split between two features that are equally
good may fall the other way."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Reproduction:
    """A model and its repetition.

    Attributes:
        version: The registered model.
        outcome: What the execution came to.
        is_reproduced: Whether the repetition counts as the same model.
        verdict: Why, for people.
        registered_sha256: Hash of the registered model file.
        new_sha256: Hash of the new one; empty when there is none.
        registered_platform: Where the registered model was trained.
        new_platform: Where the new one was trained; empty when there is none.
        max_difference: Largest difference of their scores on any row of the holdout, 0 to 1.
        tolerance: Largest one that another platform explains.
    """

    version: int
    outcome: Outcome
    is_reproduced: bool
    verdict: str
    registered_sha256: str
    new_sha256: str = ""
    registered_platform: str = ""
    new_platform: str = ""
    max_difference: float | None = None
    tolerance: float = DEFAULT_TOLERANCE


def judge(
    deployment: Deployment, model: Model, outcome: Outcome, *, tolerance: float = DEFAULT_TOLERANCE
) -> Reproduction:
    """Judge what an execution that reproduces `model` has come to."""
    evaluation = artifacts.read_evaluation(deployment, outcome.evaluation_uri)
    again = evaluation.challenger if evaluation else None
    platform = model.metadata.platform if model.metadata else ""
    new_platform = again.platform if again else ""
    is_reproduced, verdict = _verdict(outcome, platform, new_platform, tolerance)
    return Reproduction(
        version=model.version,
        outcome=outcome,
        is_reproduced=is_reproduced,
        verdict=verdict,
        registered_sha256=model.metadata.model_sha256 if model.metadata else "",
        new_sha256=again.model_sha256 if again else "",
        registered_platform=platform,
        new_platform=new_platform,
        max_difference=outcome.max_difference,
        tolerance=tolerance,
    )


def _verdict(outcome: Outcome, platform: str, new: str, tolerance: float) -> tuple[bool, str]:
    if outcome.conclusion is Conclusion.REPRODUCED:
        return True, "reproduced: the model file has the registered hash, byte for byte"
    if outcome.conclusion is not Conclusion.DIFFERS:
        return False, f"not judged: the execution is {outcome.conclusion}"
    difference = outcome.max_difference
    told = "unknown" if difference is None else f"{difference:.2g}"
    if platform == new:
        return False, (
            f"NOT reproduced: trained on the same platform, {new}, the model file is another one "
            f"(largest difference of scores {told}); something that decides the model is not "
            "registered"
        )
    if difference is not None and difference <= tolerance:
        return True, (
            f"equivalent: the model file is another one, as platforms differ ({platform}, now "
            f"{new}), and no score differs by more than {told}, within the tolerance {tolerance:g}"
        )
    return False, (
        f"NOT reproduced: platforms differ ({platform}, now {new}), but scores differ by up to "
        f"{told}, more than the tolerance {tolerance:g}"
    )
