import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from local import LocalCloud
from tests.cloud import eventually, messages_in
from tests.local import stacks

pytestmark = pytest.mark.local_cloud


def bodies(cloud: LocalCloud, prefix: str) -> list[str]:
    return [item["body"] for item in stacks.seen(cloud) if item["body"].startswith(prefix)]


# Says how many batches run beside this one. The first three wait for each other, however long a
# worker takes to start; a fourth beside them would have half a second more to be seen.
COUNT_PARALLEL = """
import os, pathlib, time, uuid
FOLDER = pathlib.Path(os.environ["FOLDER"])
def handle(event, context):
    name = str(uuid.uuid4())
    running = FOLDER / f"running-{name}"
    running.touch()
    while len(list(FOLDER.glob("*-*"))) < 3:
        time.sleep(0.05)
    time.sleep(0.5)
    parallel = len(list(FOLDER.glob("running-*")))
    running.rename(FOLDER / f"done-{name}-{parallel}-{len(event['Records'])}")
"""


def test_batches_are_of_ten_and_run_in_parallel_up_to_maximum_concurrency(
    shared_cloud: LocalCloud, tmp_path: Path
) -> None:
    code = stacks.function(
        "parallel", COUNT_PARALLEL, Timeout=60, Environment={"Variables": {"FOLDER": str(tmp_path)}}
    )
    stacks.apply(
        shared_cloud,
        "parallel",
        {
            "Q": stacks.resource("AWS::SQS::Queue", QueueName="parallel", VisibilityTimeout=360),
            "F": code,
            "M": stacks.mapping("Q", "parallel", ScalingConfig={"MaximumConcurrency": 3}),
        },
    )
    for _ in range(6):
        stacks.send_batch(shared_cloud, "parallel", *map(str, range(10)))

    def done() -> list[tuple[int, int]]:
        names = (path.name.split("-") for path in tmp_path.glob("done-*"))
        return [(int(parallel), int(batch)) for *_, parallel, batch in names]

    eventually(
        lambda: sum(batch for _, batch in done()) == 60, "all messages are handled", seconds=60
    )

    assert max(parallel for parallel, _ in done()) == 3
    assert max(batch for _, batch in done()) == 10


def test_only_failed_messages_come_back_and_end_in_the_dead_letter_queue(
    probe: LocalCloud,
) -> None:
    stacks.send(probe, "probe-source", "partial 1", "partial poison", "partial 2")

    eventually(lambda: len(bodies(probe, "partial")) == 2, "the good ones are stored")
    eventually(lambda: messages_in(probe, "probe-dead-letters") == 1, "the bad one is dead")

    assert sorted(bodies(probe, "partial")) == ["partial 1", "partial 2"]
    sqs = probe.client("sqs")
    url = sqs.get_queue_url(QueueName="probe-dead-letters")["QueueUrl"]
    (dead,) = sqs.receive_message(QueueUrl=url, MessageSystemAttributeNames=["All"])["Messages"]
    assert dead["Body"] == "partial poison"
    # Three receives of the source, and this one: the count goes on across queues.
    assert dead["Attributes"]["ApproximateReceiveCount"] == "4"
    assert dead["Attributes"]["DeadLetterQueueSourceArn"].endswith(":probe-source")
    sqs.delete_message(QueueUrl=url, ReceiptHandle=dead["ReceiptHandle"])


def test_a_dead_letter_queue_gives_its_own_number_of_receives_before_parking(
    shared_cloud: LocalCloud,
) -> None:
    def queue(name: str, target: str | None = None, receives: int = 0) -> dict[str, object]:
        policy = {
            "deadLetterTargetArn": {"Fn::GetAtt": [target, "Arn"]},
            "maxReceiveCount": receives,
        }
        return stacks.resource(
            "AWS::SQS::Queue",
            QueueName=name,
            VisibilityTimeout=0,
            **{"RedrivePolicy": policy} if target else {},
        )

    stacks.apply(
        shared_cloud,
        "chain",
        {"A": queue("chain-a", "B", 3), "B": queue("chain-b", "C", 2), "C": queue("chain-c")},
    )
    sqs = shared_cloud.client("sqs")
    stacks.send(shared_cloud, "chain-a", "x")

    def receives(name: str) -> int:
        url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
        count = 0
        while "Messages" in sqs.receive_message(QueueUrl=url):
            count += 1
        return count

    assert (receives("chain-a"), receives("chain-b")) == (3, 2)
    assert messages_in(shared_cloud, "chain-c") == 1


def test_no_message_is_lost_between_many_senders_and_the_poller(probe: LocalCloud) -> None:
    def send(sender: int) -> None:
        stacks.send(probe, "probe-source", *(f"storm {sender}-{i}" for i in range(40)))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(send, range(8)))

    eventually(lambda: len(bodies(probe, "storm")) == 320, "every message arrives", seconds=60)


def test_visibility_zero_brings_a_message_back_at_once(shared_cloud: LocalCloud) -> None:
    sqs = shared_cloud.client("sqs")
    url = sqs.create_queue(QueueName="visible", Attributes={"VisibilityTimeout": "600"})["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="x")
    (first,) = sqs.receive_message(QueueUrl=url)["Messages"]
    assert "Messages" not in sqs.receive_message(QueueUrl=url)

    sqs.change_message_visibility(
        QueueUrl=url, ReceiptHandle=first["ReceiptHandle"], VisibilityTimeout=0
    )

    assert sqs.receive_message(QueueUrl=url)["Messages"][0]["MessageId"] == first["MessageId"]


def test_a_handler_that_sets_visibility_zero_gets_the_message_again_at_once(
    shared_cloud: LocalCloud,
) -> None:
    code = """
import boto3
def handle(event, context):
    record = event["Records"][0]
    sqs = boto3.client("sqs")
    url = sqs.get_queue_url(QueueName="hasty")["QueueUrl"]
    sqs.change_message_visibility(
        QueueUrl=url, ReceiptHandle=record["receiptHandle"], VisibilityTimeout=0)
    return {"batchItemFailures": [{"itemIdentifier": record["messageId"]}]}
"""
    dead = {"deadLetterTargetArn": {"Fn::GetAtt": ["D", "Arn"]}, "maxReceiveCount": 3}
    stacks.apply(
        shared_cloud,
        "hasty",
        {
            "D": stacks.resource("AWS::SQS::Queue", QueueName="hasty-dead"),
            "Q": stacks.resource(
                "AWS::SQS::Queue", QueueName="hasty", VisibilityTimeout=600, RedrivePolicy=dead
            ),
            "F": stacks.function("hasty", code),
            "M": stacks.mapping("Q", "hasty"),
        },
    )
    stacks.send(shared_cloud, "hasty", "poison")

    # With its visibility timeout, three receives would take half an hour.
    eventually(lambda: messages_in(shared_cloud, "hasty-dead") == 1, "three receives happened")


def test_a_batching_window_gathers_messages(shared_cloud: LocalCloud) -> None:
    stacks.apply(
        shared_cloud,
        "window",
        {
            "Out": stacks.resource("AWS::SQS::Queue", QueueName="window-out"),
            "Q": stacks.resource("AWS::SQS::Queue", QueueName="window"),
            "F": stacks.function(
                "window",
                "import boto3, json\n"
                "def handle(event, context):\n"
                "    sqs = boto3.client('sqs')\n"
                "    url = sqs.get_queue_url(QueueName='window-out')['QueueUrl']\n"
                "    sqs.send_message(QueueUrl=url, MessageBody=str(len(event['Records'])))\n",
            ),
            "M": stacks.mapping("Q", "window", MaximumBatchingWindowInSeconds=2),
        },
    )
    stacks.send_batch(shared_cloud, "window", "1", "2", "3")

    eventually(lambda: messages_in(shared_cloud, "window-out"), "a batch was handled")

    sqs = shared_cloud.client("sqs")
    url = sqs.get_queue_url(QueueName="window-out")["QueueUrl"]
    assert sqs.receive_message(QueueUrl=url)["Messages"][0]["Body"] == "3"


def test_a_poller_goes_on_beyond_reserved_concurrency_as_on_aws(shared_cloud: LocalCloud) -> None:
    code = "import time\ndef handle(event, context):\n    time.sleep(2)\n"
    dead = {"deadLetterTargetArn": {"Fn::GetAtt": ["D", "Arn"]}, "maxReceiveCount": 1}
    stacks.apply(
        shared_cloud,
        "over",
        {
            "D": stacks.resource("AWS::SQS::Queue", QueueName="over-dead"),
            "Q": stacks.resource(
                "AWS::SQS::Queue", QueueName="over", VisibilityTimeout=5, RedrivePolicy=dead
            ),
            "F": stacks.function("over", code, ReservedConcurrentExecutions=1),
            "M": stacks.mapping("Q", "over", BatchSize=1, ScalingConfig={"MaximumConcurrency": 5}),
        },
    )
    stacks.send(shared_cloud, "over", *"abcde")

    # Valid messages, polled while the only slot was taken: this is the mistake to see.
    eventually(lambda: messages_in(shared_cloud, "over-dead") > 0, "throttled ones are dead")


def test_mapping_keeps_its_maximum_concurrency(probe: LocalCloud) -> None:
    (found,) = probe.client("lambda").list_event_source_mappings(FunctionName="probe-worker")[
        "EventSourceMappings"
    ]

    assert found["ScalingConfig"] == {"MaximumConcurrency": 3}
    assert found["BatchSize"] == 10
    assert found["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


def test_queue_attributes_of_a_template_are_kept(probe: LocalCloud) -> None:
    sqs = probe.client("sqs")
    url = sqs.get_queue_url(QueueName="probe-source")["QueueUrl"]

    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]

    assert attributes["VisibilityTimeout"] == "6"
    assert json.loads(attributes["RedrivePolicy"])["maxReceiveCount"] == 3
