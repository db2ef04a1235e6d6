"""The inference stack of an environment, while it serves something."""

from typing import Any

import pytest

from config import ENVIRONMENTS, MODEL
from config.serving import InstanceEndpoint
from schemas.names import StackName
from schemas.releases import Guards, Parameter, Serving
from tests.infrastructure.assembly import Assembly, Resource
from tests.infrastructure.conditions import existing

ALARM = "AWS::CloudWatch::Alarm"
GROUP = f"model-package/mlops-x-{MODEL.name}"
BOTH = Serving(champion=f"{GROUP}/1", challenger=f"{GROUP}/2", challenger_percent=20)
ALONE = Serving(champion=f"{GROUP}/1")


def _environments(*, guarded: bool) -> pytest.MarkDecorator:
    names = [name for name, each in ENVIRONMENTS.items() if each.serving.is_guarded is guarded]
    return pytest.mark.parametrize("assembly", sorted(names), indirect=True)


# Environments whose endpoint has instances, and those whose endpoint is serverless.
GUARDED, SERVERLESS = _environments(guarded=True), _environments(guarded=False)


def stack_of(assembly: Assembly) -> str:
    return StackName.INFERENCE.in_environment(assembly.environment.name)


def template_of(assembly: Assembly) -> dict[str, Any]:
    return assembly.templates[stack_of(assembly)]


def instances_of(assembly: Assembly) -> InstanceEndpoint:
    endpoint = assembly.environment.serving.endpoint
    assert isinstance(endpoint, InstanceEndpoint)
    return endpoint


def is_guarded(assembly: Assembly) -> bool:
    return assembly.environment.serving.is_guarded


def resources(assembly: Assembly, serving: Serving, guards: Guards = Guards.ON) -> dict[str, Any]:
    """Resources of the stack while it serves something."""
    parameters = serving.to_parameters() | {Parameter.GUARDS: guards}
    return existing(template_of(assembly), parameters)


def properties(assembly: Assembly, logical_id: str) -> dict[str, Any]:
    """Properties of a resource while both models serve, and updates are guarded."""
    found: dict[str, Any] = resources(assembly, BOTH)[logical_id]["Properties"]
    return found


def alarms(assembly: Assembly) -> list[Resource]:
    return [each for each in assembly.resources(ALARM) if each.stack == stack_of(assembly)]
