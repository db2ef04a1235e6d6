"""State machines of an assembly, and the ways that executions take through them."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from local.environment import ACCOUNT, REGION
from tests.infrastructure.assembly import Assembly, Resource
from tests.infrastructure.expressions import evaluate, filled, holds
from tests.security.deployment import Deployment

MOST_VISITS = 100
ERROR = {"Error": "States.TaskFailed", "Cause": "{}"}


@dataclass(frozen=True)
class StateMachine:
    resource: Resource
    definition: Mapping[str, Any]

    @property
    def states(self) -> Mapping[str, Any]:
        states: Mapping[str, Any] = self.definition["States"]
        return states

    def tasks(self) -> Iterator[tuple[str, Mapping[str, Any]]]:
        for name, state in self.states.items():
            if state["Type"] == "Task":
                yield name, state


@dataclass(frozen=True)
class Visit:
    """A state that an execution goes through, and the state of the execution then."""

    name: str
    state: Any


@dataclass(frozen=True)
class Way:
    """A way through a state machine.

    Attributes:
        input: Of the execution.
        results: Name of a task to its result, or to a list with one for each visit; a task
            without one fails for good.
        states: Names of the states that it goes through, ending with the last one.
    """

    input: Any
    results: Mapping[str, Any]
    states: tuple[str, ...]


def state_machines(assembly: Assembly, deployment: Deployment | None = None) -> list[StateMachine]:
    """The state machines of an assembly, with the names of `deployment` where one is given."""
    deployment = deployment or Deployment(assembly)
    return [
        StateMachine(
            each,
            json.loads(deployment.resolve(each.stack, each.properties["DefinitionString"])),
        )
        for each in assembly.resources("AWS::StepFunctions::StateMachine")
    ]


def state_machine(assembly: Assembly, name: str) -> StateMachine:
    """The state machine `mlops-<environment>-<name>`."""
    full_name = f"mlops-{assembly.environment.name}-{name}"
    (found,) = (
        each
        for each in state_machines(assembly)
        if each.resource.properties["StateMachineName"] == full_name
    )
    return found


def following(state: Mapping[str, Any]) -> Iterator[str]:
    """Names of the states that may come after one."""
    for each in (state, *state.get("Catch", ()), *state.get("Choices", ())):
        if "Next" in each:
            yield each["Next"]
    if "Default" in state:
        yield state["Default"]


def context_for(execution_input: Any) -> dict[str, Any]:
    """What `$$` stands for, with names as long as those that Step Functions draws."""
    name = "6f1d2a34-5b6c-4d7e-8f90-123456789abc"
    return {
        "Execution": {
            "Id": f"arn:aws:states:{REGION}:{ACCOUNT}:execution:machine:{name}",
            "Name": name,
            "Input": execution_input,
        },
        "State": {"RetryCount": 12},
    }


def walk(machine: StateMachine, way: Way) -> list[Visit]:
    """Return the states that an execution goes through, ending with the last one.

    Raises:
        LookupError: a state refers to something that no state before it has put there.
    """
    context, state = context_for(way.input), way.input
    visits = [Visit(machine.definition["StartAt"], state)]
    while (visit := _step(machine, way.results, context, visits)) is not None:
        visits.append(visit)
        assert len(visits) < MOST_VISITS, [each.name for each in visits]
    return visits


def _step(
    machine: StateMachine, results: Mapping[str, Any], context: Any, visits: list[Visit]
) -> Visit | None:
    """Return what comes after the last visit; None when it is the end."""
    name, state = visits[-1].name, visits[-1].state
    definition = machine.states[name]
    match definition["Type"]:
        case "Succeed" | "Fail":
            for path in ("ErrorPath", "CausePath"):
                if path in definition:
                    evaluate(definition[path], state, context)
            return None
        case "Choice":
            return Visit(_chosen(definition, state, context), state)
        case "Wait":
            return Visit(definition["Next"], state)
    parameters = filled(definition.get("Parameters", state), state, context)
    if definition["Type"] == "Pass":
        result = parameters
    elif name in results:
        earlier = sum(visit.name == name for visit in visits[:-1])
        result = results[name][earlier] if isinstance(results[name], list) else results[name]
    else:
        (catch,) = definition["Catch"]
        return Visit(catch["Next"], _with_result(state, catch["ResultPath"], ERROR))
    if "ResultSelector" in definition:
        result = filled(definition["ResultSelector"], result, context)
    # A state that says nothing of its result goes on with the result alone.
    state = _with_result(state, definition.get("ResultPath", "$"), result)
    return None if definition.get("End") else Visit(definition["Next"], state)


def _chosen(definition: Mapping[str, Any], state: Any, context: Any) -> str:
    for each in definition["Choices"]:
        if holds(each, state, context):
            return str(each["Next"])
    return str(definition["Default"])


def _with_result(state: Any, path: str | None, result: Any) -> Any:
    if path is None:
        return state
    if path == "$":
        return result
    (name,) = path.removeprefix("$.").split(".")
    return state | {name: result}
