"""From a prediction to everything that it rests on, and to what became known since."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ops import labels, lineage, models, prediction_log
from ops.deployment import Deployment
from ops.errors import OpsError
from ops.lineage import Lineage
from ops.output import Advance, ignore
from ops.prediction_log import LoggedPrediction


@dataclass(frozen=True, kw_only=True, slots=True)
class Explanation:
    """Everything that is known of a prediction.

    Attributes:
        prediction: What was asked, and what was answered.
        lineage: The model, and what it rests on; None when that is unknown.
        problems: What cannot be traced, or contradicts itself; empty when all is well.
        outcome: What became known since: columns of the main dataset that requests do not carry;
            empty when nothing has arrived yet.
    """

    prediction: LoggedPrediction
    lineage: Lineage | None
    problems: tuple[str, ...] = ()
    outcome: Mapping[str, Any] = field(default_factory=dict)


def explain(
    deployment: Deployment, prediction_id: str, *, advance: Advance = ignore
) -> Explanation:
    """Return everything that is known of a prediction.

    Args:
        deployment: Where it is logged.
        prediction_id: As the answer to its request said.
        advance: Called after each object of the model's data that is counted.

    Raises:
        OpsError: there is no such prediction, or not yet.
    """
    prediction = prediction_log.find(deployment, prediction_id)
    traced, problems = _trace(deployment, prediction, advance)
    return Explanation(
        prediction=prediction,
        lineage=traced,
        problems=problems,
        outcome=_outcome(deployment, prediction.asked),
    )


def _trace(
    deployment: Deployment, prediction: LoggedPrediction, advance: Advance
) -> tuple[Lineage | None, tuple[str, ...]]:
    try:
        model = models.describe(deployment, prediction.model_package_arn)
        traced = lineage.trace(deployment, model, advance=advance)
    except OpsError as error:
        return None, (error.cause,)
    problems = [] if traced.is_intact else [f"the lineage of model {model.version} is broken"]
    logged = prediction
    for name in ("training_job_arn", "code_sha256", "manifest_uri"):
        said, registered = getattr(logged, name), getattr(model.metadata, name)
        if said != registered:
            problems.append(f"the log says that its {name} is {said}, the registry {registered}")
    return traced, tuple(problems)


def _outcome(deployment: Deployment, asked: Mapping[str, Any]) -> dict[str, Any]:
    row = labels.arrived(deployment, [asked]).get(labels.key_of(asked), {})
    return {name: row[name] for name in labels.new_columns() if name in row}
