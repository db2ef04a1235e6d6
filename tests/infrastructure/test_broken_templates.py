"""Whoever overrides a property of the synthesized construct hears of it."""

import copy
from typing import Any

import pytest

from queue_rules import check
from queue_rules.sources import Document
from queue_rules.templates import read_documents
from tests.infrastructure.assembly import Assembly

# Beginnings of logical ids; the hash behind them is CDK's.
QUEUE = ("AWS::SQS::Queue", "IngestionSourceQueue")
DEAD_LETTERS = ("AWS::SQS::Queue", "IngestionDeadLetterQueue")
PARKING = ("AWS::SQS::Queue", "IngestionParkingQueue")
MAPPING = ("AWS::Lambda::EventSourceMapping", "IngestionProcessor")
FUNCTION = ("AWS::Lambda::Function", "IngestionProcessor")
POLICY = ("AWS::SQS::QueuePolicy", "IngestionSourceQueue")
ALARM = "AWS::CloudWatch::Alarm"
ABSENT = object()

BREAKAGES: list[tuple[tuple[str, str], str, Any, str]] = [
    (QUEUE, "VisibilityTimeout", 30, "R1"),
    (QUEUE, "RedrivePolicy", ABSENT, "R10"),
    (QUEUE, "MessageRetentionPeriod", 1_209_600, "R11"),
    (QUEUE, "RedriveAllowPolicy", ABSENT, "R12"),
    (QUEUE, "KmsMasterKeyId", "alias/aws/sqs", "R20"),
    (QUEUE, "KmsMasterKeyId", ABSENT, "R20"),
    (QUEUE, "ReceiveMessageWaitTimeSeconds", ABSENT, "R22"),
    (QUEUE, "VisibilityTimeout", 43_201, "R23"),
    (DEAD_LETTERS, "VisibilityTimeout", 30, "R1"),
    (DEAD_LETTERS, "RedrivePolicy", ABSENT, "R14"),
    (DEAD_LETTERS, "MessageRetentionPeriod", 3_600, "R11"),
    (PARKING, "MessageRetentionPeriod", 1_200_000, "R14"),
    (MAPPING, "ScalingConfig", ABSENT, "R3"),
    (MAPPING, "ScalingConfig", {"MaximumConcurrency": 1_001}, "R3"),
    (MAPPING, "ProvisionedPollerConfig", {"MaximumPollers": 2}, "R6"),
    (MAPPING, "FunctionResponseTypes", ABSENT, "R8"),
    (MAPPING, "BatchSize", 11, "R9"),
    (FUNCTION, "DeadLetterConfig", {"TargetArn": "arn"}, "R16"),
    (POLICY, "PolicyDocument", {"Statement": []}, "R19"),
    (
        (ALARM, "IngestionDeadLettersAlarm"),
        "MetricName",
        "ApproximateNumberOfMessagesVisible",
        "R15",
    ),
    ((ALARM, "IngestionParkingAlarm"), "AlarmActions", ABSENT, "R15"),
    ((ALARM, "IngestionLateAlarm"), "AlarmActions", ABSENT, "R15"),
    ((ALARM, "IngestionErrorsAlarm"), "TreatMissingData", "breaching", "R15"),
]


@pytest.mark.parametrize(("resource", "name", "value", "rule"), BREAKAGES)
def test_breaking_one_property_is_found(
    assembly: Assembly, resource: tuple[str, str], name: str, value: Any, rule: str
) -> None:
    templates = copy.deepcopy(dict(assembly.templates))
    resources = templates[f"mlops-{assembly.environment.name}-ingestion"]["Resources"]
    type_, beginning = resource
    (body,) = (
        body
        for logical_id, body in resources.items()
        if body["Type"] == type_ and logical_id.startswith(beginning)
    )
    properties = body["Properties"]
    if value is ABSENT:
        del properties[name]
    else:
        properties[name] = value
    # It would stand in for an alarm that has no action of its own.
    unhealthy = templates.pop(f"mlops-{assembly.environment.name}-observability")
    assert "AWS::CloudWatch::CompositeAlarm" in str(unhealthy)
    documents = [
        Document(name=stack, path=None, body=template) for stack, template in templates.items()
    ]
    assert rule in {finding.rule for finding in check(read_documents([documents]))}
