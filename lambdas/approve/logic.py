"""Approves what a machine may approve: models that say where they come from."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from lambdas.shared.errors import TransientError
from lambdas.shared.registry import COMPLETED, PENDING, Registry, UnknownPackageError
from schemas.names import ModelMetric
from schemas.registry import IncompleteMetadataError

APPROVAL = "Approved by the environment's policy: it passed the gate and says where it comes from"
_FAILED = "Failed"

Counter = Callable[[str, Mapping[str, int]], None]


class Outcome(StrEnum):
    """What became of a package that waited for approval."""

    APPROVED = "approved"
    DECIDED = "decided already"
    INCOMPLETE = "left pending"
    UNUSABLE = "unusable"


@dataclass(frozen=True, kw_only=True, slots=True)
class Decision:
    """An outcome, and why."""

    outcome: Outcome
    reason: str


def approve(arn: str, registry: Registry, count: Counter) -> Decision:
    """Approve a package that waits for it, unless somebody has decided meanwhile.

    The event that tells of it may be late, or come twice: what counts is how the package is now.

    Args:
        arn: The package.
        registry: Where it is.
        count: Called with the package's group and counts by `ModelMetric`.

    Raises:
        TransientError: `not-completed`; SageMaker is still creating it.
    """
    try:
        package = registry.describe(arn)
    except UnknownPackageError as error:
        return Decision(outcome=Outcome.UNUSABLE, reason=str(error))
    if package.approval != PENDING:
        return Decision(outcome=Outcome.DECIDED, reason=f"it is {package.approval}")
    if package.status == _FAILED:
        return Decision(outcome=Outcome.UNUSABLE, reason="SageMaker failed to create it")
    try:
        run_id = package.metadata.run_id
    except IncompleteMetadataError as error:
        count(package.group_name, {ModelMetric.MODELS_INCOMPLETE: 1})
        return Decision(outcome=Outcome.INCOMPLETE, reason=str(error))
    if package.status != COMPLETED:
        raise TransientError(
            "not-completed", f"{arn} is {package.status}; it is approved once it is {COMPLETED}"
        )
    registry.approve(arn, APPROVAL)
    count(package.group_name, {ModelMetric.MODELS_APPROVED: 1})
    return Decision(outcome=Outcome.APPROVED, reason=f"of run {run_id}")
