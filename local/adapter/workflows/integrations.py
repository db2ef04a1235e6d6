"""Seam: SageMaker's integrations, of which the emulator has none.

Source: https://docs.aws.amazon.com/step-functions/latest/dg/connect-sagemaker.html
"""

import json
import time
from collections.abc import Iterator
from typing import Any

from ministack.core.responses import get_account_id, get_region, new_uuid
from ministack.services import stepfunctions

from local.adapter import denials, pinned, sagemaker
from local.adapter.workflows import errors, executions, history, sdk, tasks
from local.sagemaker import ApiError
from local.sagemaker.permissions import permissions

_PREFIX = "arn:aws:states:::sagemaker:"
_FINAL = ("Completed", "Failed", "Stopped")
_POLL_SECONDS = 0.1
# Its rule tells Step Functions that a job has ended; the role of the state machine makes it.
_MANAGED_RULES = {
    "ProcessingJob": "StepFunctionsGetEventsForSageMakerProcessingJobsRule",
    "TrainingJob": "StepFunctionsGetEventsForSageMakerTrainingJobsRule",
    "TransformJob": "StepFunctionsGetEventsForSageMakerTransformJobsRule",
    "HyperParameterTuningJob": "StepFunctionsGetEventsForSageMakerTuningJobsRule",
}
_RULE_ACTIONS = ("events:DescribeRule", "events:PutRule", "events:PutTargets")


def install() -> None:
    """Put the seam in place."""
    pinned.require(stepfunctions, "_SERVICE_DISPATCH")[_PREFIX] = _run


def _run(resource: str, parameters: dict[str, Any]) -> Any:
    """Run `sagemaker:<action>`, or with `.sync` also wait until the job that it makes has ended."""
    action, _, pattern = resource.removeprefix(_PREFIX).partition(".")
    created = _call(f"{action[0].upper()}{action[1:]}", parameters)
    if pattern != "sync":
        return created
    job = action.removeprefix("create")
    history.tell_submitted(resource, created)
    tasks.record(_needed_to_wait(job, created[f"{job}Arn"]))
    return _wait(job, {f"{job}Name": parameters[f"{job}Name"]})


def _wait(job: str, name: dict[str, str]) -> Any:
    while True:
        description = _call(f"Describe{job}", name)
        status = description[f"{job}Status"]
        if status == "Completed":
            return description
        if status in _FINAL:
            raise errors.error(errors.TASK_FAILED, json.dumps(description))
        if not tasks.is_awaited():
            _call(f"Stop{job}", name)
            raise errors.error(errors.TIMEOUT, f"Nobody waits for {job} {name} any more.")
        time.sleep(_POLL_SECONDS)


def _needed_to_wait(job: str, arn: str) -> Iterator[tuple[str, str]]:
    yield "sagemaker:ListTags", arn
    for action in _RULE_ACTIONS:
        rule = f"rule/{_MANAGED_RULES[job]}"
        yield action, f"arn:aws:events:{get_region()}:{get_account_id()}:{rule}"


def _call(operation: str, parameters: dict[str, Any]) -> Any:
    needed = list(permissions(operation, parameters, region=get_region(), account=get_account_id()))
    tasks.record(needed)
    execution = executions.current()
    role = executions.role_of(execution).rpartition("/")[2] if execution else ""
    try:
        _refuse_what_is_denied(role, needed)
        answer = sagemaker.service().call(operation, parameters, role=role or None)
    except ApiError as failure:
        # The integration is older than the SDK's second version and names errors like the first.
        raise errors.error(
            sdk.error_name("SageMaker", failure.code, other="AmazonSageMakerException"),
            f"{failure.message} (Service: AmazonSageMaker; Status Code: {failure.status}; "
            f"Error Code: {failure.code}; Request ID: {new_uuid()}; Proxy: null)",
        ) from None
    return sdk.with_timestamps("sagemaker", operation, answer, sdk.milliseconds)


def _refuse_what_is_denied(role: str, needed: list[tuple[str, str]]) -> None:
    if denied := denials.first_denied(role, needed):
        raise ApiError(
            "AccessDeniedException",
            f"User: {denials.principal(role)} is not authorized to perform: {denied[0]} "
            f"on resource: {denied[1]} with an explicit deny in an identity-based policy",
        )
