"""What holds for every state machine: walked, filled in, and compared with AWS's own models."""

from collections.abc import Iterator, Mapping
from typing import Any

from botocore.model import ListShape, Shape, StructureShape

from local.calls import Call
from local.sagemaker.constraints import check
from tests.infrastructure.assembly import Assembly
from tests.infrastructure.expressions import filled
from tests.infrastructure.state_machines import (
    StateMachine,
    Visit,
    Way,
    context_for,
    following,
    state_machine,
    state_machines,
    walk,
)
from tests.infrastructure.task_calls import calls_a_function, needs, operation_of
from tests.infrastructure.ways import WAYS
from tests.security.deployment import Deployment
from tests.security.policies import is_allowed

PERMANENT = {"InvalidInputError", "PermanentError"}


def machines(assembly: Assembly) -> Iterator[tuple[StateMachine, tuple[Way, ...]]]:
    """Yield every state machine with its ways."""
    assert len(state_machines(assembly)) == len(WAYS)
    for name, ways in WAYS.items():
        yield state_machine(assembly, name), ways(assembly.environment.name)


def visited_tasks(
    assembly: Assembly,
) -> Iterator[tuple[StateMachine, Mapping[str, Any], Visit, Any]]:
    """Yield each task on each way, with what it passes on."""
    for machine, ways in machines(assembly):
        for way in ways:
            for visit in walk(machine, way):
                task = machine.states[visit.name]
                if task["Type"] == "Task":
                    parameters = filled(
                        task.get("Parameters", visit.state), visit.state, context_for(way.input)
                    )
                    yield machine, task, visit, parameters


def test_every_state_is_reachable_and_leads_somewhere(assembly: Assembly) -> None:
    for machine, _ in machines(assembly):
        reached, left = set(), [machine.definition["StartAt"]]
        while left:
            name = left.pop()
            if name not in reached:
                reached.add(name)
                left += following(machine.states[name])
        assert reached == machine.states.keys()
        for name, state in machine.states.items():
            ends = state["Type"] in ("Succeed", "Fail") or state.get("End", False)
            assert ends is not bool(list(following(state))), name


def test_choices_have_a_default(assembly: Assembly) -> None:
    for machine, _ in machines(assembly):
        choices = [each for each in machine.states.values() if each["Type"] == "Choice"]
        assert choices
        assert all("Default" in each for each in choices)


def test_tasks_are_retried_caught_and_limited(assembly: Assembly) -> None:
    for machine, _ in machines(assembly):
        assert machine.definition["TimeoutSeconds"] > 0
        for name, task in machine.tasks():
            assert task["TimeoutSeconds"] > 0, name
            assert any(each["MaxAttempts"] > 0 for each in task["Retry"]), name
            assert {"States.ALL"} in [set(each["ErrorEquals"]) for each in task["Catch"]], name


def test_waits_take_time(assembly: Assembly) -> None:
    waits = [
        state
        for machine, _ in machines(assembly)
        for state in machine.states.values()
        if state["Type"] == "Wait"
    ]
    assert waits
    assert all(each["Seconds"] >= 1 for each in waits)


def test_errors_that_last_are_not_retried(assembly: Assembly) -> None:
    for machine, _ in machines(assembly):
        for name, task in machine.tasks():
            if calls_a_function(task):
                first = task["Retry"][0]
                assert set(first["ErrorEquals"]) == PERMANENT, name
                assert first["MaxAttempts"] == 0, name


def test_every_way_through_finds_what_it_refers_to(assembly: Assembly) -> None:
    for machine, ways in machines(assembly):
        for way in ways:
            assert tuple(visit.name for visit in walk(machine, way)) == way.states


def test_the_ways_pass_every_state(assembly: Assembly) -> None:
    """Or nothing would be known of what a task passes on."""
    for machine, ways in machines(assembly):
        visited = {name for way in ways for name in way.states}
        assert machine.states.keys() - visited <= {"NotSettled"}


def test_calls_are_what_the_services_accept(assembly: Assembly) -> None:
    checked = set()
    for _, task, visit, parameters in visited_tasks(assembly):
        if not calls_a_function(task):
            # As the local SageMaker does: types, required members, lengths, patterns, enumerations.
            shape = operation_of(task).input_shape
            assert shape is not None
            check(shape, parameters)
            checked.add(visit.name)
    assert len(checked) >= 18


def test_ways_assume_answers_that_the_services_give(assembly: Assembly) -> None:
    """A path into an answer is only as good as the answer that a way was tried with."""
    for machine, ways in machines(assembly):
        for way in ways:
            for name, answer in way.results.items():
                task = machine.states[name]
                if not calls_a_function(task):
                    for each in answer if isinstance(answer, list) else [answer]:
                        assert_known(_answer_shape(task), each)


def _answer_shape(task: Mapping[str, Any]) -> Shape:
    operation = operation_of(task)
    if task["Resource"].endswith(".sync"):
        # Whoever waits for a job gets its description.
        describe = operation.name.replace("Create", "Describe")
        operation = operation.service_model.operation_model(describe)
    assert operation.output_shape is not None
    return operation.output_shape


def assert_known(shape: Shape, value: Any) -> None:
    """Assert that a service's answer has what `value` has."""
    if isinstance(shape, StructureShape):
        assert value.keys() <= shape.members.keys(), shape.name
        for name, each in value.items():
            assert_known(shape.members[name], each)
    elif isinstance(shape, ListShape):
        for each in value:
            assert_known(shape.member, each)


def test_jobs_are_isolated_encrypted_and_limited(assembly: Assembly) -> None:
    checked = set()
    for machine, task, visit, parameters in visited_tasks(assembly):
        if "sagemaker:create" not in task["Resource"]:
            continue
        checked.add((machine.resource.logical_id, visit.name))
        job = parameters.get("TrainingJobDefinition", parameters)
        if "TransformJobName" in job:
            assert_transform_is_encrypted(job)
            continue
        network = job.get("NetworkConfig", job)
        assert network["EnableNetworkIsolation"] is True, visit.name
        assert network["EnableInterContainerTrafficEncryption"] is True, visit.name
        cluster = job.get("ResourceConfig") or job["ProcessingResources"]["ClusterConfig"]
        assert cluster["VolumeKmsKeyId"], visit.name
        output = job.get("OutputDataConfig") or job["ProcessingOutputConfig"]
        assert output["KmsKeyId"], visit.name
        assert job["StoppingCondition"]["MaxRuntimeInSeconds"] > 0, visit.name
    assert len(checked) >= 7


def assert_transform_is_encrypted(job: Mapping[str, Any]) -> None:
    """Isolation is its model's, and the task's own timeout limits it: its API has neither."""
    assert job["TransformResources"]["VolumeKmsKeyId"]
    assert job["TransformOutput"]["KmsKeyId"]


def test_the_role_may_do_what_its_tasks_ask(assembly: Assembly) -> None:
    deployment = Deployment(assembly)
    for machine, task, visit, parameters in visited_tasks(assembly):
        role = deployment.role_of_state_machine(machine.resource)
        for need in needs(task, parameters):
            call = Call(role, need.action, need.resource)
            assert is_allowed(call, deployment.grants, need.context), (visit.name, call)


def test_the_machines_log_everything_and_are_traced(assembly: Assembly) -> None:
    for machine, _ in machines(assembly):
        logging = machine.resource.properties["LoggingConfiguration"]
        assert (logging["Level"], logging["IncludeExecutionData"]) == ("ALL", True)
        assert machine.resource.properties["TracingConfiguration"] == {"Enabled": True}
