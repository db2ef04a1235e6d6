"""Local clouds for tests: import the fixtures into a suite's `conftest.py`."""

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from local import LocalCloud

# A minute of CloudWatch lasts a second.
TIME_SCALE = 60


def eventually(
    condition: Callable[[], Any], what: str, *, seconds: float = 30, interval: float = 0.1
) -> Any:
    """Return the first true value of `condition`, or fail with `what` after `seconds`.

    Looks cost the processor that what is awaited needs: the longer it takes, the fewer there are,
    down to one in five times the `interval`.
    """
    began = time.monotonic()
    while not (found := condition()):
        waited = time.monotonic() - began
        if waited >= seconds:
            pytest.fail(f"not within {seconds:g} s: {what}; last value: {found!r}")
        time.sleep(min(max(interval, waited / 20), 5 * interval))
    return found


def messages_in(cloud: LocalCloud, queue_name: str) -> int:
    """Return how many messages a queue holds, in flight or not."""
    sqs = cloud.client("sqs")
    counts = sqs.get_queue_attributes(
        QueueUrl=sqs.get_queue_url(QueueName=queue_name)["QueueUrl"],
        AttributeNames=[
            "ApproximateNumberOfMessages",
            "ApproximateNumberOfMessagesNotVisible",
        ],
    )["Attributes"]
    return sum(int(count) for count in counts.values())


def receive_all(cloud: LocalCloud, queue_name: str) -> list[Any]:
    """Take the messages that a queue shows now, decoded from JSON."""
    sqs = cloud.client("sqs")
    url = sqs.get_queue_url(QueueName=queue_name)["QueueUrl"]
    taken = []
    while batch := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        for message in batch:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            taken.append(json.loads(message["Body"]))
    return taken


@pytest.fixture
def fresh_cloud(tmp_path: Path) -> Iterator[LocalCloud]:
    """An empty cloud for one test, which may restart or kill it (half a second)."""
    with LocalCloud.start(state_dir=tmp_path / "cloud", time_scale=TIME_SCALE) as cloud:
        yield cloud


@pytest.fixture(scope="session")
def shared_cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    """One cloud for all tests that leave it as they found it, or use names of their own."""
    state_dir = tmp_path_factory.mktemp("cloud")
    with LocalCloud.start(state_dir=state_dir, time_scale=TIME_SCALE) as cloud:
        yield cloud
