"""The queue rules inside synthesis, on an app that has nothing to do with ours."""

import json
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_event_sources as event_sources
from aws_cdk import aws_sqs as sqs

from mlops_constructs.queue_rules_plugin import QueueRulesPlugin, acknowledge_queue_rule

REASON = "Nothing is sent in bursts here."


class SmallApp:
    """A queue that feeds a function, without an error; alarms and policies are left out."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.app = cdk.App(outdir=str(folder), analytics_reporting=False)
        cdk.Validations.of(self.app).add_plugins(QueueRulesPlugin())
        self.stack = cdk.Stack(self.app, "Queues")
        self.dead_letters = sqs.Queue(
            self.stack, "DeadLetters", retention_period=cdk.Duration.days(14)
        )
        self.queue = sqs.Queue(
            self.stack,
            "Orders",
            visibility_timeout=cdk.Duration.seconds(180),
            dead_letter_queue=sqs.DeadLetterQueue(queue=self.dead_letters, max_receive_count=5),
        )
        acknowledge_queue_rule(self.dead_letters, "R15", reason="Counted by the application.")

    def feed(self, scope: cdk.Stack, queue: sqs.IQueue) -> lambda_.Function:
        function = lambda_.Function(
            scope,
            "Worker",
            code=lambda_.Code.from_inline("def handler(event, context): ..."),
            handler="index.handler",
            runtime=lambda_.Runtime.PYTHON_3_13,
            timeout=cdk.Duration.seconds(30),
        )
        function.add_event_source(
            event_sources.SqsEventSource(queue, max_concurrency=2, report_batch_item_failures=True)
        )
        return function

    def synthesize(self) -> None:
        self.app.synth()

    def report(self) -> dict[str, Any]:
        reports = json.loads((self.folder / "validation-report.json").read_text())["pluginReports"]
        (ours,) = (each for each in reports if each["pluginName"] == "queue-rules")
        assert isinstance(ours, dict)
        return ours

    def found(self, severity: str) -> set[tuple[str, str]]:
        return {
            (each["ruleName"], resource["constructPath"])
            for each in self.report()["violations"]
            if each["severity"] == severity
            for resource in each["violatingConstructs"]
        }


@pytest.fixture
def small(tmp_path: Path) -> SmallApp:
    return SmallApp(tmp_path)


def test_warnings_are_reported_and_let_synthesis_pass(small: SmallApp) -> None:
    small.feed(small.stack, small.queue)
    small.synthesize()
    assert small.found("error") == set()
    assert ("R22", "Queues/Orders/Resource") in small.found("warning")


def test_a_bad_property_of_an_l1_fails_synthesis(small: SmallApp) -> None:
    function = small.feed(small.stack, small.queue)
    lambda_.CfnEventSourceMapping(
        small.stack,
        "ByHand",
        function_name=function.function_name,
        event_source_arn=small.queue.queue_arn,
        function_response_types=["ReportBatchItemFailures"],
    )
    with pytest.raises(RuntimeError, match="ValidationFailed"):
        small.synthesize()
    assert small.found("error") == {("R3", "Queues/ByHand")}


def test_a_property_override_fails_synthesis(small: SmallApp) -> None:
    small.feed(small.stack, small.queue)
    resource = small.queue.node.default_child
    assert isinstance(resource, sqs.CfnQueue)
    resource.add_property_override("VisibilityTimeout", 179)
    with pytest.raises(RuntimeError, match="ValidationFailed"):
        small.synthesize()
    assert small.found("error") == {("R1", "Queues/Orders/Resource")}


def test_templates_are_seen_together(small: SmallApp) -> None:
    other = cdk.Stack(small.app, "Functions")
    small.feed(other, small.queue)
    resource = small.queue.node.default_child
    assert isinstance(resource, sqs.CfnQueue)
    resource.add_property_override("VisibilityTimeout", 179)
    with pytest.raises(RuntimeError, match="ValidationFailed"):
        small.synthesize()
    assert small.found("error") == {("R1", "Queues/Orders/Resource")}
    assert small.found("info") == set()


def test_what_cannot_be_checked_is_said_and_does_not_fail(small: SmallApp) -> None:
    arn = "arn:aws:sqs:eu-west-1:111122223333:elsewhere"
    small.feed(small.stack, sqs.Queue.from_queue_arn(small.stack, "Elsewhere", arn))
    small.synthesize()
    assert {rule for rule, _ in small.found("info")} >= {"R1", "R2", "R10", "R11"}


def test_an_acknowledged_finding_does_not_fail_and_keeps_its_reason(small: SmallApp) -> None:
    function = small.feed(small.stack, small.queue)
    small.queue.node.default_child.add_property_override(  # type: ignore[union-attr]
        "RedrivePolicy.maxReceiveCount", 4
    )
    small.queue.node.default_child.add_property_override(  # type: ignore[union-attr]
        "VisibilityTimeout", 225
    )
    acknowledge_queue_rule(small.queue, "R2", reason=REASON)
    acknowledge_queue_rule(function, "R15", reason=REASON)
    small.synthesize()
    report = small.report()
    assert not {("R2", "Queues/Orders/Resource")} & small.found("error")
    assert REASON in json.dumps(report)


def test_a_suppression_in_metadata_counts_and_keeps_its_reason(small: SmallApp) -> None:
    small.feed(small.stack, small.queue)
    resource = small.queue.node.default_child
    assert isinstance(resource, sqs.CfnQueue)
    resource.add_metadata("queue_rules", {"suppress": [{"id": "R22", "reason": REASON}]})
    small.synthesize()
    assert ("R22", "Queues/Orders/Resource") not in small.found("warning")
    assert small.report()["metadata"] == {
        f"R22 at Queues/{small.stack.get_logical_id(resource)}": REASON
    }


def test_an_acknowledgement_needs_a_rule_and_a_reason(small: SmallApp) -> None:
    with pytest.raises(ValueError, match="no queue rule 'R99'; use one of R0, R1"):
        acknowledge_queue_rule(small.queue, "R99", reason=REASON)
    with pytest.raises(ValueError, match="without a reason"):
        acknowledge_queue_rule(small.queue, "R2", reason=" ")
