"""The watchdog: which jobs it hears of, how long it looks, and what it may do to them."""

from collections.abc import Mapping
from typing import Any

import pytest

from local.calls import Call
from local.environment import ACCOUNT, REGION
from mlops_constructs.watchdog_states import MOST_EVENTS, WatchdogStates
from schemas.watchdog import WatchdogLimits
from tests.infrastructure.assembly import Assembly, Resource, target
from tests.infrastructure.mutations import (
    FULL,
    Guarantee,
    Mutation,
    assert_noticed,
    cases,
    put,
    put_in_definition,
    put_in_statement,
)
from tests.infrastructure.state_machines import state_machine
from tests.security.deployment import Deployment
from tests.security.policies import is_allowed

MACHINE, RULE, POLICY = "AWS::StepFunctions::StateMachine", "AWS::Events::Rule", "AWS::IAM::Policy"
FUNCTION = "AWS::Lambda::Function"
# 9 events of a look, and those of its retries; see `service-quotas.html` of Step Functions.
EVENTS_OF_A_LOOK = 24


def function_of(assembly: Assembly) -> Resource:
    (found,) = (
        each
        for each in assembly.resources(FUNCTION)
        if each.properties["Handler"] == "lambdas.watchdog.handler.lambda_handler"
    )
    return found


def variables_of(assembly: Assembly) -> Mapping[str, Any]:
    function, deployment = function_of(assembly), Deployment(assembly)
    variables = function.properties["Environment"]["Variables"]
    return {name: deployment.resolve(function.stack, each) for name, each in variables.items()}


def test_every_training_job_of_the_environment_is_watched(assembly: Assembly) -> None:
    function = function_of(assembly)
    (rule,) = (
        each
        for each in assembly.resources(RULE)
        if target(each.properties["Targets"][0]["Arn"]) == function.logical_id
    )
    pattern = rule.properties["EventPattern"]
    assert pattern["source"] == ["aws.sagemaker"]
    assert pattern["detail-type"] == ["SageMaker Training Job State Change"]
    # Tunings' jobs begin like all others, and nothing else tells of them. Who else has jobs in the
    # account may call them alike.
    training = state_machine(assembly, "training")
    deployment = Deployment(assembly)
    detail = dict(pattern["detail"])
    (role,) = detail.pop("RoleArn")
    assert deployment.resolve(rule.stack, role) == training.states["Train"]["Parameters"]["RoleArn"]
    assert detail == {
        "TrainingJobName": [{"prefix": f"{assembly.environment.name}-"}],
        "TrainingJobStatus": ["InProgress"],
    }
    assert rule.properties.get("State", "ENABLED") == "ENABLED"
    assert "Input" not in rule.properties["Targets"][0]


def test_the_function_begins_the_state_machine_that_calls_it(assembly: Assembly) -> None:
    machine, deployment = state_machine(assembly, "watchdog"), Deployment(assembly)
    name = machine.resource.properties["StateMachineName"]
    arn = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:{name}"
    assert variables_of(assembly)["STATE_MACHINE_ARN"] == arn
    assert machine.states["Look"]["Resource"] == deployment.arn(function_of(assembly))
    role = deployment.role_of(function_of(assembly))
    assert is_allowed(Call(role, "states:StartExecution", arn), deployment.grants)


def test_the_function_may_look_at_jobs_of_the_environment_and_stop_them(
    assembly: Assembly,
) -> None:
    deployment, name = Deployment(assembly), assembly.environment.name
    role = deployment.role_of(function_of(assembly))
    jobs = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:training-job"
    logs = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/aws/sagemaker"
    for action, resource, others in (
        ("sagemaker:DescribeTrainingJob", f"{jobs}/{name}-1", f"{jobs}/other-{name}-1"),
        ("sagemaker:StopTrainingJob", f"{jobs}/{name}-1", f"{jobs}/other-{name}-1"),
        ("logs:FilterLogEvents", f"{logs}/TrainingJobs:log-stream:", f"{logs}/Other:log-stream:"),
    ):
        assert is_allowed(Call(role, action, resource), deployment.grants), action
        assert not is_allowed(Call(role, action, others), deployment.grants), action


def test_it_is_told_the_limits_of_the_environment(assembly: Assembly) -> None:
    variables, training = variables_of(assembly), assembly.environment.training
    limits = WatchdogLimits.from_text(variables["LIMITS"])
    for name in WatchdogLimits.__dataclass_fields__:
        assert getattr(limits, name) == getattr(training.watchdog, name), name
    assert variables["JOB_NAME_PREFIX"] == assembly.environment.name
    # SageMaker's own limit leaves no reason behind, so the watchdog's comes first.
    assert limits.max_minutes * 60 + training.watchdog.look_seconds < training.job_timeout_seconds


def test_it_watches_longer_than_a_job_may_take_and_within_the_history(assembly: Assembly) -> None:
    machine = state_machine(assembly, "watchdog")
    seconds = machine.definition["TimeoutSeconds"]
    look = machine.states["Wait"]["Seconds"]
    assert look == assembly.environment.training.watchdog.look_seconds
    waited_for = state_machine(assembly, "training").states["Train"]["TimeoutSeconds"]
    assert seconds > waited_for
    assert (seconds // look + 1) * EVENTS_OF_A_LOOK < MOST_EVENTS


def test_looking_too_often_is_refused_with_the_remedy() -> None:
    def states(look_seconds: int) -> WatchdogStates:
        return WatchdogStates(
            watchdog_arn="arn",
            seconds=60,
            permanent_errors=("PermanentError",),
            look_seconds=look_seconds,
            timeout_seconds=3 * 86_400,
        )

    with pytest.raises(ValueError, match="use 249 or more"):
        states(60)
    assert states(249 + 1).definition()["States"]["Wait"]["Seconds"] == 250


def test_a_job_that_was_stopped_is_not_trained_again(assembly: Assembly) -> None:
    """A stopped job is a failed task, by a name that no retrier of the training may have."""
    states = state_machine(assembly, "training").states
    for name in ("Train", "Tune"):
        retried = [error for each in states[name]["Retry"] for error in each["ErrorEquals"]]
        assert retried
        assert all(error.startswith("SageMaker.") for error in retried), name


EVERY: dict[Guarantee, list[Mutation]] = {
    test_every_training_job_of_the_environment_is_watched: [
        Mutation(RULE, put("EventPattern", "detail", "TrainingJobStatus", ["Failed"]), "Watchdog"),
        Mutation(RULE, put("State", "DISABLED"), "Watchdog"),
        Mutation(RULE, put("Targets", 0, "Input", "{}"), "Watchdog"),
    ],
    test_the_function_begins_the_state_machine_that_calls_it: [
        Mutation(MACHINE, put("StateMachineName", "mlops-prod-watchdog-2"), "Watchdog"),
        Mutation(POLICY, put_in_statement("states:StartExecution", Effect="Deny"), "Watchdog"),
    ],
    test_the_function_may_look_at_jobs_of_the_environment_and_stop_them: [
        Mutation(POLICY, put_in_statement(action, **changes), "Watchdog")
        for action in ("sagemaker:StopTrainingJob", "logs:FilterLogEvents")
        for changes in ({"Effect": "Deny"}, {"Resource": "*"})
    ],
    test_it_is_told_the_limits_of_the_environment: [
        Mutation(
            FUNCTION,
            put("Environment", "Variables", "LIMITS", WatchdogLimits(
                max_gap=1, patience_lines=1, max_minutes=1, max_cost_usd=1, usd_per_hour=1
            ).to_text()),
            "Watchdog",
        ),
    ],
    test_it_watches_longer_than_a_job_may_take_and_within_the_history: [
        Mutation(MACHINE, put_in_definition('"Seconds": 60,', '"Seconds": 1,'), "Watchdog"),
    ],
    test_a_job_that_was_stopped_is_not_trained_again: [
        Mutation(
            MACHINE,
            put_in_definition("SageMaker.SdkClientException", "States.TaskFailed"),
            "Training",
        ),
    ],
}  # fmt: skip


@FULL
@pytest.mark.parametrize(("guarantee", "mutation"), cases(EVERY))
def test_breaking_a_guarantee_fails_its_test(
    assembly: Assembly, guarantee: Guarantee, mutation: Mutation
) -> None:
    assert_noticed(assembly, guarantee, mutation)
