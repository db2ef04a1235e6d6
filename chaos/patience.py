"""How long a message can be under way, by the settings of the deployed queues."""

import json

from ops.deployment import Deployment
from schemas.names import Output

_QUEUES = (Output.INGESTION_QUEUE_URL, Output.DEAD_LETTER_QUEUE_URL)
# A message that is not cut off is worked on, and a crowded machine is slow.
_SLACK_SECONDS = 60.0


def longest_stay(deployment: Deployment) -> float:
    """Return the seconds after which no message can still be on its way to the ledger."""
    queues = (
        deployment.connection.sqs.get_queue_attributes(
            QueueUrl=deployment[output], AttributeNames=["VisibilityTimeout", "RedrivePolicy"]
        )["Attributes"]
        for output in _QUEUES
    )
    return _SLACK_SECONDS + sum(
        seconds_of_receives(queue["VisibilityTimeout"], queue["RedrivePolicy"]) for queue in queues
    )


def seconds_of_receives(visibility_timeout: str, redrive_policy: str) -> int:
    """Return how long all receives of a message take if each is lost.

    Args:
        visibility_timeout: As SQS says it, in seconds.
        redrive_policy: The same, as JSON.
    """
    return int(visibility_timeout) * int(json.loads(redrive_policy)["maxReceiveCount"])
