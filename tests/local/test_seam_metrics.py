import json
import time

import pytest

from local import LocalCloud
from tests.cloud import eventually
from tests.local import stacks
from tests.local.metrics import total

pytestmark = pytest.mark.local_cloud


def test_embedded_metrics_of_a_handler_are_stored_with_each_set_of_dimensions(
    probe: LocalCloud,
) -> None:
    directive = {
        "Namespace": "Embedded",
        "Dimensions": [["service"], ["service", "dataset"]],
        "Metrics": [{"Name": "Rows", "Unit": "Count"}],
    }
    document = {
        "_aws": {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [directive]},
        "service": "ingest",
        "dataset": "flights",
        "Rows": [5, 7],
    }
    stacks.invoke(probe, "probe-worker", {"metric": document})

    eventually(lambda: total(probe, "Embedded", "Rows", service="ingest") == 12, "it is stored")
    assert total(probe, "Embedded", "Rows", service="ingest", dataset="flights") == 12


def test_queue_metrics_count_what_happened(shared_cloud: LocalCloud) -> None:
    sqs = shared_cloud.client("sqs")
    url = sqs.create_queue(QueueName="measured")["QueueUrl"]
    for body in "abc":
        sqs.send_message(QueueUrl=url, MessageBody=body)
    (message,) = sqs.receive_message(QueueUrl=url)["Messages"]
    sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])

    def count(metric: str) -> float:
        return total(shared_cloud, "AWS/SQS", metric, QueueName="measured")

    eventually(lambda: count("NumberOfMessagesDeleted") == 1, "the minute is over")

    assert count("NumberOfMessagesSent") == 3
    assert count("NumberOfMessagesReceived") == 1
    assert count("ApproximateNumberOfMessagesVisible") >= 2
    assert count("ApproximateAgeOfOldestMessage") > 0


def test_moving_to_a_dead_letter_queue_is_not_sending(shared_cloud: LocalCloud) -> None:
    sqs = shared_cloud.client("sqs")
    dead = sqs.create_queue(QueueName="moved-dead")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]
    policy = {"deadLetterTargetArn": arn["QueueArn"], "maxReceiveCount": 1}
    attributes = {"VisibilityTimeout": "0", "RedrivePolicy": json.dumps(policy)}
    url = sqs.create_queue(QueueName="moved", Attributes=attributes)["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="x")
    for _ in range(2):
        sqs.receive_message(QueueUrl=url)
    sqs.receive_message(QueueUrl=dead)

    def count(metric: str, queue: str) -> float:
        return total(shared_cloud, "AWS/SQS", metric, QueueName=queue)

    eventually(lambda: count("NumberOfMessagesReceived", "moved-dead") == 1, "the minute is over")

    assert count("NumberOfMessagesSent", "moved") == 1
    assert count("NumberOfMessagesSent", "moved-dead") == 0
    assert count("NumberOfMessagesDeleted", "moved") == 0


def test_executions_are_counted_by_outcome(shared_cloud: LocalCloud) -> None:
    client = shared_cloud.client("stepfunctions")
    for name, state in (("good", {"Type": "Pass", "End": True}), ("bad", {"Type": "Fail"})):
        definition = json.dumps({"StartAt": "S", "States": {"S": state}})
        role = "arn:aws:iam::000000000000:role/any"
        machine = client.create_state_machine(name=name, definition=definition, roleArn=role)
        client.start_execution(stateMachineArn=machine["stateMachineArn"])
    arn = machine["stateMachineArn"].removesuffix("bad")

    def count(metric: str, name: str) -> float:
        return total(shared_cloud, "AWS/States", metric, StateMachineArn=arn + name)

    eventually(lambda: count("ExecutionsSucceeded", "good") == 1, "the good one is counted")
    eventually(lambda: count("ExecutionsFailed", "bad") == 1, "the bad one is counted")
    assert count("ExecutionsStarted", "good") == count("ExecutionsStarted", "bad") == 1
    assert count("ExecutionsFailed", "good") == 0


def test_a_metric_without_dimensions_is_a_metric_of_its_own(shared_cloud: LocalCloud) -> None:
    some = {"Name": "dataset", "Value": "flights"}
    shared_cloud.client("cloudwatch").put_metric_data(
        Namespace="Own",
        MetricData=[
            {"MetricName": "M", "Value": 1},
            {"MetricName": "M", "Value": 10, "Dimensions": [some]},
        ],
    )

    assert total(shared_cloud, "Own", "M") == 1
    assert total(shared_cloud, "Own", "M", dataset="flights") == 10
