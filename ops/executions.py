"""Executions of state machines: which states they went through, and with which jobs."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from ops.deployment import Deployment
from ops.errors import OpsError, code_of
from ops.jobs import JobRef
from schemas.names import Output
from schemas.training import Decision

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions.literals import ExecutionStatusType
    from mypy_boto3_stepfunctions.type_defs import ExecutionListItemTypeDef

RUNNING: Final = "RUNNING"
SUCCEEDED: Final = "SUCCEEDED"
ABORTED: Final = "ABORTED"
TIMED_OUT: Final = "TIMED_OUT"

_UNKNOWN = frozenset({"ExecutionDoesNotExist", "InvalidArn"})


class UnknownExecutionError(OpsError):
    """There is no such execution, or not any more."""


@dataclass(frozen=True, kw_only=True, slots=True)
class StateVisit:
    """One state that does work, and what became of it.

    Attributes:
        state: Its name.
        entered_at: When it began.
        left_at: When it ended; None while it runs, or when the execution ended in it.
        attempts: Times that its work was begun.
        job: The job of its last attempt; None when its work is none.
        error: Name of its last error; empty without one. A later attempt may have gone well.
        cause: Text of that error.
    """

    state: str
    entered_at: datetime
    left_at: datetime | None = None
    attempts: int = 0
    job: JobRef | None = None
    error: str = ""
    cause: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Execution:
    """One execution of a state machine.

    Attributes:
        arn: Its address.
        name: Its name.
        status: Step Functions' word for what became of it, such as `RUNNING`.
        began_at: When it began.
        ended_at: When it ended; None while it runs.
        input: What it was asked for.
        output: The state at its end; empty without one.
        run: Of a training: what it planned, `$.run`; empty when it did not get that far.
        error: Of a failed one: the subject of its announcement.
        cause: Of a failed one: the announcement.
        visits: States that do work, in order.
    """

    arn: str
    name: str
    status: str
    began_at: datetime
    ended_at: datetime | None = None
    input: Mapping[str, Any] = field(default_factory=dict)
    output: Mapping[str, Any] = field(default_factory=dict)
    run: Mapping[str, Any] = field(default_factory=dict)
    error: str = ""
    cause: str = ""
    visits: tuple[StateVisit, ...] = ()

    @property
    def is_running(self) -> bool:
        """Whether it has not ended."""
        return self.status == RUNNING

    @property
    def failed_visit(self) -> StateVisit | None:
        """The state that it failed in; the one that records failures only comes after it."""
        return next((each for each in self.visits if _has_failed(each)), None)


def _has_failed(visit: StateVisit) -> bool:
    return bool(visit.error) or visit.left_at is None


def start(
    deployment: Deployment,
    name: str,
    document: Mapping[str, Any],
    *,
    machine: Output = Output.TRAINING_STATE_MACHINE_ARN,
) -> str:
    """Start an execution with an input; return its ARN."""
    return deployment.connection.stepfunctions.start_execution(
        stateMachineArn=deployment[machine],
        name=name,
        input=json.dumps(document),
    )["executionArn"]


def arn_of(
    deployment: Deployment, name: str, *, machine: Output = Output.TRAINING_STATE_MACHINE_ARN
) -> str:
    """Return the ARN of the execution called `name`, which need not exist."""
    return f"{deployment[machine].replace(':stateMachine:', ':execution:')}:{name}"


def read(deployment: Deployment, arn: str) -> Execution:
    """Return an execution as it is now, with its history.

    Raises:
        UnknownExecutionError: there is none; Step Functions forgets it 90 days after its end.
    """
    client = deployment.connection.stepfunctions
    try:
        execution = describe(deployment, arn)
        pages = client.get_paginator("get_execution_history").paginate(executionArn=arn)
        events = [event for page in pages for event in page["events"]]
    except ClientError as error:
        raise _explained(error, arn) from error
    return replace(
        execution,
        visits=tuple(visits_of(events)),
        run=_planned(event for event in events if event["type"] == "TaskStateExited"),
    )


def describe(deployment: Deployment, arn: str) -> Execution:
    """Like `read`, without the history: `visits` and `run` are empty."""
    try:
        found = deployment.connection.stepfunctions.describe_execution(executionArn=arn)
    except ClientError as error:
        raise _explained(error, arn) from error
    return Execution(
        arn=arn,
        name=found.get("name", arn.rpartition(":")[2]),
        status=found["status"],
        began_at=found["startDate"],
        ended_at=found.get("stopDate"),
        input=_object(found.get("input", "")),
        output=_object(found.get("output", "")),
        error=found.get("error", ""),
        cause=found.get("cause", ""),
    )


def _explained(error: ClientError, arn: str) -> Exception:
    if code_of(error) not in _UNKNOWN:
        return error
    return UnknownExecutionError(
        f"there is no execution {arn}",
        "See `python -m ops runs list`, `python -m ops releases list` or "
        "`python -m ops monitor list`; Step Functions forgets executions 90 days after their end",
    )


def visits_of(events: Iterable[Mapping[str, Any]]) -> Iterator[StateVisit]:
    """Yield the states that do work.

    Args:
        events: History of an execution whose states come one after the other, oldest first.
    """
    visit: StateVisit | None = None
    for event in events:
        kind, details = event["type"], _details(event)
        if kind == "TaskStateEntered":
            if visit is not None:
                yield visit
            visit = StateVisit(state=details["name"], entered_at=event["timestamp"])
        elif visit is not None:
            visit = _with_event(visit, kind, event["timestamp"], details)
    if visit is not None:
        yield visit


def _with_event(
    visit: StateVisit, kind: str, moment: datetime, details: Mapping[str, Any]
) -> StateVisit:
    if kind == "TaskStateExited":
        return replace(visit, left_at=moment)
    if kind in {"TaskScheduled", "LambdaFunctionScheduled"}:
        job = JobRef.from_parameters(_object(details.get("parameters", "")), details["resource"])
        # What went wrong before is history when it is tried again.
        return replace(visit, attempts=visit.attempts + 1, job=job, error="", cause="")
    if kind.startswith(("Task", "LambdaFunction")) and kind.endswith(("Failed", "TimedOut")):
        error = details.get("error") or kind
        return replace(visit, error=error, cause=details.get("cause", ""))
    return visit


def _details(event: Mapping[str, Any]) -> Mapping[str, Any]:
    found = (value for name, value in event.items() if name.endswith("EventDetails"))
    return next(found, {})


def _planned(exits: Iterable[Mapping[str, Any]]) -> Mapping[str, Any]:
    for event in exits:
        run = _object(_details(event).get("output", "")).get("run", {})
        if run.get("decision") == Decision.TRAIN:
            return dict(run)
    return {}


def _object(text: str | None) -> dict[str, Any]:
    """Return a JSON object; an empty one for everything else."""
    try:
        document = json.loads(text or "{}")
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}


def listed(
    deployment: Deployment, machine_arn: str, *, status: "ExecutionStatusType | None" = None
) -> Iterator["ExecutionListItemTypeDef"]:
    """Yield executions of a state machine, the latest first."""
    wanted: dict[str, Any] = {"statusFilter": status} if status else {}
    pages = deployment.connection.stepfunctions.get_paginator("list_executions").paginate(
        stateMachineArn=machine_arn, **wanted
    )
    for page in pages:
        yield from page["executions"]
