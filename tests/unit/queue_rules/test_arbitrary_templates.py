"""Whatever is in a template: findings, or an error that says what is wrong with it."""

import contextlib
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from queue_rules import Finding, TemplateError
from queue_rules.checking import check_documents
from queue_rules.documents import checked_template, parse
from queue_rules.sources import Document
from queue_rules.values import Unknown
from tests.unit.queue_rules.shapes import archived, provisioned

IDS = ["Orders", "DeadLetters", "Worker", "Mapping", "DeadLettersAlarm", "OverTls", "Size", "X"]
TYPES = [
    "AWS::SQS::Queue",
    "AWS::SQS::QueuePolicy",
    "AWS::Lambda::Function",
    "AWS::Lambda::Alias",
    "AWS::Lambda::EventSourceMapping",
    "AWS::Serverless::Function",
    "AWS::CloudFormation::Stack",
    "AWS::CloudWatch::Alarm",
    "AWS::KMS::Key",
    "AWS::S3::Bucket",
]
FUNCTIONS = [
    "Ref", "Condition", "Fn::GetAtt", "Fn::Sub", "Fn::Join", "Fn::If", "Fn::ImportValue",
    "Fn::FindInMap", "Fn::Select", "Fn::Split", "Fn::Equals", "Fn::Not", "Fn::GetStackOutput",
]  # fmt: skip
NAMES = [
    "VisibilityTimeout", "RedrivePolicy", "deadLetterTargetArn", "maxReceiveCount", "QueueName",
    "EventSourceArn", "FunctionName", "ScalingConfig", "MaximumConcurrency", "BatchSize",
    "FunctionResponseTypes", "ProvisionedPollerConfig", "MaximumPollers", "Metrics", "Dimensions",
    "Queues", "PolicyDocument", "Statement", "Principal", "Condition", "KeyPolicy", "Events",
    "RedriveAllowPolicy", "Threshold", "AlarmActions", "KmsMasterKeyId", "Globals", "Metadata",
    "queue_rules", "suppress", "NotificationConfiguration", "QueueConfigurations",
]  # fmt: skip

leaves = (
    st.none()
    | st.booleans()
    | st.integers(-5, 10**7)
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from([*IDS, "Orders.Arn", "${Orders.Arn}", "${AWS::Region}", "AWS::NoValue",
                       "alias/aws/sqs", "arn:aws:sqs:eu-west-1:111122223333:x", "5"])
)  # fmt: skip
values = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(NAMES), inner, max_size=4)
        | st.dictionaries(st.sampled_from(FUNCTIONS), inner, min_size=1, max_size=1)
    ),
    max_leaves=12,
)
resources = st.fixed_dictionaries(
    {"Type": st.sampled_from(TYPES), "Properties": st.dictionaries(st.sampled_from(NAMES), values)},
    optional={"Condition": leaves, "Metadata": values},
)
sections = {
    name: st.dictionaries(st.sampled_from(IDS), values, max_size=3) | values
    for name in ("Parameters", "Conditions", "Mappings", "Outputs", "Globals", "Transform")
}
loops = st.tuples(
    st.sampled_from(IDS), values, st.dictionaries(st.sampled_from(IDS), resources | values)
)
templates = st.fixed_dictionaries(
    {
        "Resources": st.dictionaries(st.sampled_from(IDS), resources, max_size=6)
        | st.dictionaries(st.just("Fn::ForEach::Loop"), loops.map(list) | values)
    },
    optional=sections,
)

quickly = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@quickly
@given(templates)
def test_templates_are_checked_or_refused(template: Any) -> None:
    with contextlib.suppress(TemplateError):
        for finding in check_template(template):
            assert finding.message
            assert finding.resource


@quickly
@given(values)
def test_anything_else_is_refused(value: Any) -> None:
    with contextlib.suppress(TemplateError):
        check_template(value)


@quickly
@given(
    st.sampled_from([archived, provisioned]),
    st.lists(st.tuples(st.integers(0, 10**6), values), min_size=1, max_size=3),
)
def test_sound_templates_with_something_replaced_are_checked_or_refused(
    shape: Any, replacements: list[tuple[int, Any]]
) -> None:
    """Nearer to real templates: one place of a sound one holds anything."""
    body = {"Resources": shape()}
    for place, value in replacements:
        parents = list(containers(body))
        parent, key = parents[place % len(parents)]
        parent[key] = value
    with contextlib.suppress(TemplateError):
        check_template(body)


def check_template(body: Any) -> list[Finding]:
    document = Document(name="s", path=None, body=checked_template(body, source="s"))
    return check_documents([[document]])[1]


def containers(value: Any) -> Any:
    pairs = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in list(pairs):
        yield value, key
        if isinstance(inner, dict | list):
            yield from containers(inner)


def test_whatever_is_nested_too_deeply_is_refused() -> None:
    deep: Any = 1
    for _ in range(5_000):
        deep = {"Deeper": [deep]}
    queue = {"Type": "AWS::SQS::Queue", "Properties": {"VisibilityTimeout": deep}}
    for body in (
        {"Conditions": {"Deep": deep}, "Resources": {}},
        {"Resources": {"Orders": queue}},
    ):
        with pytest.raises(TemplateError, match="nested too deeply"):
            check_template(body)


@quickly
@given(st.text(max_size=200) | values.map(json.dumps))
def test_any_text_is_parsed_or_refused(text: str) -> None:
    with contextlib.suppress(TemplateError):
        assert not isinstance(parse(text, source="text"), Unknown)
