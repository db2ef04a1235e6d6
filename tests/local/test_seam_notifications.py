import json

import pytest

from local import LocalCloud
from tests.cloud import eventually, receive_all
from tests.local import metrics, stacks

pytestmark = pytest.mark.local_cloud


def subscribe(cloud: LocalCloud, topic: str, queue: str, **attributes: str) -> None:
    sqs = cloud.client("sqs")
    arn = sqs.get_queue_attributes(
        QueueUrl=sqs.get_queue_url(QueueName=queue)["QueueUrl"], AttributeNames=["QueueArn"]
    )["Attributes"]["QueueArn"]
    cloud.client("sns").subscribe(
        TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes=attributes
    )


def counted(cloud: LocalCloud, topic: str, metric: str) -> float:
    name = topic.rpartition(":")[2]
    return metrics.total(cloud, "AWS/SNS", f"NumberOfNotifications{metric}", TopicName=name)


@pytest.fixture(scope="module")
def topic(shared_cloud: LocalCloud) -> str:
    """A topic with three queues, two of which are gone; one of those left a dead-letter queue."""
    queues = ("heard", "gone", "gone-quietly", "undelivered")
    stacks.apply(
        shared_cloud,
        "notifications",
        {
            each.title().replace("-", ""): stacks.resource(
                "AWS::SQS::Queue", QueueName=f"notifications-{each}"
            )
            for each in queues
        },
    )
    arn = shared_cloud.client("sns").create_topic(Name="notifications")["TopicArn"]
    target = arn.replace(":sns:", ":sqs:").replace(":notifications", ":notifications-undelivered")
    policy = json.dumps({"deadLetterTargetArn": target})
    subscribe(shared_cloud, arn, "notifications-heard")
    subscribe(shared_cloud, arn, "notifications-gone", RedrivePolicy=policy)
    subscribe(shared_cloud, arn, "notifications-gone-quietly")
    sqs = shared_cloud.client("sqs")
    for each in ("gone", "gone-quietly"):
        url = sqs.get_queue_url(QueueName=f"notifications-{each}")["QueueUrl"]
        sqs.delete_queue(QueueUrl=url)
    shared_cloud.client("sns").publish(TopicArn=arn, Subject="alarm", Message="hear, hear")
    return str(arn)


def test_what_cannot_be_delivered_is_in_the_dead_letter_queue_of_its_subscription(
    shared_cloud: LocalCloud, topic: str
) -> None:
    (heard,) = receive_all(shared_cloud, "notifications-heard")
    (dead,) = receive_all(shared_cloud, "notifications-undelivered")
    assert dead["Message"] == heard["Message"] == "hear, hear"
    assert dead["TopicArn"] == topic


def test_notifications_are_counted_by_what_became_of_them(
    shared_cloud: LocalCloud, topic: str
) -> None:
    wanted = {"Delivered": 1, "Failed": 2, "RedrivenToDlq": 1, "FailedToRedriveToDlq": 0}
    eventually(
        lambda: {each: counted(shared_cloud, topic, each) for each in wanted} == wanted,
        "all of them are counted",
    )
