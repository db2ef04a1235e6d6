"""State machines for tests: created, run to their end, and what their history says."""

import json
import uuid
from typing import Any

from local import LocalCloud
from tests.cloud import eventually

State = dict[str, Any]

ROLE = "arn:aws:iam::000000000000:role/machine"
# Any error goes to the state `Caught`, whose input has it as `error`.
CATCH = [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": "Caught"}]


def create(cloud: LocalCloud, states: dict[str, State], **options: Any) -> str:
    """Create a state machine that starts at its first state, and return its ARN."""
    definition = {"StartAt": next(iter(states)), "States": states, **options}
    machine = cloud.client("stepfunctions").create_state_machine(
        name=f"machine-{uuid.uuid4().hex[:8]}", definition=json.dumps(definition), roleArn=ROLE
    )
    return str(machine["stateMachineArn"])


def start(cloud: LocalCloud, states: dict[str, State], data: Any = None, **options: Any) -> str:
    """Start a new state machine and return the execution's ARN."""
    execution = cloud.client("stepfunctions").start_execution(
        stateMachineArn=create(cloud, states, **options), input=json.dumps(data or {})
    )
    return str(execution["executionArn"])


def await_end(cloud: LocalCloud, execution: str) -> dict[str, Any]:
    """Return the description of an execution that has ended."""
    client = cloud.client("stepfunctions")

    def ended() -> Any:
        description = client.describe_execution(executionArn=execution)
        return description if description["status"] != "RUNNING" else None

    found: dict[str, Any] = eventually(ended, f"{execution} ends", seconds=60)
    return found


def run(
    cloud: LocalCloud, states: dict[str, State], data: Any = None, **options: Any
) -> dict[str, Any]:
    """Run a new state machine to its end and return the execution's description."""
    return await_end(cloud, start(cloud, states, data, **options))


def output_of(cloud: LocalCloud, states: dict[str, State], data: Any = None) -> Any:
    """Return the output of a new state machine, which must succeed."""
    ended = run(cloud, states, data)
    assert ended["status"] == "SUCCEEDED", ended
    return json.loads(ended["output"])


def caught(cloud: LocalCloud, state: State) -> dict[str, Any]:
    """Return what the catcher of a task was told."""
    error: dict[str, Any] = output_of(cloud, {"T": state | {"Catch": CATCH}, "Caught": end()})[
        "error"
    ]
    return error


def events(cloud: LocalCloud, execution: str) -> list[dict[str, Any]]:
    """Return an execution's history, the oldest event first."""
    history = cloud.client("stepfunctions").get_execution_history(
        executionArn=execution, maxResults=1000
    )
    return [dict(event) for event in history["events"]]


def end(kind: str = "Pass", **fields: Any) -> State:
    """Return a last state."""
    return {"Type": kind, **({} if kind in ("Succeed", "Fail") else {"End": True}), **fields}


def task(resource: str, parameters: dict[str, Any], **fields: Any) -> State:
    """Return a task; it is the last state unless `Next` is given."""
    return {
        "Type": "Task",
        "Resource": f"arn:aws:states:::{resource}",
        "Parameters": parameters,
        **({} if "Next" in fields else {"End": True}),
        **fields,
    }


def train(parameters: dict[str, Any], *, sync: bool = True, **fields: Any) -> State:
    """Return a task that creates a training job, and awaits its end when `sync`."""
    return task(f"sagemaker:createTrainingJob{'.sync' if sync else ''}", parameters, **fields)
