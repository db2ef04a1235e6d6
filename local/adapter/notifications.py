"""Seam: what SNS cannot deliver to a queue is counted, and goes to the subscription's own queue.

The emulator writes a line to its log, and the notification is gone.
"""

import json
from collections.abc import Callable
from typing import Any

from ministack.core.responses import get_account_id
from ministack.services import sns, sqs

from local.adapter import metrics, pinned

NAMESPACE = "AWS/SNS"
DELIVERED, FAILED, REDRIVEN, LOST = (
    f"NumberOfNotifications{each}"
    for each in ("Delivered", "Failed", "RedrivenToDlq", "FailedToRedriveToDlq")
)
"""https://docs.aws.amazon.com/sns/latest/dg/sns-monitoring-using-cloudwatch.html"""


def install() -> None:
    """Put the seam in place."""
    for module, name in (
        (sns, "_topic_by_arn_any_scope"),
        (sqs, "_queue_by_arn"),
        (sqs, "queue_policy_allows"),
    ):
        pinned.require(module, name)
    pinned.wrap(sns, "_deliver_to_sqs", _counting)


def _counting(deliver: Callable[..., None]) -> Callable[..., None]:
    def wrapped(queue_arn: str, *message: Any, topic_arn: str, **attributes: Any) -> None:
        def delivered(arn: str) -> bool:
            if not _is_reachable(arn, topic_arn):
                return False
            deliver(arn, *message, topic_arn=topic_arn, **attributes)
            return True

        if delivered(queue_arn):
            return _count(topic_arn, DELIVERED)
        _count(topic_arn, FAILED)
        if dead_letters := _dead_letter_queue(topic_arn, queue_arn):
            _count(topic_arn, REDRIVEN if delivered(dead_letters) else LOST)
        return None

    return wrapped


def _is_reachable(queue_arn: str, topic_arn: str) -> bool:
    """Return whether a queue exists and lets a topic in; neither is tried again, as on AWS."""
    service = "sns.amazonaws.com"
    return sqs._queue_by_arn(queue_arn) is not None and bool(
        sqs.queue_policy_allows(queue_arn, service, topic_arn, get_account_id())
    )


def _dead_letter_queue(topic_arn: str, endpoint: str) -> str:
    """Return the ARN of where a subscription's failures go; empty when it has no such queue."""
    subscriptions = sns._topic_by_arn_any_scope(topic_arn)["subscriptions"]
    policies = (
        each["attributes"].get("RedrivePolicy")
        for each in subscriptions
        if each["endpoint"] == endpoint
    )
    policy = json.loads(next(policies, None) or "{}")
    return str(policy.get("deadLetterTargetArn", ""))


def _count(topic_arn: str, metric: str) -> None:
    metrics.add(NAMESPACE, metric, 1, {"TopicName": topic_arn.rpartition(":")[2]})
