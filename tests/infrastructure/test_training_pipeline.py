"""The training pipeline: what becomes of failures, and what begins it."""

from tests.infrastructure.assembly import Assembly
from tests.infrastructure.state_machines import StateMachine, Way, state_machine, walk
from tests.infrastructure.training_ways import INPUT, changed, training_results
from tests.security.deployment import Deployment

END = ("Settle", "Announce", "SettleFailure", "AnnounceFailure")


def pipeline_of(assembly: Assembly) -> StateMachine:
    return state_machine(assembly, "training")


def test_every_failure_is_recorded_and_announced(assembly: Assembly) -> None:
    pipeline = pipeline_of(assembly)
    for name, task in pipeline.tasks():
        expected = "NotSettled" if name in END else "SettleFailure"
        assert {each["Next"] for each in task["Catch"]} == {expected}, name
    assert pipeline.states["SettleFailure"]["Next"] == "AnnounceFailure"
    assert pipeline.states["AnnounceFailure"]["Next"] == "Failed"
    assert pipeline.states["Failed"]["Type"] == "Fail"


def test_every_task_may_fail(assembly: Assembly) -> None:
    pipeline = pipeline_of(assembly)
    results = training_results(assembly.environment.name)
    for name, _ in pipeline.tasks():
        lacking = {name, "Train"} if name in ("SettleFailure", "AnnounceFailure") else {name}
        answered = {task: each for task, each in results.items() if task not in lacking}
        if name in ("Tune", "BestModel"):
            answered = changed(answered, "Snapshot", mode="tune")
        visited = [visit.name for visit in walk(pipeline, Way(INPUT, answered, ()))]
        assert visited[-1] in ("Failed", "NotSettled"), name
        assert visited[visited.index(name) + 1] in ("SettleFailure", "NotSettled"), name


def test_new_data_and_time_begin_trainings(assembly: Assembly) -> None:
    pipeline = pipeline_of(assembly)
    deployment = Deployment(assembly)
    inputs = [
        (rule.properties["ScheduleExpression"], each["Input"])
        for rule in assembly.resources("AWS::Events::Rule")
        for each in rule.properties["Targets"]
        if each["Id"] == "StateMachine"
        and deployment.resolve(rule.stack, each["Arn"]) == deployment.arn(pipeline.resource)
    ]
    assert sorted(text for _, text in inputs) == [
        '{"trigger":"new-data"}',
        '{"trigger":"schedule"}',
    ]
    assert all(expression.startswith("rate(") for expression, _ in inputs)
