"""A queue that hears whatever a topic announces."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from local import LocalCloud
from tests.cloud import eventually, receive_all
from tests.e2e.lake import PATIENCE_SECONDS

Notice = dict[str, Any]
"""What SNS delivers: `Subject`, where there is one, and `Message`."""


@dataclass(slots=True)
class Subscriber:
    """A subscription.

    Attributes:
        cloud: Where it is.
        queue_name: Its queue.
        heard: Notices so far.
    """

    cloud: LocalCloud
    queue_name: str
    heard: list[Notice] = field(default_factory=list)

    def await_notice(self, fits: Callable[[Notice], bool], what: str) -> Notice:
        """Wait until a notice has come that fits, and return it."""

        def found() -> Notice | None:
            self.heard += receive_all(self.cloud, self.queue_name)
            return next((each for each in self.heard if fits(each)), None)

        notice = eventually(found, what, seconds=PATIENCE_SECONDS)
        assert isinstance(notice, dict)
        return notice

    def forget(self) -> None:
        """Forget all notices, those included that nobody has asked for."""
        receive_all(self.cloud, self.queue_name)
        self.heard.clear()


@contextmanager
def subscribed(cloud: LocalCloud, topic_arn: str, queue_name: str) -> Iterator[Subscriber]:
    """Listen to a topic until the end of the block."""
    sqs, sns = cloud.client("sqs"), cloud.client("sns")
    url = sqs.create_queue(QueueName=queue_name)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
    subscription = sns.subscribe(
        TopicArn=topic_arn, Protocol="sqs", Endpoint=arn["QueueArn"], ReturnSubscriptionArn=True
    )["SubscriptionArn"]
    try:
        yield Subscriber(cloud, queue_name)
    finally:
        sns.unsubscribe(SubscriptionArn=subscription)
        sqs.delete_queue(QueueUrl=url)
