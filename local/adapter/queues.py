"""Seam: SQS. Lost updates, receive counts per queue, batching windows, metrics."""

import copy
import json
import threading
import time
from collections.abc import Callable
from typing import Any

from ministack.core.responses import AccountRegionScopedDict
from ministack.services import lambda_svc, sqs

from local.adapter import metrics, pinned

NAMESPACE = "AWS/SQS"
_COUNTS = ("NumberOfMessagesSent", "NumberOfMessagesReceived", "NumberOfMessagesDeleted")

# One lock for everything that reads and changes a queue's list of messages. The emulator has one
# for its own poller only, so a message that is sent while another is deleted could vanish.
_lock = threading.RLock()
_LOCKED_ACTIONS = ("ChangeMessageVisibility", "ChangeMessageVisibilityBatch", "PurgeQueue")


class Messages(list[dict[str, Any]]):
    """A queue's messages; counts what is appended as sent."""

    def __init__(self, queue_name: str, messages: list[dict[str, Any]]) -> None:
        super().__init__(messages)
        self.queue_name = queue_name

    def append(self, message: dict[str, Any]) -> None:
        """Add a message that somebody sent."""
        with _lock:
            super().append(message)
        count(self.queue_name, "NumberOfMessagesSent", 1)

    def take_over(self, message: dict[str, Any]) -> None:
        """Add a message that was moved here, which CloudWatch does not count as sent."""
        super().append(message)


class Queue(dict[str, Any]):
    """The emulator's record of a queue, which has one list of messages for all of its life.

    The emulator replaces the list to remove messages. A sender may have looked the old one up
    already and be about to add to it, so the list is changed where it stands.
    """

    def __init__(self, record: dict[str, Any]) -> None:
        super().__init__(record)
        super().__setitem__("messages", Messages(record["name"], record["messages"]))

    def __setitem__(self, key: str, value: Any) -> None:
        """Set a field of the record."""
        if key == "messages":
            with _lock:
                self["messages"][:] = value
        else:
            super().__setitem__(key, value)

    def __deepcopy__(self, memo: dict[int, Any]) -> dict[str, Any]:
        """Return a plain record, as the emulator saves it."""
        with _lock:
            return copy.deepcopy(dict(self) | {"messages": list(self["messages"])}, memo)


class Queues(AccountRegionScopedDict):  # type: ignore[misc]
    """The emulator's store of queues, which makes each record a `Queue`."""

    __slots__ = ()

    def __setitem__(self, url: str, record: dict[str, Any]) -> None:
        super().__setitem__(url, Queue(record))

    def update(self, other: Any) -> None:
        """Take over the records of a former run."""
        super().update(other)
        for key, record in self._data.items():
            self._data[key] = record if isinstance(record, Queue) else Queue(record)


def install() -> None:
    """Put the seam in place."""
    pinned.wrap(sqs, "_queues", lambda _: Queues())
    pinned.wrap(sqs, "_queues_lock", lambda _: _lock)
    for name in ("_expire_retained", "_refresh_counts"):
        pinned.wrap(sqs, name, _locked)
    for action in _LOCKED_ACTIONS:
        sqs._HANDLERS[action] = _locked(sqs._HANDLERS[action])
    for action in ("DeleteMessage", "DeleteMessageBatch"):
        sqs._HANDLERS[action] = _counting_deletes(sqs._HANDLERS[action], _queue_of_request)
    pinned.wrap(
        sqs,
        "_delete_messages_for_esm",
        lambda delete: _counting_deletes(delete, lambda url, _: sqs._get_q(url)),
    )
    pinned.wrap(sqs, "_collect_msgs", _count_receives)
    pinned.wrap(sqs, "_dlq_sweep", lambda _: sweep)
    pinned.wrap(sqs, "_receive_messages_for_esm", _await_batching_window)


def count(queue_name: str, metric: str, value: float) -> None:
    """Count traffic of a queue in the current scaled minute."""
    metrics.add(NAMESPACE, metric, value, {"QueueName": queue_name})


def put_gauges(timestamp: float) -> None:
    """Store the depth and age of every queue at the end of the scaled minute at `timestamp`."""
    now = time.time()
    for queue in sqs._queues.all_values():
        with _lock:
            sqs._refresh_counts(queue)
            ages = [now - message.get("sent_at", now) for message in queue["messages"]]
        attributes = queue["attributes"]
        visible = attributes["ApproximateNumberOfMessages"]
        in_flight = attributes["ApproximateNumberOfMessagesNotVisible"]
        for metric, value, unit in (
            ("ApproximateNumberOfMessagesVisible", visible, "Count"),
            ("ApproximateNumberOfMessagesNotVisible", in_flight, "Count"),
            ("ApproximateAgeOfOldestMessage", max(ages, default=0), "Seconds"),
        ):
            dimensions = {"QueueName": queue["name"]}
            metrics.put(NAMESPACE, metric, float(value), unit, dimensions, timestamp=timestamp)
        for metric in _COUNTS:
            count(queue["name"], metric, 0)


def sweep(queue: dict[str, Any]) -> None:
    """Move what was received `maxReceiveCount` times *from this queue* to its dead-letter queue.

    `ApproximateReceiveCount` goes on across queues, so the emulator's own sweep moves a message
    straight through a dead-letter queue that has a dead-letter queue itself.
    """
    policy = json.loads(queue["attributes"].get("RedrivePolicy") or "{}")
    target = sqs._queue_by_arn(policy.get("deadLetterTargetArn", ""))
    if target is None:
        return
    most, now = int(policy["maxReceiveCount"]), time.time()
    with _lock:
        moved = [
            message
            for message in queue["messages"]
            if message["visible_at"] <= now
            and message["receive_count"] - message.get("received_elsewhere", 0) >= most
        ]
        if not moved:
            return
        gone = {message["id"] for message in moved}
        queue["messages"] = [m for m in queue["messages"] if m["id"] not in gone]
        for message in moved:
            target["messages"].take_over(_as_moved(message, queue, now))
    sqs.esm_wake.set()


def _as_moved(message: dict[str, Any], source: dict[str, Any], now: float) -> dict[str, Any]:
    origin = {"DeadLetterQueueSourceArn": source["attributes"]["QueueArn"]}
    return {
        **message,
        "receipt_handle": None,
        "visible_at": now,
        "received_elsewhere": message["receive_count"],
        "sys": origin | message.get("sys", {}),
    }


def _locked(function: Callable[..., Any]) -> Callable[..., Any]:
    def wrapped(*args: Any) -> Any:
        with _lock:
            return function(*args)

    return wrapped


def _counting_deletes(
    delete: Callable[[Any, Any], Any], queue_of: Callable[[Any, Any], dict[str, Any]]
) -> Callable[[Any, Any], Any]:
    def wrapped(first: Any, second: Any) -> Any:
        with _lock:
            queue = queue_of(first, second)
            before = len(queue["messages"])
            result = delete(first, second)
            count(queue["name"], "NumberOfMessagesDeleted", before - len(queue["messages"]))
            return result

    return wrapped


def _queue_of_request(data: dict[str, Any], url: str) -> dict[str, Any]:
    queue: dict[str, Any] = sqs._get_q(data.get("QueueUrl", url))
    return queue


def _count_receives(collect: Callable[..., list[Any]]) -> Callable[..., list[Any]]:
    def wrapped(queue: dict[str, Any], *args: Any) -> list[Any]:
        with _lock:
            received = collect(queue, *args)
        count(queue["name"], "NumberOfMessagesReceived", len(received))
        return received

    return wrapped


def _await_batching_window(receive: Callable[[str, int], list[Any]]) -> Callable[..., list[Any]]:
    """Leave a batch alone until it is full or its first message has waited for the window."""

    def wrapped(queue_url: str, size: int) -> list[Any]:
        now = time.time()
        with _lock:
            queue = sqs._get_q(queue_url)
            since = [m["visible_at"] for m in queue["messages"] if m.get("visible_at", 0) <= now]
            full = len(since) >= min(size, 10)
            if since and not full and now - min(since) < _window_of(queue):
                return []
            return receive(queue_url, size)

    return wrapped


def _window_of(queue: dict[str, Any]) -> float:
    arn = queue["attributes"]["QueueArn"]
    windows = (
        mapping.get("MaximumBatchingWindowInSeconds") or 0
        for mapping in lambda_svc._esms.all_values()
        if mapping["EventSourceArn"] == arn
    )
    return max(windows, default=0)
