"""What the construct refuses, and what it derives."""

from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns

from mlops_constructs.python_function import FunctionSource
from mlops_constructs.queue_processing_function import QueueProcessingFunction
from mlops_constructs.queue_processing_props import QueueProcessingFunctionProps
from mlops_constructs.queue_settings import QueueSettings, QueueSettingsError
from queue_rules import check_template

SETTINGS: dict[str, Any] = {
    "timeout_seconds": 60,
    "max_concurrency": 5,
    "batch_size": 10,
    "batch_window_seconds": 0,
    "ride_out_seconds": 900,
    "retention_seconds": 345_600,
    "max_message_bytes": 262_144,
    "seconds_per_message": 1.0,
    "expected_burst": 1_000,
    "max_drain_seconds": 3_600,
}
THIRTEEN_DAYS = 13 * 86_400


def violations(**changes: Any) -> str:
    with pytest.raises(QueueSettingsError) as caught:
        QueueSettings(**SETTINGS | changes).check(next_retention_seconds=THIRTEEN_DAYS)
    return str(caught.value)


def test_settings_that_can_be_are_accepted() -> None:
    QueueSettings(**SETTINGS).check(next_retention_seconds=THIRTEEN_DAYS)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"max_concurrency": 1}, "R3: max_concurrency is 1; use 2 to 1000"),
        ({"max_concurrency": 0}, "R3: max_concurrency is 0; use 2 to 1000"),
        ({"timeout_seconds": 901}, "R23: timeout is 901 s; use 1 to 900 s"),
        ({"batch_size": 0}, "R9: batch_size is 0 with a batch_window of 0 s; use 1 to 10"),
        ({"batch_size": 11}, "R9: batch_size is 11 with a batch_window of 0 s; use 1 to 10"),
        ({"batch_window_seconds": 301}, "R9: batch_window is 301 s; use 0 to 300 s"),
        ({"seconds_per_message": 7}, "use a batch_size of at most 8 or a timeout of at least 70 s"),
        ({"max_message_bytes": 1_048_576}, "use a max_message_bytes of at most 629145"),
        ({"max_message_bytes": 1_048_577}, "R23: max_message_bytes is 1048577; use 1024 to"),
        ({"expected_burst": 20_000}, "use a max_concurrency of at least 6"),
        ({"max_drain_seconds": 0}, "use an expected_burst of 0 or more, and times above 0"),
        ({"seconds_per_message": 0}, "use an expected_burst of 0 or more, and times above 0"),
        ({"ride_out_seconds": 0}, "R2: ride_out is 0 s; use at least 1 s"),
        ({"ride_out_seconds": 250_000}, "R23: ride_out of 250000 s makes a visibility timeout"),
        ({"retention_seconds": 1_123_200}, "less than the 1123200 s of the dead-letter queue"),
        ({"retention_seconds": 59}, "R11: retention is 59 s; use 60 s or more"),
        ({"retention_seconds": 4_000}, "use a retention above 4000 s"),
    ],
)
def test_what_cannot_be_is_refused_with_figures_and_remedy(
    changes: dict[str, Any], expected: str
) -> None:
    assert expected in violations(**changes)


def test_every_violation_is_listed_at_once() -> None:
    message = violations(max_concurrency=1, batch_size=50, timeout_seconds=0, ride_out_seconds=0)
    assert message.startswith("4 queue rule(s) violated:")
    assert [line.split(":")[0].strip(" -") for line in message.splitlines()[1:]] == [
        "R3", "R23", "R9", "R2"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("timeout", "window", "ride_out", "visibility"),
    [(1, 0, 1, 6), (60, 0, 900, 360), (60, 30, 900, 390), (10, 0, 900, 225), (10, 0, 901, 226)],
)
def test_the_visibility_timeout_follows(
    timeout: int, window: int, ride_out: int, visibility: int
) -> None:
    settings = QueueSettings(
        **SETTINGS
        | {
            "timeout_seconds": timeout,
            "batch_window_seconds": window,
            "ride_out_seconds": ride_out,
        }
    )
    assert settings.visibility_timeout_seconds == visibility
    assert settings.survival_seconds >= ride_out


def synthesize(**changes: Any) -> dict[str, Any]:
    app = cdk.App(analytics_reporting=False)
    stack = cdk.Stack(app, "Test")
    source = FunctionSource(
        code=lambda_.Code.from_inline("def handler(event, context): ..."),
        handler="index.handler",
        description="Test double",
    )
    arguments: dict[str, Any] = {
        "processor": source,
        "archiver": source,
        "service_name": "test",
        "metrics_namespace": "Test",
        "alarm_topic": sns.Topic(stack, "Topic"),
        "spill_bucket": s3.Bucket(stack, "Bucket"),
        "spill_prefix": "dead-letters/",
        "timeout": cdk.Duration.seconds(60),
        "max_concurrency": 5,
        "seconds_per_message": 1,
        "expected_burst": 1_000,
        "max_drain_time": cdk.Duration.hours(1),
    }
    QueueProcessingFunction(
        stack, "Subject", props=QueueProcessingFunctionProps(**arguments | changes)
    )
    template: dict[str, Any] = app.synth().get_stack_by_name("Test").template
    return template


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"max_concurrency": 1_000, "reserve_concurrency": True},
        {"batch_size": 1_000, "batch_window": cdk.Duration.seconds(5), "max_message_bytes": 1_024,
         "seconds_per_message": 0.05},
        {"timeout": cdk.Duration.minutes(15)},
        {"ride_out": cdk.Duration.hours(6)},
        {"batch_size": 6, "max_message_bytes": 1_048_576},
    ],
)  # fmt: skip
def test_whatever_it_accepts_breaks_no_rule(changes: dict[str, Any]) -> None:
    assert check_template(synthesize(**changes)) == []


def test_data_is_kept_unless_the_caller_says_otherwise() -> None:
    resources = synthesize()["Resources"].values()
    tables = [each for each in resources if each["Type"] == "AWS::DynamoDB::Table"]
    assert {each["DeletionPolicy"] for each in tables} == {"Retain"}
    assert all(each["Properties"]["DeletionProtectionEnabled"] for each in tables)


def test_impossible_props_are_refused_before_anything_is_created() -> None:
    with pytest.raises(QueueSettingsError, match="R3: max_concurrency is 1"):
        synthesize(max_concurrency=1)
