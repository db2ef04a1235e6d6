import json
import uuid
from typing import Any

import pytest

from local import LocalCloud
from local.calls import Call
from local.environment import ACCOUNT, REGION
from tests.cloud import TIME_SCALE, eventually, receive_all
from tests.local import machines, stacks
from tests.local.machines import end, output_of, run, task

pytestmark = pytest.mark.local_cloud

CATCH_ALL = [{"ErrorEquals": ["States.ALL"], "Next": "Caught"}]
RAISING = "def handle(event, context):\n    raise OSError(event['reason'])\n"


@pytest.fixture(scope="module")
def raising(shared_cloud: LocalCloud) -> str:
    """The name of a function that raises OSError."""
    stacks.apply(shared_cloud, "raising", {"F": stacks.function("raising", RAISING)})
    return "raising"


def invoke(function: str, **fields: Any) -> machines.State:
    return task("lambda:invoke", {"FunctionName": function, "Payload": {"reason": "x"}}, **fields)


def test_a_path_that_leads_nowhere_fails_the_execution_and_nothing_catches_it(
    shared_cloud: LocalCloud, raising: str
) -> None:
    states = {
        "Wrong": invoke(raising) | {"Parameters": {"Name.$": "$.absent"}, "Catch": CATCH_ALL},
        "Caught": end(),
    }

    ended = run(shared_cloud, states, {"present": 1})

    assert (ended["status"], ended["error"]) == ("FAILED", "States.Runtime")
    assert "'$.absent' could not be found in the input" in ended["cause"]


@pytest.mark.parametrize("field", ["InputPath", "OutputPath"])
def test_input_and_output_paths_must_lead_somewhere_too(
    shared_cloud: LocalCloud, field: str
) -> None:
    assert run(shared_cloud, {"P": end(**{field: "$.absent"})})["error"] == "States.Runtime"


def test_null_is_a_value(shared_cloud: LocalCloud) -> None:
    parameters = {"x.$": "$.null", "all.$": "$.list[*].gone"}
    data: dict[str, Any] = {"null": None, "list": [{}]}

    assert output_of(shared_cloud, {"P": end(Parameters=parameters)}, data) == {
        "x": None,
        "all": [],
    }


def choice(**rule: Any) -> dict[str, machines.State]:
    return {
        "C": {"Type": "Choice", "Choices": [{**rule, "Next": "Yes"}], "Default": "No"},
        "Yes": end(Result="yes"),
        "No": end(Result="no"),
    }


def test_a_choice_on_a_variable_that_is_absent_fails_unless_it_asks_for_presence(
    shared_cloud: LocalCloud,
) -> None:
    absent = run(shared_cloud, choice(Variable="$.mode", StringEquals="tune"))
    assert absent["error"] == "States.Runtime"
    assert "Invalid path '$.mode'" in absent["cause"]

    present = choice(Variable="$.mode", IsPresent=True)
    assert output_of(shared_cloud, present) == "no"
    assert output_of(shared_cloud, present, {"mode": None}) == "yes"

    guarded = {"And": [{"Variable": "$.mode", "IsPresent": True},
                       {"Variable": "$.mode", "StringEquals": "tune"}]}  # fmt: skip
    assert output_of(shared_cloud, choice(**guarded)) == "no"
    assert output_of(shared_cloud, choice(**guarded), {"mode": "tune"}) == "yes"


def test_intrinsic_functions_and_the_context(shared_cloud: LocalCloud) -> None:
    parameters = {
        "text.$": "States.Format('{}-{}-{}', $.name, $.number, $.flag)",
        "list.$": "States.Array('--a', $.name, States.Format('{}/b', $.name))",
        "json.$": "States.StringToJson(States.JsonToString($.object))",
        "length.$": "States.ArrayLength($.items)",
        "sum.$": "States.MathAdd($.number, -1)",
        "input.$": "$$.Execution.Input.name",
        "id.$": "$$.Execution.Id",
        "retries.$": "$$.State.RetryCount",
    }
    data = {"name": "n", "number": 7, "flag": True, "object": {"k": [1]}, "items": [1, 2]}

    found = output_of(shared_cloud, {"P": end(Parameters=parameters)}, data)

    assert ":execution:machine-" in found.pop("id")
    assert found == {
        "text": "n-7-true",
        "list": ["--a", "n", "n/b"],
        "json": {"k": [1]},
        "length": 2,
        "sum": 6,
        "input": "n",
        "retries": 0,
    }


def test_retries_wait_scaled_no_longer_than_the_most_and_the_catcher_keeps_the_input(
    shared_cloud: LocalCloud, raising: str
) -> None:
    retry = {
        "ErrorEquals": ["OSError"],
        "IntervalSeconds": 120,
        "BackoffRate": 100,
        "MaxDelaySeconds": 120,
        "MaxAttempts": 2,
    }
    catch = [{"ErrorEquals": ["OSError"], "ResultPath": "$.error", "Next": "Caught"}]
    states = {"T": invoke(raising, Retry=[retry], Catch=catch), "Caught": end()}

    execution = machines.start(shared_cloud, states, {"kept": 1})
    output = json.loads(machines.await_end(shared_cloud, execution)["output"])

    assert output["kept"] == 1
    assert output["error"]["Error"] == "OSError"
    assert json.loads(output["error"]["Cause"])["errorMessage"] == "x"
    history = machines.events(shared_cloud, execution)
    failed, scheduled = (
        [event["timestamp"] for event in history if event["type"] == kind]
        for kind in ("TaskFailed", "TaskScheduled")
    )
    assert len(failed) == len(scheduled) == 3
    waits = [(b - a).total_seconds() for a, b in zip(failed, scheduled[1:], strict=False)]
    assert min(waits) >= 120 / TIME_SCALE - 0.1


def test_what_a_state_machine_cannot_run_is_caught_by_nothing(shared_cloud: LocalCloud) -> None:
    state = task("batch:submitJob", {}, Catch=CATCH_ALL, Retry=[{"ErrorEquals": ["States.ALL"]}])

    ended = run(shared_cloud, {"T": state, "Caught": end()})

    assert (ended["status"], ended["error"]) == ("FAILED", "States.Runtime")


def test_waits_are_scaled(shared_cloud: LocalCloud) -> None:
    assert run(shared_cloud, {"W": end("Wait", Seconds=120)})["status"] == "SUCCEEDED"


def test_an_execution_out_of_time_says_so(shared_cloud: LocalCloud) -> None:
    ended = run(shared_cloud, {"W": end("Wait", Seconds=86400)}, TimeoutSeconds=1)

    assert ended["status"] == "TIMED_OUT"
    kinds = [event["type"] for event in machines.events(shared_cloud, ended["executionArn"])]
    assert kinds[-1] == "ExecutionTimedOut"


def test_a_task_out_of_time_is_caught_by_its_name(
    shared_cloud: LocalCloud,
) -> None:
    code = "import time\ndef handle(event, context):\n    time.sleep(4)\n"
    stacks.apply(shared_cloud, "lasting", {"F": stacks.function("lasting", code)})
    catch = [{"ErrorEquals": ["States.Timeout"], "Next": "Late"}]
    states = {"T": invoke("lasting", TimeoutSeconds=1, Catch=catch), "Late": end(Result="late")}

    execution = machines.start(shared_cloud, states)

    assert json.loads(machines.await_end(shared_cloud, execution)["output"]) == "late"
    assert "TaskTimedOut" in [e["type"] for e in machines.events(shared_cloud, execution)]


def test_a_stopped_execution_stays_stopped(shared_cloud: LocalCloud, raising: str) -> None:
    retry = [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 3000, "MaxAttempts": 9}]
    states = {"T": invoke(raising, Retry=retry, Catch=CATCH_ALL), "Caught": end()}
    execution = machines.start(shared_cloud, states)
    client = shared_cloud.client("stepfunctions")

    def failed_once() -> bool:
        return "TaskFailed" in [e["type"] for e in machines.events(shared_cloud, execution)]

    eventually(failed_once, "it waits for its retry")
    client.stop_execution(executionArn=execution, error="Stop", cause="a test")

    # The next run would overtake whatever the stopped one still had to do.
    run(shared_cloud, {"W": end("Wait", Seconds=60)})
    ended = client.describe_execution(executionArn=execution)
    assert (ended["status"], ended["error"], ended["cause"]) == ("ABORTED", "Stop", "a test")
    assert machines.events(shared_cloud, execution)[-1]["type"] == "ExecutionAborted"


def test_the_history_names_integration_and_parameters(
    shared_cloud: LocalCloud, raising: str
) -> None:
    ended = run(shared_cloud, {"T": invoke(raising)})

    history = machines.events(shared_cloud, ended["executionArn"])
    (scheduled,) = [event for event in history if event["type"] == "TaskScheduled"]
    assert scheduled["previousEventId"] == scheduled["id"] - 1
    details = scheduled["taskScheduledEventDetails"]
    assert (details["resourceType"], details["resource"]) == ("lambda", "invoke")
    assert json.loads(details["parameters"])["Payload"] == {"reason": "x"}


def test_calls_of_a_state_machine_are_recorded_under_its_role(
    shared_cloud: LocalCloud, raising: str
) -> None:
    topic = shared_cloud.client("sns").create_topic(Name="told")["TopicArn"]
    catch = [{"ErrorEquals": ["States.ALL"], "Next": "Tell"}]
    states = {
        "T": invoke(raising, Catch=catch),
        "Tell": task("sns:publish", {"TopicArn": topic, "Message": "m"}, Next="List"),
        "List": task("aws-sdk:dynamodb:describeTable", {"TableName": "t"}, Catch=catch),
    }
    states["List"]["Catch"] = [{"ErrorEquals": ["States.ALL"], "Next": "End"}]
    states["End"] = end("Succeed")

    run(shared_cloud, states)

    function = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{raising}"
    table = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/t"
    assert {
        Call("machine", "lambda:InvokeFunction", function),
        Call("machine", "sns:Publish", topic),
        Call("machine", "dynamodb:DescribeTable", table),
    } <= shared_cloud.calls()


def test_rules_start_state_machines_with_their_input_and_schedules_are_scaled(
    shared_cloud: LocalCloud,
) -> None:
    sqs = shared_cloud.client("sqs")
    url = sqs.create_queue(QueueName="scheduled")["QueueUrl"]
    send = {"QueueUrl": url, "MessageBody.$": "States.JsonToString($)"}
    machine = machines.create(shared_cloud, {"S": task("sqs:sendMessage", send)})
    rules = shared_cloud.client("events")
    name = f"hourly-{uuid.uuid4().hex[:8]}"
    role = f"arn:aws:iam::{ACCOUNT}:role/schedule"
    rules.put_rule(Name=name, ScheduleExpression="rate(1 minute)")
    target = {"Id": "1", "Arn": machine, "RoleArn": role, "Input": '{"trigger": "schedule"}'}
    rules.put_targets(Rule=name, Targets=[target])

    received: list[Any] = []

    def twice() -> bool:
        received.extend(receive_all(shared_cloud, "scheduled"))
        return len(received) > 1

    eventually(twice, "the rule fires twice")
    rules.disable_rule(Name=name)

    assert received[:2] == [{"trigger": "schedule"}] * 2
    assert Call("schedule", "states:StartExecution", machine) in shared_cloud.calls()
