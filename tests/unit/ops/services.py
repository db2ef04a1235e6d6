"""Jobs and executions as far as the commands look at them, behind real clients."""

import functools
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import boto3

from ops.aws import Connection
from tests.unit.lambdas.services import FakeSageMaker, RefusedError, Service
from tests.unit.ops.lake import REGION

PAGE = 2
BEGAN = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
MACHINE = f"arn:aws:states:{REGION}:123456789012:stateMachine:training"
RELEASES = MACHINE.replace("training", "release")
SCORINGS = MACHINE.replace("training", "scoring")
MONITORINGS = MACHINE.replace("training", "monitor")
MACHINES = (MACHINE, RELEASES, SCORINGS, MONITORINGS)
KINDS = ("ProcessingJob", "TrainingJob", "HyperParameterTuningJob", "TransformJob")

Event = dict[str, Any]


@functools.cache
def client(name: Literal["sagemaker", "stepfunctions"]) -> Any:
    """Return a client that a fake will stand behind; making one takes a second."""
    session = boto3.Session(
        aws_access_key_id="test", aws_secret_access_key="test", region_name=REGION
    )
    return session.client(name)


def install(
    connection: Connection, name: Literal["sagemaker", "stepfunctions"], service: Service
) -> None:
    """Put a fake in the place of a service."""
    service.install(client(name))
    # A cached property: what is put in its place stays.
    connection.__dict__[name] = client(name)


def page_of(items: Sequence[Any], request: dict[str, Any], token: str) -> tuple[list[Any], Event]:
    """Return a page of a listing, and the token of the next one."""
    start = int(request.get(token, 0))
    more = {token: str(start + PAGE)} if start + PAGE < len(items) else {}
    return list(items[start : start + PAGE]), more


@dataclass
class FakeTrainings(FakeSageMaker):
    """The registry, and jobs by kind and name; what stops is gone at the next look but one."""

    jobs: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    stopped: list[str] = field(default_factory=list)

    def add_job(self, kind: str, name: str, status: str = "Completed", **values: Any) -> str:
        """Put a job where Describe and List find it; return its ARN."""
        arn = f"arn:aws:sagemaker:{REGION}:123456789012:{kind.lower()}/{name}"
        self.jobs[kind, name] = {
            f"{kind}Name": name,
            f"{kind}Arn": arn,
            f"{kind}Status": status,
            "CreationTime": BEGAN,
            **_REQUIRED[kind],
            **values,
        }
        return arn

    def __getattr__(self, operation: str) -> Any:
        """Return what answers Describe, List or Stop of any kind of job."""
        for verb in ("Describe", "List", "Stop"):
            kind = operation.removeprefix(verb).removesuffix("s")
            if operation.startswith(verb) and kind in KINDS:
                return functools.partial(getattr(self, f"_{verb.lower()}"), kind)
        raise AttributeError(operation)

    def _describe(self, kind: str, request: dict[str, Any]) -> dict[str, Any]:
        try:
            return self.jobs[kind, request[f"{kind}Name"]]
        except KeyError:
            raise RefusedError("ValidationException", "Requested resource not found.") from None

    def _list(self, kind: str, request: dict[str, Any]) -> dict[str, Any]:
        members = (f"{kind}Name", f"{kind}Arn", f"{kind}Status", "CreationTime")
        found = [
            {member: job[member] for member in members} | _LISTED[kind]
            for (of, name), job in self.jobs.items()
            if of == kind
            and request["NameContains"] in name
            and job[f"{kind}Status"] == request["StatusEquals"]
        ]
        page, more = page_of(found, request, "NextToken")
        for each in page:
            job = self.jobs[kind, each[f"{kind}Name"]]
            if job[f"{kind}Status"] == "Stopping":
                job[f"{kind}Status"] = "Stopped"
        return {f"{kind}Summaries": page, **more}

    def _stop(self, kind: str, request: dict[str, Any]) -> dict[str, Any]:
        job = self.jobs[kind, request[f"{kind}Name"]]
        self.stopped.append(request[f"{kind}Name"])
        if job[f"{kind}Status"] != "InProgress":
            raise RefusedError("ValidationException", "it has ended")
        job[f"{kind}Status"] = "Stopping"
        return {}

    def DeleteModelPackage(self, request: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        self._package(request["ModelPackageName"])
        del self.packages[request["ModelPackageName"]]
        return {}


def refuse(service: Service, operation: str, code: str) -> None:
    """Let a service refuse an operation from now on."""

    def refuse_it(_request: dict[str, Any]) -> dict[str, Any]:
        raise RefusedError(code)

    setattr(service, operation, refuse_it)


_RESOURCES = {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 10}
_STOPPING = {"MaxRuntimeInSeconds": 600}
_REQUIRED: dict[str, dict[str, Any]] = {
    "ProcessingJob": {
        "ProcessingResources": {"ClusterConfig": _RESOURCES},
        "AppSpecification": {"ImageUri": "image"},
    },
    "TrainingJob": {
        "ModelArtifacts": {"S3ModelArtifacts": "s3://artifacts/none"},
        "SecondaryStatus": "Completed",
        "AlgorithmSpecification": {"TrainingInputMode": "File", "TrainingImage": "image"},
        "ResourceConfig": _RESOURCES,
        "StoppingCondition": _STOPPING,
    },
    "TransformJob": {
        "ModelName": "model",
        "TransformInput": {
            "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://b/in/"}}
        },
        "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
    },
    "HyperParameterTuningJob": {
        "HyperParameterTuningJobConfig": {
            "Strategy": "Bayesian",
            "ResourceLimits": {"MaxParallelTrainingJobs": 2},
        },
        "TrainingJobStatusCounters": {},
        "ObjectiveStatusCounters": {},
    },
}
# What a list shows beside name, address, status and time.
_LISTED: dict[str, dict[str, Any]] = {
    "ProcessingJob": {},
    "TrainingJob": {},
    "TransformJob": {},
    "HyperParameterTuningJob": {
        "Strategy": "Bayesian",
        "TrainingJobStatusCounters": {},
        "ObjectiveStatusCounters": {},
    },
}


@dataclass
class Moment:
    """How far an execution is when somebody looks."""

    status: str = "RUNNING"
    events: list[Event] = field(default_factory=list)
    told: dict[str, Any] = field(default_factory=dict)


@dataclass
class FakeMachine(Service):
    """Executions, each of which is one moment further whenever it is described."""

    executions: dict[str, list[Moment]] = field(default_factory=dict)
    inputs: dict[str, dict[str, Any]] = field(default_factory=dict)
    next_moments: list[Moment] = field(default_factory=list)
    unseen: int = 0
    """Looks in which a new execution is not there yet."""

    def add(self, name: str, *moments: Moment, machine: str = MACHINE, **document: Any) -> str:
        """Let there be an execution; return its ARN."""
        arn = f"{machine.replace('stateMachine', 'execution')}:{name}"
        self.executions[arn] = list(moments)
        self.inputs[arn] = document
        return arn

    def _now(self, arn: str) -> Moment:
        if arn not in self.executions or self.unseen:
            self.unseen = max(self.unseen - 1, 0)
            raise RefusedError("ExecutionDoesNotExist")
        return self.executions[arn][0]

    def StartExecution(self, request: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        machine = request["stateMachineArn"]
        assert machine in MACHINES
        document = json.loads(request["input"])
        moments = self.next_moments or [Moment()]
        arn = self.add(request["name"], *moments, machine=machine, **document)
        return {"executionArn": arn, "startDate": BEGAN}

    def DescribeExecution(self, request: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        arn = request["executionArn"]
        now = self._now(arn)
        return {
            "executionArn": arn,
            "stateMachineArn": MACHINE,
            "name": arn.rpartition(":")[2],
            "status": now.status,
            "startDate": BEGAN,
            "input": json.dumps(self.inputs[arn]),
            **({} if now.status == "RUNNING" else {"stopDate": BEGAN + timedelta(minutes=9)}),
            **now.told,
        }

    def GetExecutionHistory(self, request: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        arn = request["executionArn"]
        numbered = [
            {"id": number, "timestamp": BEGAN + timedelta(seconds=number), **event}
            for number, event in enumerate(self._now(arn).events, start=1)
        ]
        page, more = page_of(numbered, request, "nextToken")
        if not more and len(self.executions[arn]) > 1:
            self.executions[arn].pop(0)
        return {"events": page, **more}

    def ListExecutions(self, request: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        found = [
            {
                "executionArn": arn,
                "stateMachineArn": MACHINE,
                "name": arn.rpartition(":")[2],
                "status": moments[0].status,
                "startDate": BEGAN,
            }
            for arn, moments in reversed(self.executions.items())
            if request.get("statusFilter") in {None, moments[0].status}
            and arn.replace("execution", "stateMachine").startswith(
                f"{request['stateMachineArn']}:"
            )
        ]
        page, more = page_of(found, request, "nextToken")
        return {"executions": page, **more}

    def StopExecution(self, request: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        moment = self.executions[request["executionArn"]][0]
        moment.status = "ABORTED"
        moment.told = {"error": request["error"], "cause": request["cause"]}
        return {"stopDate": BEGAN}


def entered(state: str, kind: str = "Task") -> Event:
    return {"type": f"{kind}StateEntered", "stateEnteredEventDetails": {"name": state}}


def left(state: str, output: dict[str, Any] | None = None) -> Event:
    details = {"name": state, "output": json.dumps(output or {})}
    return {"type": "TaskStateExited", "stateExitedEventDetails": details}


def scheduled(kind: str, name: str) -> Event:
    """A job, as the optimized integration creates it."""
    details = {
        "resourceType": "sagemaker",
        "resource": f"create{kind}.sync",
        "region": REGION,
        "parameters": json.dumps({f"{kind}Name": name}),
    }
    return {"type": "TaskScheduled", "taskScheduledEventDetails": details}


def failed(error: str, cause: str) -> Event:
    details = {"resourceType": "sagemaker", "resource": "x", "error": error, "cause": cause}
    return {"type": "TaskFailed", "taskFailedEventDetails": details}


def invoked(function: str = "gate") -> Event:
    arn = f"arn:aws:lambda:{REGION}:123456789012:function:{function}"
    details = {"resource": arn}
    return {"type": "LambdaFunctionScheduled", "lambdaFunctionScheduledEventDetails": details}


def invocation_failed(error: str, cause: str) -> Event:
    details = {"error": error, "cause": cause}
    return {"type": "LambdaFunctionFailed", "lambdaFunctionFailedEventDetails": details}
