"""Sound applications of every shape have no finding, and everything in them could be checked."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from queue_rules import Function, Queue, check, read
from tests.unit.queue_rules.shapes import (
    SHAPES,
    SOUND,
    Resources,
    add,
    cross_stack,
    findings_in,
    get_att,
    load,
    plain,
    properties_of,
)


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.__name__)
def test_sound_shapes_break_no_rule(shape: Callable[[], Resources]) -> None:
    assert findings_in({"Resources": shape()}) == []


@pytest.mark.parametrize("name", sorted(path.name for path in SOUND.iterdir()))
def test_sound_files_break_no_rule_in_yaml_and_json(name: str, tmp_path: Path) -> None:
    as_json = tmp_path / "template.json"
    as_json.write_text(json.dumps(load(name)))
    for path in (SOUND / name, as_json):
        application = read([path])
        assert len(application.mappings) == 1
        assert check(application) == []


def test_what_crosses_stacks_is_followed() -> None:
    assert findings_in(*cross_stack()) == []


def test_a_stack_alone_cannot_be_checked_for_what_it_imports() -> None:
    _, consumer = cross_stack()
    findings = findings_in(consumer)
    assert {each.severity.value for each in findings} == {"cannot-check"}
    # What holds for any queue, FIFO or not, needs no queue to be checked: R3, R8, R9.
    assert {each.rule for each in findings} == {"R1", "R2", "R4", "R10", "R11", "R15"}
    assert all("imports queues:orders" in each.message for each in findings)


@pytest.mark.parametrize(
    "arn",
    [
        "arn:aws:kinesis:eu-west-1:111122223333:stream/clicks",
        "arn:aws:dynamodb:eu-west-1:111122223333:table/t/stream/now",
        {"Fn::GetAtt": ["Stream", "Arn"]},
    ],
)
def test_mappings_of_streams_are_not_ours(arn: object) -> None:
    resources = plain()
    add("Stream", "AWS::Kinesis::Stream")(resources)
    add(
        "Clicks",
        "AWS::Lambda::EventSourceMapping",
        EventSourceArn=arn,
        FunctionName={"Ref": "Worker"},
        StartingPosition="LATEST",
    )(resources)
    assert findings_in({"Resources": resources}) == []


@pytest.mark.parametrize("source", ["rule", "subscription", "function"])
def test_dead_letter_queues_of_others_need_none_themselves(source: str) -> None:
    resources = plain()
    arn = get_att("Elsewhere")
    resources["Elsewhere"] = resources["DeadLetters"] | {}
    properties_of(resources, "OverTls")["Queues"].append({"Ref": "Elsewhere"})
    {
        "rule": add(
            "Rule", "AWS::Events::Rule", Targets=[{"Arn": "x", "DeadLetterConfig": {"Arn": arn}}]
        ),
        "subscription": add(
            "Subscription", "AWS::SNS::Subscription", RedrivePolicy={"deadLetterTargetArn": arn}
        ),
        "function": add(
            "Config",
            "AWS::Lambda::EventInvokeConfig",
            DestinationConfig={"OnFailure": {"Destination": arn}},
        ),
    }[source](resources)
    assert findings_in({"Resources": resources}) == []


def test_a_finding_names_the_construct_that_the_template_tells() -> None:
    resources = plain()
    resources["Orders"]["Metadata"] = {"aws:cdk:path": "Shop/Orders/Resource"}
    properties_of(resources, "Orders")["ReceiveMessageWaitTimeSeconds"] = 0
    (finding,) = findings_in({"Resources": resources})
    assert finding.construct_path == "Shop/Orders/Resource"


def test_a_freshness_alarm_may_take_silence_for_trouble() -> None:
    resources = plain()
    resources["Freshness"] = {
        "Type": "AWS::CloudWatch::Alarm",
        "Properties": properties_of(resources, "LateAlarm")
        | {
            "MetricName": "NumberOfMessagesSent",
            "ComparisonOperator": "LessThanThreshold",
            "TreatMissingData": "breaching",
        },
    }
    assert findings_in({"Resources": resources}) == []


def test_everything_that_the_simulator_needs_is_typed() -> None:
    (mapping,) = read([SOUND / "serverless.yaml"]).mappings
    assert mapping.resource.logical_id == "WorkerOrders"
    queue, function, dead_letters = mapping.queue, mapping.function, mapping.dead_letter_queue
    assert isinstance(queue, Queue)
    assert isinstance(function, Function)
    assert isinstance(dead_letters, Queue)
    assert (queue.name, dead_letters.name) == ("orders-prod", "orders-prod-dead")
    assert (queue.visibility_timeout, queue.max_receive_count) == (125, 5)
    assert (function.timeout, function.reserved_concurrency) == (20, 4)
    assert (mapping.batch_size, mapping.batch_window, mapping.max_concurrency) == (100, 5, 4)
    assert mapping.reports_item_failures is True
    assert mapping.pollers is None


@pytest.mark.parametrize(
    ("old", "new", "rule", "resource"),
    [
        ("Timeout: 20", "Timeout: 21", "R1", "Orders"),
        ("[IsProd, 5, 1]", "[IsProd, 4, 5]", "R2", "Orders"),
        ("prod: {Concurrency: 4}", "prod: {Concurrency: 3}", "R3", "Worker"),
        ("ScalingConfig: {", "Unknown: {", "R3", "WorkerOrders"),
        ("ScalingConfig: {Max", "ProvisionedPollerConfig: {MaximumPollers: 2, Max", "R6", "Worker"),
        ("FunctionResponseTypes", "Types", "R8", "WorkerOrders"),
        ("BatchSize: 100", "BatchSize: 10001", "R9", "WorkerOrders"),
        ('AccountId}:orders-${Stage}"', 'AccountId}:other"', "R12", "DeadLetters"),
        ("MessagesVisible", "MessagesDelayed", "R15", "DeadLetters"),
        ('-dead"}]', '"}]', "R15", "DeadLetters"),
        ('ALARM("orders-late")', 'ALARM("other")', "R15", "Orders"),
        ("MetricName: Errors", "MetricName: Throttles", "R15", "Worker"),
        ("AutoPublishAlias: live", "DeadLetterQueue: {TargetArn: x}", "R16", "Worker"),
        ('{"aws:SourceArn"', '{"aws:Referer"', "R19", "Policies"),
    ],
)
def test_mistakes_in_sam_and_metric_math_are_found(
    old: str, new: str, rule: str, resource: str, tmp_path: Path
) -> None:
    text = (SOUND / "serverless.yaml").read_text()
    assert old in text
    path = tmp_path / "app.yaml"
    path.write_text(text.replace(old, new, 1))
    (finding,) = check(read([path]))
    assert (finding.rule, finding.resource) == (rule, resource)
