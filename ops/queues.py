"""How full the queues are, and waiting until they are empty."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from ops.consumers import Consumer
from ops.deployment import Deployment
from ops.pacing import Poll

# SQS publishes every minute, with a delay of a few.
AGE_WINDOW = timedelta(minutes=10)


@dataclass(frozen=True, kw_only=True, slots=True)
class QueueDepth:
    """What is in one queue; SQS's figures are approximate.

    Attributes:
        name: Such as `ingestion`, `dead-letter` or `parking`; see `Consumer.queues`.
        waiting: Messages that can be received.
        in_flight: Messages received and not yet deleted or returned.
        delayed: Messages that cannot be received yet.
        oldest_age_seconds: Age of the oldest message at the last measurement; None without one.
    """

    name: str
    waiting: int
    in_flight: int
    delayed: int
    oldest_age_seconds: float | None

    @property
    def total(self) -> int:
        """All messages in the queue."""
        return self.waiting + self.in_flight + self.delayed


def depths(
    deployment: Deployment, consumer: Consumer = Consumer.INGESTION, *, with_age: bool = True
) -> list[QueueDepth]:
    """Return the depth of the three queues: the first, the one of dead letters, the parking queue.

    Args:
        deployment: Where they are.
        consumer: Whose queues.
        with_age: Whether to ask CloudWatch for ages too.
    """
    queues = consumer.queues.items()
    return [_depth(deployment, name, deployment[output], with_age) for name, output in queues]


def _depth(deployment: Deployment, name: str, url: str, with_age: bool) -> QueueDepth:
    attributes = deployment.connection.sqs.get_queue_attributes(
        QueueUrl=url,
        AttributeNames=[
            "ApproximateNumberOfMessages",
            "ApproximateNumberOfMessagesNotVisible",
            "ApproximateNumberOfMessagesDelayed",
        ],
    )["Attributes"]
    waiting = int(attributes["ApproximateNumberOfMessages"])
    in_flight = int(attributes["ApproximateNumberOfMessagesNotVisible"])
    delayed = int(attributes["ApproximateNumberOfMessagesDelayed"])
    has_messages = waiting + in_flight + delayed > 0
    age = _oldest_age(deployment, url) if with_age and has_messages else None
    return QueueDepth(
        name=name,
        waiting=waiting,
        in_flight=in_flight,
        delayed=delayed,
        oldest_age_seconds=age,
    )


def _oldest_age(deployment: Deployment, url: str) -> float | None:
    now = datetime.now(UTC)
    points = deployment.connection.cloudwatch.get_metric_statistics(
        Namespace="AWS/SQS",
        MetricName="ApproximateAgeOfOldestMessage",
        Dimensions=[{"Name": "QueueName", "Value": url.rsplit("/", 1)[-1]}],
        StartTime=now - AGE_WINDOW,
        EndTime=now,
        Period=60,
        Statistics=["Maximum"],
    )["Datapoints"]
    latest = max(points, key=lambda point: point["Timestamp"], default=None)
    return latest["Maximum"] if latest else None


def messages_under_way(deployment: Deployment, consumer: Consumer = Consumer.INGESTION) -> int:
    """Return how many messages are in a consumer's queue and on their way to the archive."""
    queue, dead_letters, _ = depths(deployment, consumer, with_age=False)
    return queue.total + dead_letters.total


def wait_until_idle(
    deployment: Deployment,
    consumer: Consumer = Consumer.INGESTION,
    *,
    timeout_seconds: float = 600,
    poll_seconds: float = 1,
    quiet_looks: int = 3,
) -> bool:
    """Wait until no message is under way.

    Args:
        deployment: Where they are.
        consumer: Whose queues.
        timeout_seconds: Longest time to wait.
        poll_seconds: Time between two looks.
        quiet_looks: Empty looks in a row that count as idle: one alone may fall between a
            message's leaving one queue and its arriving in the next.

    Returns:
        Whether the queues became idle in time.
    """
    quiet = 0
    for _ in Poll(timeout_seconds, poll_seconds):
        quiet = quiet + 1 if messages_under_way(deployment, consumer) == 0 else 0
        if quiet >= quiet_looks:
            return True
    return False
