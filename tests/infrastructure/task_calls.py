"""What the tasks of a state machine call, and what its role must be allowed for that.

Source: https://docs.aws.amazon.com/step-functions/latest/dg/connect-sagemaker.html
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import botocore.session
from botocore.model import OperationModel, ServiceModel

from local.environment import ACCOUNT, REGION
from tests.security.policies import Context

RULES = {
    "ProcessingJob": "StepFunctionsGetEventsForSageMakerProcessingJobsRule",
    "TrainingJob": "StepFunctionsGetEventsForSageMakerTrainingJobsRule",
    "HyperParameterTuningJob": "StepFunctionsGetEventsForSageMakerTuningJobsRule",
    "TransformJob": "StepFunctionsGetEventsForSageMakerTransformJobsRule",
}


@dataclass(frozen=True)
class Need:
    """An action on a resource, with the condition keys that come with it."""

    action: str
    resource: str
    context: Context = field(default_factory=dict)


def calls_a_function(task: Mapping[str, Any]) -> bool:
    return ":function:" in task["Resource"]


def operation_of(task: Mapping[str, Any]) -> OperationModel:
    """Return the operation of a service integration."""
    *_, service, action = _names(task)
    operation: OperationModel = _service_model(service).operation_model(
        action[0].upper() + action[1:]
    )
    return operation


@cache
def _service_model(service: str) -> ServiceModel:
    """Return AWS's own model of a service, which takes a tenth of a second to read."""
    return botocore.session.get_session().get_service_model(service)


def needs(task: Mapping[str, Any], parameters: Any) -> Iterator[Need]:
    """Yield what a task that passes on `parameters` asks of the state machine's role."""
    if calls_a_function(task):
        yield Need("lambda:InvokeFunction", task["Resource"])
        return
    *_, service, action = _names(task)
    match service, re.sub("^(create|describe|update)", "", action):
        case "sns", _:
            yield Need("sns:Publish", parameters["TopicArn"])
        case "cloudformation", _:
            yield from _stack_needs(action, parameters)
        case "sagemaker", str(noun) if action.startswith("describe"):
            yield Need(f"sagemaker:Describe{noun}", _named(noun, parameters))
        case "sagemaker", str(noun):
            yield from _job_needs(noun, parameters)
        case unknown:
            raise AssertionError(f"{unknown}: say here what it needs")


def _names(task: Mapping[str, Any]) -> list[str]:
    names: list[str] = task["Resource"].removesuffix(".sync").split(":")
    return names


def _stack_needs(action: str, parameters: Mapping[str, Any]) -> Iterator[Need]:
    name = parameters["StackName"]
    stack = f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/{name}/6f1d2a34"
    verb = action[0].upper() + action[1:]
    if "RoleARN" not in parameters:
        yield Need(f"cloudformation:{verb}", stack)
        return
    role = parameters["RoleARN"]
    yield Need(f"cloudformation:{verb}", stack, {"cloudformation:RoleArn": role})
    yield Need("iam:PassRole", role, {"iam:PassedToService": "cloudformation.amazonaws.com"})


def _job_needs(noun: str, parameters: Mapping[str, Any]) -> Iterator[Need]:
    job = _named(noun, parameters)
    for action in (*(f"{verb}{noun}" for verb in ("Create", "Describe", "Stop")), "AddTags"):
        yield Need(f"sagemaker:{action}", job)
    definition = parameters.get("TrainingJobDefinition", parameters)
    # A transform job runs as its model's role, which nobody passes.
    if noun != "TransformJob":
        passed = {"iam:PassedToService": "sagemaker.amazonaws.com"}
        yield Need("iam:PassRole", definition["RoleArn"], passed)
    for verb in ("PutRule", "PutTargets", "DescribeRule"):
        yield Need(f"events:{verb}", f"arn:aws:events:{REGION}:{ACCOUNT}:rule/{RULES[noun]}")


def _named(noun: str, parameters: Mapping[str, Any]) -> str:
    """Return the ARN of what a call of SageMaker's names."""
    name: str = parameters[f"{noun}Name"]
    if name.startswith("arn:"):
        return name
    kind = re.sub(r"(?<!^)(?=[A-Z])", "-", noun).lower()
    return f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:{kind}/{name}"
