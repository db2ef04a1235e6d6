"""Updates of endpoints for tests: from a model that multiplies by 1 to one that does by 5."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from tests.cloud import eventually
from tests.unit.local_sagemaker.hosting import (
    INFERENCE,
    configure,
    deploy,
    described,
    invoke,
    make_model,
)
from tests.unit.local_sagemaker.lab import POLL_SECONDS, Lab
from tests.unit.local_sagemaker.requests import ROLE, blue_green, variant

STATE_CHANGE = "SageMaker Endpoint State Change"
DEPLOYMENT_CHANGE = "SageMaker Endpoint Deployment State Change"
HALF = ("CAPACITY_PERCENT", 50)
HOUR = 3600


class Alarms:
    """Alarms that can be set off."""

    def __init__(self) -> None:
        self.ringing: set[str] = set()

    def __call__(self, role: str, names: Sequence[str]) -> list[str]:
        assert role == ROLE
        return sorted(self.ringing.intersection(names))


def update(lab: Lab, deployment: Any, inference: str = INFERENCE, **members: Any) -> None:
    """Begin to update two instances that multiply by 1 to two that multiply by 5."""
    deploy(lab, factor=1, instances=2)
    make_model(lab, "next", 5, inference)
    configure(lab, "c2", variant("m", "next", instances=2))
    lab.call(
        "UpdateEndpoint",
        EndpointName="e",
        EndpointConfigName="c2",
        DeploymentConfig=deployment,
        **members,
    )


def canary(*alarms: str, bake: int = 0) -> Any:
    return blue_green("CANARY", *alarms, wait=HOUR, bake=bake, CanarySize=HALF)


def await_status(lab: Lab, status: str) -> dict[str, Any]:
    """Return the pending deployment once its variant has a status."""

    def pending() -> Any:
        found = described(lab).get("PendingDeploymentSummary")
        return found and found["ProductionVariants"][0]["VariantStatus"][0]["Status"] == status

    eventually(pending, f"the status is {status}", seconds=60, interval=POLL_SECONDS)
    found: dict[str, Any] = described(lab)["PendingDeploymentSummary"]
    return found


def answers(lab: Lab, count: int = 100) -> Counter[bytes]:
    return Counter(invoke(lab, "1")[2] for _ in range(count))


def stages(lab: Lab) -> list[tuple[str, int]]:
    """Return status and active instances as the events of the deployment tell them."""
    variants = [
        detail["PendingDeploymentSummary"]["ProductionVariants"][0]
        for kind, detail, _ in lab.events
        if kind == DEPLOYMENT_CHANGE
    ]
    return [(v["VariantStatus"][0]["Status"], v["CurrentInstanceCount"]) for v in variants]


def states(lab: Lab) -> list[str]:
    return [detail["EndpointStatus"] for kind, detail, _ in lab.events if kind == STATE_CHANGE]
