"""The release pipeline: nothing serves that was not verified, and whatever fails is undone."""

import json

from config import MODEL
from schemas.names import StackName
from schemas.releases import APPROVAL_EVENT, ReleaseDecision
from tests.infrastructure.assembly import Assembly, target
from tests.infrastructure.expressions import filled
from tests.infrastructure.release_ways import INPUT, release_results, restored
from tests.infrastructure.state_machines import (
    StateMachine,
    Way,
    context_for,
    following,
    state_machine,
    walk,
)
from tests.security.deployment import Deployment

UPDATES = {"Update": "Inspect", "UpdateBack": "InspectPrevious"}
# What goes on when a task has failed for good; everything else is undone.
FAILED = {
    **dict.fromkeys(("Restore", "UpdateBack", "LookBack", "InspectPrevious"), "SettleUnrecovered"),
    **dict.fromkeys(("Settle", "SettleFailure", "SettleUnrecovered"), "NotSettled"),
    **dict.fromkeys(("Announce", "AnnounceFailure"), "NotSettled"),
    # It only tidies up; the next release does it again.
    "Sweep": "Done",
}
# To come to what follows a failure, something must have failed before.
FAILED_BEFORE = {
    **dict.fromkeys(
        (
            "Restore",
            "UpdateBack",
            "LookBack",
            "InspectPrevious",
            "SettleFailure",
            "AnnounceFailure",
        ),
        ("SmokeTest",),
    ),
    "SettleUnrecovered": ("SmokeTest", "InspectPrevious"),
}


def pipeline_of(assembly: Assembly) -> StateMachine:
    return state_machine(assembly, "release")


def test_every_failure_is_undone_recorded_and_announced(assembly: Assembly) -> None:
    pipeline = pipeline_of(assembly)
    for name, task in pipeline.tasks():
        assert {each["Next"] for each in task["Catch"]} == {FAILED.get(name, "Restore")}, name
    for settling in ("SettleFailure", "SettleUnrecovered"):
        assert pipeline.states[settling]["Next"] == "AnnounceFailure"
    assert pipeline.states["AnnounceFailure"]["Next"] == "Failed"
    assert pipeline.states["Failed"]["Type"] == "Fail"


def test_every_task_may_fail(assembly: Assembly) -> None:
    pipeline = pipeline_of(assembly)
    environment = assembly.environment.name
    results = release_results(environment)
    for name, _ in pipeline.tasks():
        lacking = {name, *FAILED_BEFORE.get(name, ())}
        answered = {task: each for task, each in results.items() if task not in lacking}
        if name == "Plan":
            answered["Restore"] = [restored(environment, ReleaseDecision.SKIP)]
        visited = [visit.name for visit in walk(pipeline, Way(INPUT, answered, ()))]
        following_state = FAILED.get(name, "Restore")
        assert visited[visited.index(name) + 1] == following_state, name
        ends = {"Done": "Done", "NotSettled": "NotSettled"}
        assert visited[-1] == ends.get(following_state, "Failed"), name


def test_what_was_updated_is_inspected_and_asked_before_it_counts(assembly: Assembly) -> None:
    pipeline = pipeline_of(assembly)
    for step in ("Inspect", "SmokeTest"):
        for start in ("Update", "Inspect"):
            if start != step:
                assert "Settle" not in reachable(pipeline, start, without=step), (start, step)
    assert "SettleFailure" not in reachable(pipeline, "UpdateBack", without="InspectPrevious")
    for name, inspection in UPDATES.items():
        suffix = name.removeprefix("Update")
        done = pipeline.states[f"IsUpdated{suffix}"]["Choices"][0]
        assert (done["StringEquals"], done["Next"]) == ("UPDATE_COMPLETE", inspection)


def reachable(pipeline: StateMachine, start: str, *, without: str) -> set[str]:
    """Return the states that may come after `start` in executions that never pass `without`."""
    reached: set[str] = set()
    left = [start]
    while left:
        name = left.pop()
        if name not in reached and name != without:
            reached.add(name)
            left += following(pipeline.states[name])
    return reached


def test_updates_change_parameters_alone_with_the_role_for_it(assembly: Assembly) -> None:
    """Any other role could do more, and one that is left out is the deployer's."""
    pipeline = pipeline_of(assembly)
    deployment = Deployment(assembly)
    stack = StackName.INFERENCE.in_environment(assembly.environment.name)
    (role,) = (
        deployment.arn(each)
        for each in assembly.resources("AWS::IAM::Role")
        if each.logical_id.startswith("DeploymentRole")
    )
    results = release_results(assembly.environment.name)
    state = {"release": results["Plan"], "restore": results["Restore"][0]}
    for name in UPDATES:
        sent = filled(pipeline.states[name]["Parameters"], state, context_for(INPUT))
        planned = state["restore" if name == "UpdateBack" else "release"]
        assert sent == {
            "StackName": stack,
            "UsePreviousTemplate": True,
            "Parameters": planned["parameters"],
            "RoleARN": role,
            "ClientRequestToken": planned["token"],
        }


def test_a_parameter_of_a_later_template_keeps_its_value(assembly: Assembly) -> None:
    """One that is left out would fall back to the template's default."""
    plan = release_results(assembly.environment.name)["Plan"]
    kept = {"ParameterKey": "Added", "UsePreviousValue": True}
    assert kept in plan["parameters"]


def test_what_a_release_must_know_of_its_execution_is_passed(assembly: Assembly) -> None:
    pipeline = pipeline_of(assembly)
    for name, task in pipeline.tasks():
        if "step" in task.get("Parameters", {}):
            parameters = task["Parameters"]
            assert parameters["execution_arn.$"] == "$$.Execution.Id", name
            assert parameters["execution_name.$"] == "$$.Execution.Name", name


def test_an_approval_begins_a_release_with_the_whole_event(assembly: Assembly) -> None:
    pipeline = pipeline_of(assembly)
    ((rule, each),) = (
        (rule, each)
        for rule in assembly.resources("AWS::Events::Rule")
        for each in rule.properties["Targets"]
        if target(each["Arn"]) == pipeline.resource.logical_id
    )
    assert not each.keys() & {"Input", "InputPath", "InputTransformer"}
    assert rule.properties.get("State", "ENABLED") == "ENABLED"
    assert rule.properties["EventPattern"] == {
        "source": ["aws.sagemaker"],
        "detail-type": [APPROVAL_EVENT],
        "detail": {
            "ModelPackageGroupName": [f"mlops-{assembly.environment.name}-{MODEL.name}"],
            "ModelApprovalStatus": ["Approved"],
        },
    }
    assert "ScheduleExpression" not in json.dumps(rule.properties)
