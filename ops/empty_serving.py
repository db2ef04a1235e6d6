"""Deletes what serves, and what releases left behind: CloudFormation retains both."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal

from botocore.exceptions import ClientError

from ops import endpoints
from ops.deployment import Deployment, describe_stack
from ops.empty import Emptied
from ops.endpoints import MISSING
from ops.errors import OpsError, code_of
from ops.output import Advance
from ops.pacing import Poll
from schemas.names import STACK_PREFIX, Output, StackName

LONGEST_UPDATE_SECONDS = 3600
POLL_SECONDS = 2
ENDPOINT_LOGS = "/aws/sagemaker/Endpoints/"
"""What the names of endpoints' log groups begin with; SageMaker makes one per endpoint."""

_UNDER_WAY = "_IN_PROGRESS"
# Somebody has deleted it meanwhile; or, of an endpoint, it is being changed: it is asked again.
_NOT_NOW = frozenset({"ValidationException", "ResourceNotFound", "ResourceNotFoundException"})

Noun = Literal["EndpointConfig", "Model"]
_CALLED: Mapping[Noun, str] = {
    "EndpointConfig": "endpoint configurations",
    "Model": "models of endpoints",
}


def delete(deployment: Deployment, advance: Advance) -> Iterator[Emptied]:
    """Delete the endpoint, its log, and all models and configurations of the environment.

    Call it when no release runs any more.

    Args:
        deployment: From `Deployment.look`: stacks may be missing.
        advance: Called with numbers of deleted things.

    Raises:
        OpsError: the stack or the endpoint is being changed and has not settled in time.
    """
    stack = deployment.stacks[StackName.INFERENCE]
    _await_stack(deployment, stack.name)
    if name := stack.outputs.get(Output.ENDPOINT_NAME, ""):
        yield Emptied(what="endpoints", name=name, deleted=_delete_endpoint(deployment, name))
        group = f"{ENDPOINT_LOGS}{name}"
        yield Emptied(what="log groups", name=group, deleted=_delete_logs(deployment, group))
    # What is retained outlives its stack, too. Configurations first: they name models.
    for noun in ("EndpointConfig", "Model"):
        names = list(_ours(deployment, noun))
        for each in names:
            _delete(deployment, noun, each)
            advance(1)
        yield Emptied(what=_CALLED[noun], name=stack.name, deleted=len(names))


def _await_stack(deployment: Deployment, name: str) -> None:
    """Wait until CloudFormation leaves the stack alone: it cannot be deleted before."""
    for _ in Poll(LONGEST_UPDATE_SECONDS, POLL_SECONDS):
        status = describe_stack(deployment.connection, name).status
        if not status.endswith(_UNDER_WAY):
            return
    raise OpsError(
        f"stack {name} has been {status} for {LONGEST_UPDATE_SECONDS:,} seconds",
        "Wait until it is complete, then run the command again",
    )


def _delete_endpoint(deployment: Deployment, name: str) -> int:
    """Delete an endpoint, and wait until it is gone; return how many there were."""
    if endpoints.status_of(deployment, name) == MISSING:
        return 0
    for _ in Poll(LONGEST_UPDATE_SECONDS, POLL_SECONDS):
        _unless(_NOT_NOW, deployment.connection.sagemaker.delete_endpoint, EndpointName=name)
        if endpoints.status_of(deployment, name) == MISSING:
            return 1
    raise OpsError(
        f"endpoint {name} is still there after {LONGEST_UPDATE_SECONDS:,} seconds",
        "Look at its state with `aws sagemaker describe-endpoint`, then run the command again",
    )


def _ours(deployment: Deployment, noun: Noun) -> Iterator[str]:
    """Yield names of what carries the environment's tags: they have no names of their own."""
    client = deployment.connection.sagemaker
    wanted = {"application": STACK_PREFIX, "environment": deployment.environment.name}
    operation = {"EndpointConfig": "list_endpoint_configs", "Model": "list_models"}[noun]
    paginator: Any = client.get_paginator(operation)  # type: ignore[call-overload]
    for page in paginator.paginate():
        for each in page[f"{noun}s"]:
            tags = client.list_tags(ResourceArn=each[f"{noun}Arn"])["Tags"]
            if wanted.items() <= {tag["Key"]: tag["Value"] for tag in tags}.items():
                yield each[f"{noun}Name"]


def _delete(deployment: Deployment, noun: Noun, name: str) -> None:
    client = deployment.connection.sagemaker
    deleters: Mapping[Noun, Callable[..., Any]] = {
        "EndpointConfig": client.delete_endpoint_config,
        "Model": client.delete_model,
    }
    _unless(_NOT_NOW, deleters[noun], **{f"{noun}Name": name})


def _delete_logs(deployment: Deployment, group: str) -> int:
    gone = frozenset({"ResourceNotFoundException"})
    return _unless(gone, deployment.connection.logs.delete_log_group, logGroupName=group)


def _unless(codes: frozenset[str], delete_it: Callable[..., Any], **which: str) -> int:
    """Delete something; return 0 when the service answers with one of `codes`, else 1."""
    try:
        delete_it(**which)
    except ClientError as error:
        if code_of(error) not in codes:
            raise
        return 0
    return 1
